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

pub use chain::{Chain, ChainSettings, Role};
pub use sign::sign;

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
