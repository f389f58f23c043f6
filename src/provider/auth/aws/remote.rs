//! Credentials that are given around the program: by the agent beside a container, or the machine.

use http::HeaderName;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use reqwest::Url;
use serde::Deserialize;

use super::Credentials;
use super::chain::{Chain, Good};
use crate::auth::{Plain, Value, fault};
use crate::client::{Retry, Secret, Web};

impl Chain {
    /// Pod identity of EKS, or a task's role of ECS; none if variables name no agent.
    pub(super) async fn container(&self) -> Result<Option<Good>, ProviderError> {
        let get = |name| self.environment.get(name);
        let address = match (
            get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ) {
            (Some(path), _) => format!("http://169.254.170.2{path}"),
            (None, Some(address)) => address,
            (None, None) => return Ok(None),
        };
        let url = Url::parse(&address).ok().filter(may_have_token);
        let url = url.ok_or_else(|| {
            fault(
                ErrorKind::Config,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this host".to_owned(),
            )
        })?;
        let root = url.join("/").map_or_else(|_| address.clone(), String::from);
        let mut web = Web::new(self.direct.clone(), &root)?.retry(FEW);
        let file =
            get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(|path| Value::File(path.into()));
        let token = file.or_else(|| {
            let token = get("AWS_CONTAINER_AUTHORIZATION_TOKEN")?;
            Some(Value::Given(token.into()))
        });
        if let Some(token) = token {
            web = web.sign(Plain::header(AUTHORIZATION, "", token));
        }
        let made: Made = web
            .follow("ask the agent for credentials", url.as_str())
            .read()
            .await?;
        made.good().map(Some)
    }

    /// The role of the machine, by IMDSv2.
    pub(super) async fn machine(&self) -> Result<Good, ProviderError> {
        const ASK: &str = "ask the machine for credentials";
        const PATH: [&str; 4] = ["latest", "meta-data", "iam", "security-credentials"];
        let web = self.metadata().await?;
        let [first, second, third, fourth] = PATH;
        let roles = web
            .get(ASK, &[first, second, third, fourth, ""])
            .text()
            .await?;
        let Some(role) = roles.lines().next().filter(|role| !role.is_empty()) else {
            return Err(fault(
                ErrorKind::Config,
                "the machine has no role".to_owned(),
            ));
        };
        let made: Made = web
            .get(ASK, &[first, second, third, fourth, role.trim()])
            .read()
            .await?;
        made.good()
    }

    /// The region that the machine is in.
    pub(super) async fn machine_region(&self) -> Result<String, ProviderError> {
        let web = self.metadata().await?;
        let path = ["latest", "meta-data", "placement", "region"];
        web.get("ask the machine for its region", &path)
            .text()
            .await
    }

    /// The metadata of the machine, with a token: without, anybody whom a server asks on behalf of
    /// others could have them.
    async fn metadata(&self) -> Result<Web, ProviderError> {
        let get = |name| self.environment.get(name);
        if get("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            let message = "AWS_EC2_METADATA_DISABLED is set".to_owned();
            return Err(fault(ErrorKind::Config, message));
        }
        let usual = match get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") {
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => "http://[fd00:ec2::254]",
            _ => "http://169.254.169.254",
        };
        let base = get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let web = Web::new(self.direct.clone(), base.as_deref().unwrap_or(usual))?.retry(FEW);
        let token = web
            .put("ask the machine for a token", &["latest", "api", "token"])
            .header(
                HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds"),
                "21600",
            )
            .text()
            .await?;
        let name = HeaderName::from_static("x-aws-ec2-metadata-token");
        Ok(web.sign(Plain::header(name, "", Secret::new(token))))
    }
}

/// Whether the agent's token may be sent there in the clear: to this host, and to the addresses that
/// ECS and EKS have for it.
fn may_have_token(url: &Url) -> bool {
    const KNOWN: [&str; 5] = [
        "169.254.170.2",
        "169.254.170.23",
        "[fd00:ec2::23]",
        "localhost",
        "[::1]",
    ];
    let host = url.host_str().unwrap_or_default();
    let here = host
        .parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback());
    url.scheme() == "https" || here || KNOWN.contains(&host)
}

/// What both answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    access_key_id: String,
    secret_access_key: Secret,
    token: Option<Secret>,
    expiration: Option<String>,
}

impl Made {
    fn good(self) -> Result<Good, ProviderError> {
        let end = self
            .expiration
            .and_then(|end| end.parse::<Timestamp>().ok());
        let credentials = Credentials {
            id: self.access_key_id,
            secret: self.secret_access_key,
            token: self.token,
        };
        Ok((credentials, end))
    }
}

/// Both are near: who does not answer is not there.
const FEW: Retry = Retry {
    attempts: 2,
    ..Retry::USUAL
};
