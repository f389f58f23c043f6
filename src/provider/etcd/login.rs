//! Who we are: a token for a user and a password, kept until it is refused.

use http::header::AUTHORIZATION;
use plan::{ErrorKind, ProviderError};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::auth::token::Kept;
use crate::auth::{Clock, Sign, set_secret};
use crate::client::{Answer, Refusal, Secret, Web};

/// Adds a token.
pub(super) struct Login {
    web: Web,
    user: String,
    password: Secret,
    /// None where the server asks nobody who they are.
    kept: Kept<Option<Secret>>,
}

impl Login {
    /// Logs in at this server, whose requests have no token yet.
    pub(super) fn new(web: Web, (user, password): (String, Secret)) -> Self {
        let kept = Kept::new(Clock::system());
        Self {
            web,
            user,
            password,
            kept,
        }
    }

    async fn begin(&self) -> Result<Option<Secret>, ProviderError> {
        #[derive(Deserialize)]
        struct Made {
            token: Secret,
        }
        let body = json!({"name": self.user, "password": self.password.expose()});
        let call = self.web.post("log in", &["v3", "auth", "authenticate"]);
        let call = call.json(&body).hide(&self.password).idempotent();
        match call.read::<Made>().await {
            Ok(made) => Ok(Some(made.token)),
            // As etcd's own client does.
            Err(error) if error.message.contains("authentication is not enabled") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Sign for Login {
    async fn sign(&self, request: &mut reqwest::Request) -> Result<(), ProviderError> {
        let token = self
            .kept
            .get(async { Ok((self.begin().await?, None)) })
            .await?;
        match token {
            Some(token) => set_secret(request, AUTHORIZATION, token.expose()),
            None => Ok(()),
        }
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

/// What an answer of the gateway says.
pub(super) fn judge(answer: &Answer) -> Option<Refusal> {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        error: String,
        #[serde(default)]
        message: String,
        #[serde(default)]
        code: u32,
    }
    let mut refusal = Refusal::by_status(answer)?;
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        return Some(refusal);
    };
    let text = match said.message.is_empty() {
        true => said.error,
        false => said.message,
    };
    refusal.kind = match said.code {
        // There is no room left, which no wait mends.
        8 if text.contains("space exceeded") => ErrorKind::Config,
        // The revision of the first page is gone.
        11 => ErrorKind::Unavailable,
        _ if text.contains("user name is empty") || text.contains("authentication failed") => {
            ErrorKind::Auth
        }
        _ => refusal.kind,
    };
    // It is of another state of users and roles.
    refusal.renew |= text.contains("revision of auth store is old");
    let hint = match &*text {
        text if text.contains("user name is empty") => "; set a user (ETCD_USERNAME)",
        _ if refusal.kind == ErrorKind::Auth => {
            "; the user is that of ETCD_USERNAME and ETCD_PASSWORD"
        }
        _ => "",
    };
    refusal.message = format!("HTTP {}: {text}{hint}", answer.status.as_u16());
    Some(refusal)
}
