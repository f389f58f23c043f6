//! Exoscale: `EXO2-HMAC-SHA256`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use plan::ProviderError;
use reqwest::Request;

use super::hash::hmac_sha256;
use super::text::{body, query};
use super::{Clock, Sign, set_secret};
use crate::client::Secret;

/// Signs requests to Exoscale.
#[derive(Debug)]
pub struct Exo2 {
    /// The key.
    pub key: String,
    /// Its secret.
    pub secret: Secret,
    /// What says when signatures end.
    pub clock: Clock,
}

impl Sign for Exo2 {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let ends = self.clock.now().as_second() + LIFE;
        let mut pairs = query(request.url());
        pairs.sort();
        let (names, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let text = format!(
            "{} {}\n{}\n{}\n\n{ends}",
            request.method(),
            request.url().path(),
            String::from_utf8_lossy(body(request)?),
            values.concat(),
        );
        let signature = STANDARD.encode(hmac_sha256(self.secret.expose().as_bytes(), &text));
        let args = match names.is_empty() {
            true => String::new(),
            false => format!(",signed-query-args={}", names.join(";")),
        };
        let value = format!(
            "EXO2-HMAC-SHA256 credential={}{args},expires={ends},signature={signature}",
            self.key
        );
        set_secret(request, AUTHORIZATION, &value)
    }
}

/// How long a signature is good, in seconds.
pub(super) const LIFE: i64 = 600;
