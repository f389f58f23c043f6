//! Amazon Web Services: credentials as Amazon's own tools find them, and signature version 4.
//!
//! ```text
//! profile that is named → variables → web identity (IRSA) → profile → container (pod identity, ECS) → machine (IMDSv2)
//!                    └ keys, source profile, SSO, web identity       ↓
//!                                          role to assume, if one is asked for (STS) → Credentials → sign
//! ```

use std::sync::Arc;

use plan::ProviderError;
use reqwest::Request;
use tokio::time::Instant;

use super::Sign;
use crate::client::Secret;

mod chain;
mod profile;
mod remote;
mod sign;
mod sts;
#[cfg(test)]
mod tests;
#[cfg(all(any(feature = "aws", feature = "aws-sd"), any(test, feature = "suite")))]
mod verify;

pub use chain::{Chain, ChainSettings, Role};
pub use sign::sign;
#[cfg(all(any(feature = "aws", feature = "aws-sd"), any(test, feature = "suite")))]
pub(crate) use verify::verify;

/// What Amazon gives a user, or a role for a time.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The key.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// What goes along with credentials for a time.
    pub token: Option<Secret>,
}

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 25] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HOME",
];

/// Signs requests to a service in a region.
#[derive(Clone, Debug)]
pub struct Aws {
    chain: Arc<Chain>,
    region: String,
    service: &'static str,
}

impl Aws {
    /// Signs with what a chain finds.
    #[must_use]
    pub fn new(chain: Arc<Chain>, region: impl Into<String>, service: &'static str) -> Self {
        Self {
            chain,
            region: region.into(),
            service,
        }
    }
}

impl Sign for Aws {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let credentials = self.chain.credentials().await?;
        let now = self.chain.clock().now();
        sign(request, &credentials, (&self.region, self.service), now)
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.chain.refuse(since).await)
    }
}

/// Whether the code of an error says that other credentials may help; with it, a judge sets
/// [`crate::client::Refusal::renew`].
#[must_use]
pub fn is_stale(code: &str) -> bool {
    const CODES: [&str; 6] = [
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "UnrecognizedClientException",
    ];
    CODES.contains(&code)
}

/// The text of the first element of this name in XML that is flat enough for that.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
        .map(|(text, _)| text.trim())
}
