//! Akamai: `EG1-HMAC-SHA256`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::AUTHORIZATION;
use plan::ProviderError;
use reqwest::Request;

use super::hash::{hmac_sha256, sha256};
use super::text::{body, host, target};
use super::{Clock, Nonce, Sign, config_fault, set_secret};
use crate::client::Secret;

/// Signs requests to Akamai.
#[derive(Debug)]
pub struct EdgeGrid {
    /// Who asks.
    pub client_token: Secret,
    /// The secret of that.
    pub client_secret: Secret,
    /// What may be done.
    pub access_token: Secret,
    /// How much of a body is signed.
    pub max_body: usize,
    /// The time of signatures.
    pub clock: Clock,
    /// What makes each one another.
    pub nonce: Nonce,
}

impl EdgeGrid {
    /// How much of a body is signed, if settings do not say.
    pub const MAX_BODY: usize = 131_072;
}

impl Sign for EdgeGrid {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let time = self
            .clock
            .now()
            .strftime("%Y%m%dT%H:%M:%S+0000")
            .to_string();
        let nonce = self.nonce.text();
        let nonce =
            nonce.ok_or_else(|| config_fault("the system gives no random bytes".to_owned()))?;
        let head = format!(
            "EG1-HMAC-SHA256 client_token={};access_token={};timestamp={time};nonce={nonce};",
            self.client_token.expose(),
            self.access_token.expose(),
        );
        let body = body(request)?;
        // Bodies of other methods are not signed.
        let hash = match *request.method() == Method::POST && !body.is_empty() {
            true => STANDARD.encode(sha256(body.get(..self.max_body).unwrap_or(body))),
            false => String::new(),
        };
        let url = request.url();
        let text = format!(
            "{}\t{}\t{}\t{}\t\t{hash}\t{head}",
            request.method(),
            url.scheme(),
            host(url),
            target(url),
        );
        let key = STANDARD.encode(hmac_sha256(self.client_secret.expose().as_bytes(), &time));
        let signature = STANDARD.encode(hmac_sha256(key.as_bytes(), &text));
        set_secret(
            request,
            AUTHORIZATION,
            &format!("{head}signature={signature}"),
        )
    }
}
