//! The files of profiles: `~/.aws/credentials` and `~/.aws/config`.

use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use serde::Deserialize;

use super::Credentials;
use super::chain::{Chain, Good, Role};
use crate::auth::fault;
use crate::auth::file::{Environment, read};
use crate::auth::hash::sha1_hex;
use crate::auth::ini::Ini;
use crate::client::{Secret, Web};

/// What both files say.
pub(super) struct Profiles {
    credentials: Ini,
    config: Ini,
    home: String,
}

impl Profiles {
    /// Reads both files; each may be missing.
    pub(super) fn read(environment: &Environment) -> Result<Self, ProviderError> {
        let home = environment.get("HOME").unwrap_or_default();
        let file = |variable: &str, usual: &str| {
            let path = environment
                .get(variable)
                .unwrap_or_else(|| format!("{home}/.aws/{usual}"));
            match std::path::Path::new(&path).exists() {
                true => read(&path).map(|text| Ini::parse(text.expose())),
                false => Ok(Ini::parse("")),
            }
        };
        Ok(Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            config: file("AWS_CONFIG_FILE", "config")?,
            home: home.clone(),
        })
    }

    /// Whether there is such a profile.
    pub(super) fn has(&self, name: &str) -> bool {
        self.credentials.has(name) || self.config.has(&section(name))
    }

    /// What a profile says; the file of credentials comes first.
    pub(super) fn get(&self, name: &str, key: &str) -> Option<&str> {
        let found = self.credentials.get(name, key);
        found.or_else(|| self.config.get(&section(name), key))
    }

    fn keys(&self, name: &str) -> Option<Credentials> {
        Some(Credentials {
            id: self.get(name, "aws_access_key_id")?.to_owned(),
            secret: self.get(name, "aws_secret_access_key")?.into(),
            token: self.get(name, "aws_session_token").map(Secret::from),
        })
    }
}

/// The section of a profile in `config`.
fn section(name: &str) -> String {
    match name {
        "default" => name.to_owned(),
        name => format!("profile {name}"),
    }
}

impl Chain {
    /// What a profile gives, which may lead to another one.
    pub(super) async fn profile(
        &self,
        profiles: &Profiles,
        (name, depth): (&str, u32),
    ) -> Result<Good, ProviderError> {
        let get = |key| profiles.get(name, key);
        let wrong = |what: &str| fault(ErrorKind::Config, format!("profile \"{name}\": {what}"));
        let role = get("role_arn").map(|arn| Role {
            arn: arn.to_owned(),
            external_id: get("external_id").map(str::to_owned),
            session: get("role_session_name").map(str::to_owned),
            seconds: get("duration_seconds").and_then(|text| text.parse().ok()),
        });
        if let (Some(file), Some(role)) = (get("web_identity_token_file"), &role) {
            return self.web_identity(file, role).await;
        }
        let good = match get("source_profile") {
            // A profile may be its own source: its keys, and then its role.
            Some(source) if source != name && role.is_some() => {
                if depth == 0 {
                    return Err(wrong("it leads to itself"));
                }
                if !profiles.has(source) {
                    return Err(wrong(&format!(
                        "its source_profile \"{source}\" is not there"
                    )));
                }
                Box::pin(self.profile(profiles, (source, depth - 1))).await?
            }
            _ => self.of_profile(profiles, name).await?,
        };
        match &role {
            Some(role) => self.assume(&good.0, role).await,
            None => Ok(good),
        }
    }

    /// What a profile gives on its own.
    async fn of_profile(&self, profiles: &Profiles, name: &str) -> Result<Good, ProviderError> {
        let get = |key| profiles.get(name, key);
        let wrong = |what: &str| fault(ErrorKind::Config, format!("profile \"{name}\": {what}"));
        if let Some(keys) = profiles.keys(name) {
            return Ok((keys, None));
        }
        match get("credential_source") {
            None => {}
            Some("Environment") => {
                let keys = self.variables();
                let keys =
                    keys.ok_or_else(|| wrong("AWS_ACCESS_KEY_ID or its secret is not set"))?;
                return Ok((keys, None));
            }
            Some("EcsContainer") => {
                let found = self.container().await?;
                return found.ok_or_else(|| wrong("there is no agent beside the container"));
            }
            Some("Ec2InstanceMetadata") => return self.machine().await,
            Some(other) => {
                return Err(wrong(&format!(
                    "credential_source is \"{other}\"; expected Environment, EcsContainer or Ec2InstanceMetadata"
                )));
            }
        }
        if let (Some(account), Some(role)) = (get("sso_account_id"), get("sso_role_name")) {
            return self.sso(profiles, (name, account, role)).await;
        }
        if get("credential_process").is_some() {
            return Err(wrong(
                "credential_process is not supported; no other programs are run",
            ));
        }
        self.remote().await
    }

    /// What a login by `aws sso login` is good for.
    async fn sso(
        &self,
        profiles: &Profiles,
        (name, account, role): (&str, &str, &str),
    ) -> Result<Good, ProviderError> {
        let wrong = |what: String| fault(ErrorKind::Auth, format!("profile \"{name}\": {what}"));
        let session = profiles.get(name, "sso_session");
        let of_session = |key| {
            let section = session.map(|session| format!("sso-session {session}"));
            section.and_then(|section| profiles.config.get(&section, key))
        };
        let get = |key| of_session(key).or_else(|| profiles.get(name, key));
        let (Some(start), Some(region)) = (get("sso_start_url"), get("sso_region")) else {
            return Err(wrong("sso_start_url or sso_region is missing".to_owned()));
        };
        // The file is named after what was logged in to.
        let file = sha1_hex(session.unwrap_or(start).as_bytes());
        let path = format!("{}/.aws/sso/cache/{file}.json", profiles.home);
        let text = read(&path)?;
        let login: Login = serde_json::from_str(text.expose())
            .map_err(|_| wrong(format!("\"{path}\" is no login; run 'aws sso login'")))?;
        if login
            .expires_at
            .parse::<Timestamp>()
            .is_ok_and(|end| end <= self.clock().now())
        {
            return Err(wrong("the login has ended; run 'aws sso login'".to_owned()));
        }
        let web = self.endpoint("SSO", &format!("https://portal.sso.{region}.amazonaws.com"))?;
        let call = web
            .sign(crate::auth::Plain::header(BEARER, "", login.access_token))
            .clone();
        let made: Made = call
            .get(
                "ask for credentials of a login",
                &["federation", "credentials"],
            )
            .query("account_id", account)
            .query("role_name", role)
            .read()
            .await?;
        let made = made.role_credentials;
        let end = Timestamp::from_millisecond(made.expiration).ok();
        let credentials = Credentials {
            id: made.access_key_id,
            secret: made.secret_access_key,
            token: Some(made.session_token),
        };
        Ok((credentials, end))
    }

    /// Where a service is, unless variables say otherwise.
    pub(super) fn endpoint(&self, service: &str, usual: &str) -> Result<Web, ProviderError> {
        let own = self.environment.get(&format!("AWS_ENDPOINT_URL_{service}"));
        let base = own.or_else(|| self.environment.get("AWS_ENDPOINT_URL"));
        Web::new(self.http.clone(), base.as_deref().unwrap_or(usual))
    }
}

/// A login that was made by Amazon's own tool.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    access_token: Secret,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    expiration: i64,
}

const BEARER: http::HeaderName = http::HeaderName::from_static("x-amz-sso_bearer_token");
