//! The server's side: requests in, answers out; sockets are somebody else's.

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, ProviderError};
use serde::Serialize;
use tokio::sync::Mutex;

pub use super::api::MEDIA_TYPE;
use super::api::{Changes, Filter, Message, endpoints};

/// A provider that is offered by the protocol.
pub struct Service {
    /// One request at a time: providers may take what is there from one for the next.
    provider: Mutex<Box<dyn DynProvider>>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// JSON of the protocol if the status is 200; else text, which may be empty.
    pub body: Vec<u8>,
}

impl Service {
    /// Offers a provider.
    #[must_use]
    pub fn new(provider: Box<dyn DynProvider>) -> Self {
        Self {
            provider: Mutex::new(provider),
        }
    }

    /// `GET /`: which names it takes.
    pub async fn negotiate(&self) -> Reply {
        match self.provider.lock().await.filter().await {
            Ok(filter) => Reply::json(&Filter::from(&filter)),
            Err(error) => Reply::failed(&error),
        }
    }

    /// `GET /records`: what is there.
    pub async fn records(&self) -> Reply {
        match self.provider.lock().await.records().await {
            Ok(records) => Reply::json(&messages(&records)),
            Err(error) => Reply::failed(&error),
        }
    }

    /// `POST /adjustendpoints`: what is wanted, as the provider would store it.
    pub async fn adjust(&self, body: &[u8]) -> Reply {
        let desired = match serde_json::from_slice::<Vec<Message>>(body) {
            Ok(desired) => desired,
            Err(error) => return Reply::misread(&error),
        };
        let desired = match endpoints(desired) {
            Ok(desired) => desired,
            Err(error) => return Reply::misread(&error),
        };
        match self.provider.lock().await.adjust(desired).await {
            Ok(adjusted) => Reply::json(&messages(&adjusted)),
            Err(error) => Reply::failed(&error),
        }
    }

    /// `POST /records`: a change set. All of it that can be made is, and what cannot is an error.
    pub async fn apply(&self, body: &[u8]) -> Reply {
        let changes = match serde_json::from_slice::<Changes>(body) {
            Ok(changes) => changes,
            Err(error) => return Reply::misread(&error),
        };
        let changes = match ChangeSet::try_from(changes) {
            Ok(changes) => changes,
            Err(error) => return Reply::misread(&error),
        };
        let (creates, updates, deletes) = (
            changes.create.len(),
            changes.update.len(),
            changes.delete.len(),
        );
        match self.provider.lock().await.apply(&changes).await {
            Ok(applied) => {
                let refused = applied.refused.len();
                tracing::info!(creates, updates, deletes, refused, "applied changes");
                Reply::applied(&applied)
            }
            Err(error) => Reply::failed(&error),
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Reply {
    fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self { status: 200, body },
            Err(error) => Self::text(500, &error.to_string()),
        }
    }

    fn text(status: u16, text: &str) -> Self {
        let body = format!("{text}\n").into_bytes();
        Self { status, body }
    }

    /// Not what the protocol says.
    fn misread(error: &dyn std::error::Error) -> Self {
        tracing::warn!(error = %error, "a request of the webhook protocol cannot be read");
        Self::text(400, &error.to_string())
    }

    /// external-dns goes on and comes again after 5xx only; it ends itself after all else.
    fn failed(error: &ProviderError) -> Self {
        let reason = crate::client::chain(error);
        let (provider, operation) = (error.provider, error.operation);
        tracing::warn!(
            provider,
            operation,
            error = reason,
            "a webhook request failed"
        );
        let status = match error.kind {
            ErrorKind::Unavailable | ErrorKind::RateLimited => 503,
            _ => 500,
        };
        Self::text(status, &format!("{operation}: {reason}"))
    }

    fn applied(applied: &Applied) -> Self {
        if applied.refused.is_empty() {
            return Self {
                status: 204,
                body: Vec::new(),
            };
        }
        // In one line, since the first is all that many a client shows.
        let mut text = String::from("refused, while all else was made");
        for (name, error) in &applied.refused {
            let reason = crate::client::chain(error);
            tracing::warn!(
                name = &**name,
                reason,
                "change is refused, the others are made"
            );
            text.push_str(&format!("; {name}: {reason}"));
        }
        Self::text(500, &text)
    }
}

fn messages(endpoints: &[Endpoint]) -> Vec<Message> {
    endpoints.iter().map(Message::from).collect()
}
