//! TransIP: a login whose body is signed by RSA gives a token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;
use plan::ProviderError;
use reqwest::Request;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

use super::rsa::RsaKey;
use super::token::Kept;
use super::{Clock, Nonce, Sign, config_fault, set_secret};
use crate::client::{Secret, Web};

/// Signs requests to TransIP.
#[derive(Debug)]
pub struct TransIp {
    web: Web,
    login: String,
    key: RsaKey,
    nonce: Nonce,
    kept: Kept<Secret>,
}

impl TransIp {
    /// Logs in at `web`, whose requests are not signed.
    #[must_use]
    pub fn new(web: Web, login: String, key: RsaKey, (clock, nonce): (Clock, Nonce)) -> Self {
        Self {
            web,
            login,
            key,
            nonce,
            kept: Kept::new(clock),
        }
    }

    async fn token(&self) -> Result<(Secret, Option<jiff::Timestamp>), ProviderError> {
        #[derive(Deserialize)]
        struct Made {
            token: Secret,
        }
        let nonce = self.nonce.text();
        let nonce =
            nonce.ok_or_else(|| config_fault("the system gives no random bytes".to_owned()))?;
        let now = self.kept.clock().now();
        let body = json!({
            "login": self.login,
            "nonce": nonce,
            "read_only": false,
            "expiration_time": "30 minutes",
            // Labels of tokens that are alive must differ.
            "label": format!("zonewright {nonce}"),
            "global_key": true,
        })
        .to_string();
        let signature = signature(&self.key, body.as_bytes())?;
        let call = self
            .web
            .post("log in", &["auth"])
            .body("application/json", body);
        let made: Made = call
            .header(HeaderName::from_static("signature"), &signature)
            .read()
            .await?;
        Ok((made.token, Some(now + Duration::from_secs(1800))))
    }
}

/// The signature of a login: over the body, to the byte as it is sent.
fn signature(key: &RsaKey, body: &[u8]) -> Result<String, ProviderError> {
    Ok(STANDARD.encode(key.sign_sha512(body)?))
}

impl Sign for TransIp {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let token = self.kept.get(self.token()).await?;
        let value = Secret::new(format!("Bearer {}", token.expose()));
        set_secret(request, AUTHORIZATION, value.expose())
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::vectors::rsa_key;
    use crate::client::stub::{Stub, reply};
    use crate::client::{Http, Setup};

    #[tokio::test]
    async fn a_login_is_signed_and_its_token_used() {
        let stub = Stub::start(|seen| match (&*seen.target, seen.header("authorization")) {
            ("/v6/auth", _) => reply(201, r#"{"token":"t0ken-t0ken"}"#),
            (_, "Bearer t0ken-t0ken") => reply(200, "{}"),
            _ => reply(401, ""),
        })
        .await;
        let http = Http::with("transip", &Setup::default()).unwrap();
        let web = Web::new(http, &format!("{}/v6", stub.url)).unwrap();
        let times = (Clock::fixed(1_787_392_800), Nonce::Fixed("n".into()));
        let signed = TransIp::new(web.clone(), "me".to_owned(), rsa_key(), times);
        let web = web.sign(signed);
        for _ in 0..2 {
            web.get("list domains", &["domains"]).done().await.unwrap();
        }
        assert_eq!(
            stub.lines(),
            ["POST /v6/auth", "GET /v6/domains", "GET /v6/domains"]
        );
        let login = &stub.seen()[0];
        let wanted = signature(&rsa_key(), login.body.as_bytes()).unwrap();
        assert_eq!(login.header("signature"), wanted);
        assert!(login.body.contains(r#""login":"me""#) && login.body.contains("30 minutes"));
    }
}
