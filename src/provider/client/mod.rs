//! HTTP for providers: what all of them need between a call and its answer.
//!
//! ```text
//! Web (base, headers, signature, rate, retry) ─ get/post/… → Call ─ send → Http (one try, counted, capped)
//!                                                             ↑ ─ pages: again with the next page
//! ```
//!
//! A provider makes one [`Web`] and writes its calls on it:
//!
//! ```text
//! let http = Http::with("digitalocean", &Setup { calls, ..Setup::default() })?;
//! let web = Web::new(http, "https://web.digitalocean.com/v2")?
//!     .sign(Plain::bearer(Value::from_setting(token)))
//!     .limit(Limit::per(250, Duration::from_secs(60)).burst(50));
//!
//! const PAGES: Pages = Pages::link("/links/pages/next").items("/domain_records");
//! let records: Vec<Record> = web
//!     .get("list records", &["domains", zone, "records"])
//!     .query("per_page", 200)
//!     .pages(&PAGES)
//!     .await?;
//! let made: Made = web.post("create record", &["domains", zone, "records"]).json(&record).read().await?;
//! web.delete("delete record", &["domains", zone, "records", id]).done().await?;
//! ```
//!
//! - Segments of paths and queries are percent-encoded here, never by callers.
//! - A call that gives back `Ok` was answered with success, as [`Judge`] says; all else is a
//!   `ProviderError`, by whose kind callers decide.
//! - GET, HEAD, PUT and DELETE, and calls marked [`Call::idempotent`], are made again on
//!   `Unavailable`. On `RateLimited`, which says that nothing was done, any call is. Everything within
//!   the bounds of [`Retry`] and of the [`Budget`] of all calls of the provider.
//! - Any other call that was sent, and whose outcome is not known, gives `ErrorKind::Ambiguous`: look
//!   before it is made again.
//! - After a 401, credentials are renewed once. Those that are refused still are not sent again for a
//!   while, unless they change.
//! - Redirects are not followed: credentials would go along.
//! - Errors carry the operation and what the answer says, never a header, a query or a body that was
//!   sent, since these hold secrets; what an answer repeats of them is taken out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use plan::{ErrorKind, HttpCall, HttpCalls, ProviderError};

mod breaker;
mod call;
mod carrier;
mod fault;
#[cfg(test)]
mod hostile_tests;
mod learn;
mod limit;
mod pages;
mod retry;
mod secret;
mod send;
mod setup;
#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
mod url;
mod web;

pub use call::Call;
use carrier::carried;
pub use carrier::{Carrier, Carrying, Uncarried};
pub use fault::{Answer, Judge, Refusal};
pub use limit::{Limit, Limiter};
pub use pages::{Next, Pages};
pub use retry::{Budget, Retry};
pub use secret::Secret;
pub(crate) use secret::scrub;
pub use setup::{Route, Setup, Tls};
pub use url::{encode, pairs};
pub use web::Web;

/// A client for one provider: each request is made once, counted, and its answer read up to a size.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    provider: &'static str,
    /// The largest answer that is read, in bytes; 0 for no limit.
    cap: usize,
    calls: Arc<HttpCalls>,
    /// What carries requests in place of the network.
    carrier: Option<Arc<dyn Carrier>>,
    /// What users set to say whom to trust.
    authority: &'static str,
}

/// No client could be made.
#[derive(Debug, thiserror::Error)]
#[error("set up HTTP for provider \"{provider}\"")]
pub struct ClientError {
    /// The provider.
    pub provider: &'static str,
    /// Why not.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A request without an answer.
pub(crate) struct Lost {
    pub(crate) error: ProviderError,
    /// Whether the other side may have seen it.
    pub(crate) sent: bool,
}

impl Http {
    /// A client whose requests take at most `limit` each, and are counted.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(
        provider: &'static str,
        limit: Duration,
        cap: usize,
        calls: Arc<HttpCalls>,
    ) -> Result<Self, ClientError> {
        let setup = Setup {
            limit,
            cap,
            calls,
            ..Setup::default()
        };
        Self::with(provider, &setup)
    }

    /// A client of this set-up.
    ///
    /// # Errors
    /// Its certificates or its key cannot be used.
    pub fn with(provider: &'static str, setup: &Setup) -> Result<Self, ClientError> {
        let client = setup
            .build()
            .map_err(|source| ClientError { provider, source })?;
        Ok(Self {
            client,
            provider,
            cap: setup.cap,
            calls: Arc::clone(&setup.calls),
            carrier: setup.carrier.clone(),
            authority: setup.authority,
        })
    }

    /// The provider whose client it is.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// The client below, to make requests with.
    pub(crate) fn requests(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request once and reads the answer, whatever its status.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let request = request
            .build()
            .map_err(|error| self.lost(operation, error).error)?;
        let label = request.url().path().rsplit('/').next().unwrap_or_default();
        let label = label.to_owned();
        let answer = self.execute((operation, &label), request).await;
        answer.map_err(|lost| lost.error)
    }

    /// Sends a request once and reads the answer, whatever its status. It is counted by a label, which
    /// has few values.
    pub(crate) async fn execute(
        &self,
        (operation, label): (&'static str, &str),
        request: reqwest::Request,
    ) -> Result<Answer, Lost> {
        let url = request.url();
        let mut call = HttpCall {
            scheme: url.scheme().into(),
            host: url
                .authority()
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .into(),
            path: label.into(),
            method: request.method().as_str().into(),
            status: None,
        };
        let begin = Instant::now();
        let result = match &self.carrier {
            Some(carrier) => carried(self, operation, carrier.carry(request).await),
            None => {
                let result = self.client.execute(request).await;
                result.map_err(|error| self.lost(operation, error))
            }
        };
        call.status = result.as_ref().ok().map(|answer| answer.status().as_u16());
        self.calls.count(call, begin.elapsed());
        let mut response = result?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| self.lost(operation, error))?
        {
            if self.cap != 0 && body.len() + part.len() > self.cap {
                let message = format!("the answer is larger than {} bytes", self.cap);
                let error = self.error(ErrorKind::Protocol, operation, message);
                return Err(Lost { error, sent: true });
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer {
            status,
            headers,
            body: body.freeze(),
        })
    }

    /// An error of this provider.
    #[must_use]
    pub fn error(
        &self,
        kind: ErrorKind,
        operation: &'static str,
        message: String,
    ) -> ProviderError {
        ProviderError {
            kind,
            provider: self.provider,
            operation,
            message,
            source: None,
        }
    }

    /// An error that the status of an answer says.
    pub(crate) fn refused(&self, operation: &'static str, answer: &Answer) -> ProviderError {
        let refusal = Refusal::of(answer);
        self.error(refusal.kind, operation, refusal.message)
    }

    fn lost(&self, operation: &'static str, error: reqwest::Error) -> Lost {
        let sent = !error.is_connect() && !error.is_builder();
        let untrusted;
        let (kind, message) = if error.is_builder() {
            (ErrorKind::Config, "the request cannot be made")
        } else if is_untrusted(&error) {
            untrusted = format!(
                "its certificate is not trusted; is its authority set ({}), and its name that of the \
                 address?",
                self.authority
            );
            (ErrorKind::Config, &*untrusted)
        } else if error.is_connect() {
            (ErrorKind::Unavailable, "no connection")
        } else if error.is_timeout() {
            (ErrorKind::Unavailable, "no answer in time")
        } else {
            (ErrorKind::Unavailable, "the connection broke")
        };
        let mut lost = self.error(kind, operation, message.to_owned());
        // Addresses may hold secrets in their query.
        lost.source = Some(error.without_url().into());
        Lost { error: lost, sent }
    }
}

/// Whether a certificate was refused by us. No further try mends that.
fn is_untrusted(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(reason) = source {
        if let Some(rustls::Error::InvalidCertificate(_)) = reason.downcast_ref() {
            return true;
        }
        // Errors of sockets hold others, and give only the reasons of those as theirs.
        let inner = reason.downcast_ref::<std::io::Error>();
        let inner = inner.and_then(std::io::Error::get_ref);
        source = match inner {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => reason.source(),
        };
    }
    false
}

/// An error with its reasons, but without its own head.
pub(crate) fn chain(error: &ProviderError) -> String {
    let mut text = error.message.clone();
    let mut source = std::error::Error::source(error);
    while let Some(reason) = source {
        text = format!("{text}: {reason}");
        source = reason.source();
    }
    text
}
