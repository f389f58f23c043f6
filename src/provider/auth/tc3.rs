//! Tencent Cloud: `TC3-HMAC-SHA256`. The action and its version are headers of the call.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use plan::ProviderError;
use reqwest::Request;

use super::clock::hex;
use super::hash::{hmac_sha256, sha256_hex};
use super::text::{body, host};
use super::{Clock, Sign, set_plain, set_secret};
use crate::client::Secret;

/// Signs requests to Tencent Cloud.
#[derive(Debug)]
pub struct Tc3 {
    /// The key.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// What goes along with credentials for a time.
    pub token: Option<Secret>,
    /// The service, as `dnspod`.
    pub service: &'static str,
    /// The time of signatures.
    pub clock: Clock,
}

impl Sign for Tc3 {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let now = self.clock.now();
        let time = now.as_second().to_string();
        let date = now.strftime("%Y-%m-%d").to_string();
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let canonical = format!(
            "{}\n/\n\ncontent-type:{kind}\nhost:{}\n\ncontent-type;host\n{}",
            request.method(),
            host(request.url()),
            sha256_hex(body(request)?)
        );
        let scope = format!("{date}/{}/tc3_request", self.service);
        let text = format!(
            "TC3-HMAC-SHA256\n{time}\n{scope}\n{}",
            sha256_hex(canonical.as_bytes())
        );
        let mut key = format!("TC3{}", self.secret.expose()).into_bytes();
        for part in [&date, self.service, "tc3_request"] {
            key = hmac_sha256(&key, part);
        }
        let value = format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=content-type;host, Signature={}",
            self.id,
            hex(&hmac_sha256(&key, &text))
        );
        set_plain(request, "x-tc-timestamp", &time)?;
        if let Some(token) = &self.token {
            set_secret(
                request,
                http::HeaderName::from_static("x-tc-token"),
                token.expose(),
            )?;
        }
        set_secret(request, AUTHORIZATION, &value)
    }
}
