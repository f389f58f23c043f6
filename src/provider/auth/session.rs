//! A login gives a token, which goes along in a header until it is refused: Pi-hole, Dyn and the like.

use std::fmt;
use std::time::Duration;

use http::HeaderName;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use serde_json::Value;
use tokio::time::Instant;

use super::token::Kept;
use super::{Clock, Sign, set_secret};
use crate::client::{Secret, Web};

/// How a session is begun and shown. Places are JSON pointers.
#[derive(Clone, Debug)]
pub struct Login {
    /// Where the login goes, below the base.
    pub path: &'static [&'static str],
    /// Where the token is in the answer; if it is null, no token is needed.
    pub token: &'static str,
    /// Where the answer has the seconds that it is good for; "" if it does not say.
    pub seconds: &'static str,
    /// The header that the token goes into.
    pub header: HeaderName,
    /// What stands before it there.
    pub prefix: &'static str,
}

/// Adds the token of a session.
pub struct Session {
    web: Web,
    login: Login,
    /// The body of the login, from what is secret in it.
    body: Box<dyn Fn(&str) -> Value + Send + Sync>,
    secret: super::Value,
    kept: Kept<Option<Secret>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("web", &self.web)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Logs in at `web`, whose requests are not signed, with the body that is made from the secret.
    #[must_use]
    pub fn new(
        web: Web,
        login: Login,
        (secret, body): (super::Value, impl Fn(&str) -> Value + Send + Sync + 'static),
        clock: Clock,
    ) -> Self {
        Self {
            web,
            login,
            body: Box::new(body),
            secret,
            kept: Kept::new(clock),
        }
    }

    async fn begin(&self) -> Result<(Option<Secret>, Option<jiff::Timestamp>), ProviderError> {
        let secret = self.secret.read()?;
        let now = self.kept.clock().now();
        let body = (self.body)(secret.expose());
        let call = self.web.post(LOG_IN, self.login.path).json(&body);
        let made: Value = call.hide(&secret).read().await?;
        let life = made.pointer(self.login.seconds).and_then(Value::as_u64);
        let end = life.and_then(|life| now.checked_add(Duration::from_secs(life)).ok());
        match made.pointer(self.login.token) {
            Some(Value::String(token)) => Ok((Some(Secret::new(&**token)), end)),
            Some(Value::Null) => Ok((None, end)),
            _ => {
                let message = "the answer has no token where it is expected";
                Err(self.web.error(ErrorKind::Protocol, LOG_IN, message))
            }
        }
    }

    /// Ends the session, if there is one: some have places for a few only. What is wrong with that
    /// is of no interest.
    pub async fn end(&self) {
        let Some(token) = self.kept.take().await.flatten() else {
            return;
        };
        let plain = super::Plain::header(self.login.header.clone(), self.login.prefix, token);
        let web = self.web.clone().sign(plain);
        drop(web.delete("log out", self.login.path).done().await);
    }
}

impl Sign for Session {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let Some(token) = self.kept.get(self.begin()).await? else {
            return Ok(());
        };
        let value = Secret::new(format!("{}{}", self.login.prefix, token.expose()));
        set_secret(request, self.login.header.clone(), value.expose())
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

const LOG_IN: &str = "log in";

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use serde_json::json;

    use super::*;
    use crate::client::stub::{Stub, reply};
    use crate::client::{Http, Setup};

    const LOGIN: Login = Login {
        path: &["auth"],
        token: "/session/sid",
        seconds: "/session/validity",
        header: HeaderName::from_static("x-ftl-sid"),
        prefix: "",
    };

    fn session(stub: &Stub) -> (Web, std::sync::Arc<Session>) {
        let http = Http::with("pihole", &Setup::default()).unwrap();
        let web = Web::new(http, &format!("{}/api", stub.url)).unwrap();
        let secret = (
            "s3cret-s3cret".into(),
            |secret: &str| json!({"password": secret}),
        );
        let session = Session::new(web.clone(), LOGIN, secret, Clock::fixed(1_787_392_800));
        let session = std::sync::Arc::new(session);
        (
            web.sign_shared(std::sync::Arc::clone(&session) as _),
            session,
        )
    }

    #[tokio::test]
    async fn a_session_is_begun_again_when_it_is_refused() {
        let logins = AtomicUsize::new(0);
        let stub = Stub::start(move |seen| match (&*seen.method, &*seen.target) {
            ("POST", "/api/auth") => {
                let sid = format!("session-{}", logins.fetch_add(1, Relaxed));
                reply(
                    200,
                    json!({"session": {"sid": sid, "validity": 1800}}).to_string(),
                )
            }
            ("DELETE", "/api/auth") => reply(204, ""),
            _ if seen.header("x-ftl-sid") == "session-1" => reply(200, "{}"),
            _ => reply(401, ""),
        })
        .await;
        let (web, session) = session(&stub);
        for _ in 0..2 {
            web.get("list", &["config"]).done().await.unwrap();
        }
        session.end().await;
        let lines = [
            "POST /api/auth",
            "GET /api/config",
            "POST /api/auth",
            "GET /api/config",
            "GET /api/config",
            "DELETE /api/auth",
        ];
        assert_eq!(stub.lines(), lines);
        assert_eq!(stub.seen()[0].body, r#"{"password":"s3cret-s3cret"}"#);
        assert_eq!(stub.seen()[5].header("x-ftl-sid"), "session-1");
        assert!(!format!("{session:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn where_no_password_is_set_no_token_is_sent() {
        let stub = Stub::start(|_| reply(200, r#"{"session":{"sid":null,"validity":-1}}"#)).await;
        let (web, _) = session(&stub);
        web.get("list", &["config"]).done().await.unwrap();
        assert_eq!(stub.seen()[1].header("x-ftl-sid"), "");
    }
}
