//! A call that takes too long is given up, whatever the provider itself does about time.

use std::future::Future;
use std::time::Duration;

use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, ErrorKind, Expected, Provider,
    ProviderError,
};

/// A provider whose calls end in time.
pub struct TimeLimit {
    inner: Box<dyn DynProvider>,
    limit: Duration,
}

impl TimeLimit {
    /// Gives up each call of a provider after `limit`.
    #[must_use]
    pub fn new(inner: Box<dyn DynProvider>, limit: Duration) -> Self {
        Self { inner, limit }
    }

    async fn limited<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        match tokio::time::timeout(self.limit, call).await {
            Ok(result) => result,
            Err(_) => Err(ProviderError {
                kind: ErrorKind::Unavailable,
                provider: self.inner.name(),
                operation,
                message: format!("not done after {:?}", self.limit),
                source: None,
            }),
        }
    }
}

impl Provider for TimeLimit {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        self.limited("negotiate", self.inner.filter()).await
    }

    fn forget(&self) {
        self.inner.forget();
    }

    fn expect(&self, expected: Vec<Expected>) {
        self.inner.expect(expected);
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.limited("list records", self.inner.records()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.limited("adjust endpoints", self.inner.adjust(desired))
            .await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        self.limited("apply changes", self.inner.apply(changes))
            .await
    }
}
