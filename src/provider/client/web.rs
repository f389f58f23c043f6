//! Where a provider's requests go, and what all of them have in common.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use plan::{ErrorKind, ProviderError};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::breaker::Breaker;
use super::call::Place;
use super::fault::{Judge, Refusal};
use super::url;
use super::{Budget, Call, Http, Limit, Limiter, Retry};
use crate::auth::{Clock, DynSign, Sign};

/// A provider's interface: a base address, and what all requests below it have in common.
///
/// Clones share the rate, the budget of further tries and the credentials.
#[derive(Clone)]
pub struct Web {
    pub(super) http: Http,
    pub(super) base: Url,
    pub(super) headers: HeaderMap,
    pub(super) sign: Option<Arc<dyn DynSign>>,
    pub(super) judge: Judge,
    pub(super) retry: Retry,
    pub(super) budget: Budget,
    pub(super) limiter: Limiter,
    pub(super) clock: Clock,
    pub(super) breaker: Breaker,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web")
            .field("provider", &self.http.provider())
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

impl Web {
    /// What is below this address, without a signature, tried again as is usual.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(http: Http, base: &str) -> Result<Self, ProviderError> {
        let base = url::base(base)
            .map_err(|message| http.error(ErrorKind::Config, "read settings", message))?;
        Ok(Self {
            http,
            base,
            headers: HeaderMap::new(),
            sign: None,
            judge: Refusal::by_status,
            retry: Retry::USUAL,
            budget: Budget::default(),
            limiter: Limiter::default(),
            clock: Clock::system(),
            breaker: Breaker::default(),
        })
    }

    /// The same for another base address.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn at(&self, base: &str) -> Result<Self, ProviderError> {
        let base = url::base(base)
            .map_err(|message| self.http.error(ErrorKind::Config, "read settings", message))?;
        Ok(Self {
            base,
            ..self.clone()
        })
    }

    /// With a header that every request has and anybody may see.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With credentials.
    #[must_use]
    pub fn sign(self, sign: impl Sign + 'static) -> Self {
        self.sign_shared(Arc::new(sign))
    }

    /// With credentials that others use too.
    #[must_use]
    pub fn sign_shared(mut self, sign: Arc<dyn DynSign>) -> Self {
        self.sign = Some(sign);
        self.breaker = Breaker::default();
        self
    }

    /// With another judgment of answers than by their status.
    #[must_use]
    pub fn judge(mut self, judge: Judge) -> Self {
        self.judge = judge;
        self
    }

    /// With a fixed rate; what answers tell about rates is heeded anyway.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limiter = Limiter::new(limit);
        self
    }

    /// With a rate and a budget of further tries that are those of another, as of another account's.
    #[must_use]
    pub fn sharing(mut self, other: &Self) -> Self {
        self.limiter = other.limiter.clone();
        self.budget = other.budget.clone();
        self
    }

    /// With other bounds for further tries.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// With another clock, for dates in headers.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A GET of what is at these segments below the base.
    pub fn get(&self, operation: &'static str, path: &[&str]) -> Call<'_> {
        self.call(operation, Method::GET, path)
    }

    /// A POST; made once only, unless it is marked [`Call::idempotent`].
    pub fn post(&self, operation: &'static str, path: &[&str]) -> Call<'_> {
        self.call(operation, Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, operation: &'static str, path: &[&str]) -> Call<'_> {
        self.call(operation, Method::PUT, path)
    }

    /// A PATCH; made once only, unless it is marked [`Call::idempotent`].
    pub fn patch(&self, operation: &'static str, path: &[&str]) -> Call<'_> {
        self.call(operation, Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(&self, operation: &'static str, path: &[&str]) -> Call<'_> {
        self.call(operation, Method::DELETE, path)
    }

    /// A request of any method.
    pub fn call(&self, operation: &'static str, method: Method, path: &[&str]) -> Call<'_> {
        let url = url::join(&self.base, path);
        let url = url.map_err(|message| (ErrorKind::Rejected, message));
        Call::new(self, operation, method, url)
    }

    /// A GET of an address that an answer has given, whole or from the root of the host; one of another
    /// host is refused.
    pub fn follow(&self, operation: &'static str, address: &str) -> Call<'_> {
        Call::new(self, operation, Method::GET, self.address(address))
    }

    /// Reads the JSON that a GET answers with.
    ///
    /// # Errors
    /// As [`Call::read`].
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
    ) -> Result<T, ProviderError> {
        self.get(operation, path).read().await
    }

    /// Sends JSON and reads the JSON of the answer.
    ///
    /// # Errors
    /// As [`Call::read`].
    pub async fn send_json<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ProviderError> {
        self.call(operation, method, path).json(body).read().await
    }

    /// The provider whose interface it is.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.http.provider()
    }

    /// An error of this provider.
    #[must_use]
    pub fn error(
        &self,
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> ProviderError {
        self.http.error(kind, operation, message.into())
    }

    /// An address that an answer has given.
    pub(super) fn address(&self, text: &str) -> Place {
        let protocol = |message| (ErrorKind::Protocol, message);
        let url = self
            .base
            .join(text)
            .map_err(|error| protocol(format!("the address of the next page is none ({error})")))?;
        if !url::same_origin(&self.base, &url) {
            let host = url.host_str().unwrap_or_default();
            return Err(protocol(format!(
                "the address of the next page is of \"{host}\", which gets no credentials for \"{}\"",
                self.base.host_str().unwrap_or_default()
            )));
        }
        Ok(url)
    }
}
