//! Roles, which the Security Token Service gives for a time.

use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};

use super::chain::{Chain, Good, Role};
use super::{Credentials, element, sign};
use crate::auth::file::read;
use crate::auth::{Clock, Sign};
use crate::client::{Answer, Refusal, Secret, Web};

impl Chain {
    /// Takes on a role with credentials.
    pub(super) async fn assume(
        &self,
        credentials: &Credentials,
        role: &Role,
    ) -> Result<Good, ProviderError> {
        let (web, region) = self.sts()?;
        let web = web.sign(Signed {
            credentials: credentials.clone(),
            region,
            clock: self.clock().clone(),
        });
        let mut form = vec![("Action", "AssumeRole".to_owned())];
        if let Some(id) = &role.external_id {
            form.push(("ExternalId", id.clone()));
        }
        self.ask(&web, role, form).await
    }

    /// Takes on a role with the token of a service account, which is read anew each time.
    pub(super) async fn web_identity(
        &self,
        file: &str,
        role: &Role,
    ) -> Result<Good, ProviderError> {
        let token = read(file)?;
        let (web, _) = self.sts()?;
        let form = vec![
            ("Action", "AssumeRoleWithWebIdentity".to_owned()),
            ("WebIdentityToken", token.expose().trim().to_owned()),
        ];
        self.ask(&web, role, form).await
    }

    async fn ask(
        &self,
        web: &Web,
        role: &Role,
        mut form: Vec<(&'static str, String)>,
    ) -> Result<Good, ProviderError> {
        const ASK: &str = "assume a role";
        let usual = || format!("zonewright-{}", self.clock().now().as_second());
        form.push(("Version", "2011-06-15".to_owned()));
        form.push(("RoleArn", role.arn.clone()));
        form.push((
            "RoleSessionName",
            role.session.clone().unwrap_or_else(usual),
        ));
        if let Some(seconds) = role.seconds {
            form.push(("DurationSeconds", seconds.to_string()));
        }
        let call = web
            .post(ASK, &[""])
            .form(form.iter().map(|(key, value)| (*key, &**value)));
        let token = form.iter().find(|(key, _)| *key == "WebIdentityToken");
        let token = Secret::new(token.map_or("", |(_, token)| token));
        let xml = Secret::new(call.idempotent().hide(&token).text().await?);
        let part = |name: &str| element(xml.expose(), name);
        let parts = (
            part("AccessKeyId"),
            part("SecretAccessKey"),
            part("SessionToken"),
        );
        let (Some(id), Some(secret), Some(token)) = parts else {
            let message = "the answer has no credentials";
            return Err(web.error(ErrorKind::Protocol, ASK, message));
        };
        let end = part("Expiration").and_then(|end| end.parse::<Timestamp>().ok());
        let credentials = Credentials {
            id: id.to_owned(),
            secret: secret.into(),
            token: Some(token.into()),
        };
        Ok((credentials, end))
    }

    /// The service of the region, and that region.
    fn sts(&self) -> Result<(Web, String), ProviderError> {
        let region = self
            .near_region()?
            .unwrap_or_else(|| "us-east-1".to_owned());
        let suffix = match region.starts_with("cn-") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        let web = self.endpoint("STS", &format!("https://sts.{region}.{suffix}"))?;
        Ok((web.judge(judge), region))
    }
}

/// Signs with credentials that are there already.
struct Signed {
    credentials: Credentials,
    region: String,
    clock: Clock,
}

impl Sign for Signed {
    async fn sign(&self, request: &mut reqwest::Request) -> Result<(), ProviderError> {
        sign(
            request,
            &self.credentials,
            (&self.region, "sts"),
            self.clock.now(),
        )
    }
}

fn judge(answer: &Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    refusal.renew = false;
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(code) = element(&text, "Code") {
        refusal.kind = match code {
            "Throttling" | "ThrottlingException" => ErrorKind::RateLimited,
            "IDPCommunicationError" => ErrorKind::Unavailable,
            _ if refusal.kind == ErrorKind::Rejected => ErrorKind::Auth,
            _ => refusal.kind,
        };
        refusal.message = format!("{code}: {}", element(&text, "Message").unwrap_or_default());
    }
    Some(refusal)
}
