//! Tokens by OAuth 2 (RFC 6749): whatever the grant, a form is sent and a bearer token comes back.

use std::time::Duration;

use http::header::AUTHORIZATION;
use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use serde::Deserialize;
use tokio::time::Instant;

use super::token::Kept;
use super::{Clock, Sign, Value, set_secret};
use crate::client::{Answer, Call, Refusal, Secret, Web};

/// Adds a token that a form is answered with.
#[derive(Debug)]
pub struct OAuth {
    web: Web,
    form: Vec<(&'static str, Value)>,
    kept: Kept<Secret>,
}

impl OAuth {
    /// Sends this form to `web`, whose base is the address of tokens and whose requests are not
    /// signed. Values from files are read each time.
    #[must_use]
    pub fn new(web: Web, form: Vec<(&'static str, Value)>, clock: Clock) -> Self {
        Self {
            web: web.judge(judge),
            form,
            kept: Kept::new(clock),
        }
    }

    /// For a client that has a secret (RFC 6749 §4.4).
    #[must_use]
    pub fn client(web: Web, (id, secret): (&str, Value), scope: &str, clock: Clock) -> Self {
        let form = vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", id.into()),
            ("client_secret", secret),
            ("scope", scope.into()),
        ];
        Self::new(web, form, clock)
    }

    /// The token, kept while it is good.
    ///
    /// # Errors
    /// It is refused.
    pub async fn token(&self) -> Result<Secret, ProviderError> {
        self.kept.get(self.ask()).await
    }

    async fn ask(&self) -> Result<Good, ProviderError> {
        let mut pairs = Vec::new();
        for (name, value) in &self.form {
            pairs.push((*name, value.read()?));
        }
        ask(&self.web, &pairs, &self.kept.clock().clone()).await
    }
}

impl Sign for OAuth {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        bearer(request, &self.token().await?)
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

/// A token, and when it ends.
pub(crate) type Good = (Secret, Option<Timestamp>);

/// Adds a token (RFC 6750 §2.1).
pub(crate) fn bearer(request: &mut Request, token: &Secret) -> Result<(), ProviderError> {
    let value = Secret::new(format!("Bearer {}", token.expose()));
    set_secret(request, AUTHORIZATION, value.expose())
}

/// Sends a form for a token.
pub(crate) async fn ask(
    web: &Web,
    form: &[(&'static str, Secret)],
    clock: &Clock,
) -> Result<Good, ProviderError> {
    let pairs = form.iter().map(|(name, value)| (*name, value.expose()));
    let mut call = web.post(ASK, &[]).form(pairs);
    for (_, value) in form {
        call = call.hide(value);
    }
    take(call, clock).await
}

/// Sends a request that is answered with a token. It changes nothing, so it may be made again.
pub(crate) async fn take(call: Call<'_>, clock: &Clock) -> Result<Good, ProviderError> {
    let now = clock.now();
    let made: Made = call.idempotent().read().await?;
    let life = made.expires_in.and_then(Number::seconds);
    let end = life.and_then(|life| now.checked_add(life).ok());
    Ok((made.access_token, end))
}

/// What an answer of a server of tokens says.
pub(crate) fn judge(answer: &Answer) -> Option<Refusal> {
    #[derive(Deserialize)]
    struct Said {
        error: String,
        #[serde(default)]
        error_description: String,
    }
    let mut refusal = Refusal::by_status(answer)?;
    refusal.renew = false;
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        return Some(refusal);
    };
    // RFC 6749 §5.2: what a client did wrong comes with 400.
    if refusal.kind == ErrorKind::Rejected {
        refusal.kind = ErrorKind::Auth;
    }
    let first = said.error_description.lines().next().unwrap_or_default();
    let colon = if first.is_empty() { "" } else { ": " };
    refusal.message = format!("{}{colon}{first}", said.error);
    Some(refusal)
}

#[derive(Deserialize)]
struct Made {
    access_token: Secret,
    expires_in: Option<Number>,
}

/// Some write numbers as texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(f64),
    Text(String),
}

impl Number {
    fn seconds(self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(number) => number,
            Self::Text(text) => text.parse().ok()?,
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// What is tried.
pub(crate) const ASK: &str = "ask for a token";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::stub::{Stub, reply};
    use crate::client::{Http, Setup};

    fn oauth(stub: &Stub) -> OAuth {
        let http = Http::with("ovh", &Setup::default()).unwrap();
        let web = Web::new(http, &format!("{}/auth/token", stub.url)).unwrap();
        let clock = Clock::fixed(1_787_392_800);
        OAuth::client(web, ("me", "s3cret-s3cret".into()), "all", clock)
    }

    #[tokio::test]
    async fn a_form_is_answered_with_a_token() {
        for expires in ["3600", "\"3600\""] {
            let body = format!(r#"{{"access_token":"t0ken","expires_in":{expires}}}"#);
            let stub = Stub::start(move |_| reply(200, body.clone())).await;
            let oauth = oauth(&stub);
            let (token, end) = oauth.ask().await.unwrap();
            assert_eq!(
                (token.expose(), end.unwrap().as_second()),
                ("t0ken", 1_787_396_400)
            );
            oauth.token().await.unwrap();
            oauth.token().await.unwrap();
            assert_eq!(stub.lines(), ["POST /auth/token"; 2]);
            assert_eq!(
                stub.seen()[0].body,
                "grant_type=client_credentials&client_id=me&client_secret=s3cret-s3cret&scope=all"
            );
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_without_the_secret() {
        let body =
            r#"{"error":"invalid_client","error_description":"not s3cret-s3cret\nTrace: 1"}"#;
        let stub = Stub::start(move |_| reply(400, body)).await;
        let error = oauth(&stub).token().await.unwrap_err();
        assert_eq!(
            (error.kind, error.to_string()),
            (
                ErrorKind::Auth,
                "provider \"ovh\": ask for a token: invalid_client: not ***".to_owned()
            )
        );
    }
}
