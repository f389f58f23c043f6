//! HTTP for providers: sends a request, reads a bounded answer, names what went wrong.
//!
//! Errors carry the operation and the host, never a header or a query, since these hold secrets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use plan::{ErrorKind, HttpCall, HttpCalls, ProviderError};

/// A client for one provider.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    provider: &'static str,
    /// The largest answer that is read, in bytes; 0 for no limit.
    cap: usize,
    calls: Arc<HttpCalls>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// No client could be made.
#[derive(Debug, thiserror::Error)]
#[error("set up HTTP for provider \"{provider}\"")]
pub struct ClientError {
    /// The provider.
    pub provider: &'static str,
    /// Why not.
    #[source]
    pub source: reqwest::Error,
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
        Self::with(provider, limit, (cap, calls), Ok)
    }

    /// A client that is set up by more than its times.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn with(
        provider: &'static str,
        limit: Duration,
        (cap, calls): (usize, Arc<HttpCalls>),
        more: impl FnOnce(reqwest::ClientBuilder) -> reqwest::Result<reqwest::ClientBuilder>,
    ) -> Result<Self, ClientError> {
        // Another part of the program may have set it up already; then that one is in use.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = reqwest::Client::builder()
            .timeout(limit)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("zonewright/", env!("CARGO_PKG_VERSION")));
        let client = more(builder)
            .and_then(reqwest::ClientBuilder::build)
            .map_err(|source| ClientError { provider, source })?;
        Ok(Self {
            client,
            provider,
            cap,
            calls,
        })
    }

    /// The client below, to make requests with.
    pub(crate) fn requests(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request and reads the answer, whatever its status.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let request = request
            .build()
            .map_err(|error| self.lost(operation, error))?;
        let url = request.url();
        let mut call = HttpCall {
            scheme: url.scheme().into(),
            host: url
                .authority()
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .into(),
            path: url.path().rsplit('/').next().unwrap_or_default().into(),
            method: request.method().as_str().into(),
            status: None,
        };
        let begin = Instant::now();
        let result = self.client.execute(request).await;
        call.status = result.as_ref().ok().map(|answer| answer.status().as_u16());
        self.calls.count(call, begin.elapsed());
        let mut response = result.map_err(|error| self.lost(operation, error))?;
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
                return Err(self.error(ErrorKind::Protocol, operation, message));
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
    pub(crate) fn error(
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
        let kind = match answer.status.as_u16() {
            401 | 403 => ErrorKind::Auth,
            404 => ErrorKind::NotFound,
            409 | 412 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited,
            400..=499 => ErrorKind::Rejected,
            500..=599 => ErrorKind::Unavailable,
            _ => ErrorKind::Protocol,
        };
        let said = excerpt(&answer.body);
        let colon = if said.is_empty() { "" } else { ": " };
        self.error(
            kind,
            operation,
            format!("HTTP {}{colon}{said}", answer.status.as_u16()),
        )
    }

    fn lost(&self, operation: &'static str, error: reqwest::Error) -> ProviderError {
        let message = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        // Addresses may hold secrets in their query.
        let source = Some(error.without_url().into());
        ProviderError {
            kind: ErrorKind::Unavailable,
            provider: self.provider,
            operation,
            message: message.to_owned(),
            source,
        }
    }
}

/// The first line or so of a body, for messages.
fn excerpt(body: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(body.get(..LONGEST).unwrap_or(body));
    let line = text.trim().lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).collect()
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
