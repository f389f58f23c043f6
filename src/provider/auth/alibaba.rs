//! Alibaba Cloud: `ACS3-HMAC-SHA256`, and the older signature of its RPC style.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;
use plan::ProviderError;
use reqwest::Request;

use super::clock::hex;
use super::hash::{hmac_sha1, hmac_sha256, sha256_hex};
use super::text::{body, host, query, sorted};
use super::{Clock, Nonce, Sign, config_fault, set_plain, set_secret};
use crate::client::{Secret, encode};

/// What Alibaba Cloud gives a user.
#[derive(Clone, Debug)]
pub struct AlibabaKeys {
    /// The key.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// What goes along with credentials for a time.
    pub token: Option<Secret>,
}

/// Signs in headers. `x-acs-action` and `x-acs-version` are headers of the call.
#[derive(Debug)]
pub struct Acs3 {
    /// With these.
    pub keys: AlibabaKeys,
    /// The time of signatures.
    pub clock: Clock,
    /// What makes each one another.
    pub nonce: Nonce,
}

/// Signs in the query. `Action`, `Version` and `Format` are parameters of the call.
#[derive(Debug)]
pub struct AlibabaRpc {
    /// With these.
    pub keys: AlibabaKeys,
    /// The time of signatures.
    pub clock: Clock,
    /// What makes each one another.
    pub nonce: Nonce,
}

impl Sign for Acs3 {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let hash = sha256_hex(body(request)?);
        let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        set_plain(request, "x-acs-content-sha256", &hash)?;
        set_plain(request, "x-acs-date", &time)?;
        set_plain(request, "x-acs-signature-nonce", &nonce(&self.nonce)?)?;
        if let Some(token) = &self.keys.token {
            set_secret(
                request,
                HeaderName::from_static("x-acs-security-token"),
                token.expose(),
            )?;
        }
        let mut headers = vec![("host", host(request.url()))];
        for (name, value) in request.headers() {
            if name.as_str().starts_with("x-acs-") {
                headers.push((name.as_str(), value.to_str().unwrap_or_default().to_owned()));
            }
        }
        headers.sort();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{hash}",
            request.method(),
            request.url().path(),
            sorted(&query(request.url())),
        );
        let text = format!("ACS3-HMAC-SHA256\n{}", sha256_hex(canonical.as_bytes()));
        let signature = hex(&hmac_sha256(self.keys.secret.expose().as_bytes(), &text));
        let value = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.keys.id
        );
        set_secret(request, AUTHORIZATION, &value)
    }
}

impl Sign for AlibabaRpc {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut pairs = query(request.url());
        for (key, value) in [
            ("AccessKeyId", &*self.keys.id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", &nonce(&self.nonce)?),
            ("SignatureVersion", "1.0"),
            ("Timestamp", &time),
        ] {
            pairs.push((key.to_owned(), value.to_owned()));
        }
        if let Some(token) = &self.keys.token {
            pairs.push(("SecurityToken".to_owned(), token.expose().to_owned()));
        }
        let canonical = sorted(&pairs);
        let text = format!("{}&%2F&{}", request.method(), encode(&canonical));
        let key = Secret::new(format!("{}&", self.keys.secret.expose()));
        let signature = STANDARD.encode(hmac_sha1(key.expose().as_bytes(), &text));
        let whole = format!("{canonical}&Signature={}", encode(&signature));
        request.url_mut().set_query(Some(&whole));
        Ok(())
    }
}

fn nonce(nonce: &Nonce) -> Result<String, ProviderError> {
    let text = nonce.text();
    text.ok_or_else(|| config_fault("the system gives no random bytes".to_owned()))
}
