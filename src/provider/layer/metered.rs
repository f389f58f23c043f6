//! Counts calls, failures and time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, Expected, Provider, ProviderError,
};

/// What was counted, by kind of call. Shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Meter {
    /// Listings.
    pub records: Calls,
    /// Adjustments.
    pub adjust: Calls,
    /// Change sets.
    pub apply: Calls,
}

/// Calls of one kind.
#[derive(Debug, Default)]
pub struct Calls {
    requests: AtomicU64,
    errors: AtomicU64,
    microseconds: AtomicU64,
}

impl Calls {
    /// How many were made.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// How many of them went wrong.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// How long they took in all, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        // Exact up to 285 years of calls.
        #[expect(clippy::cast_precision_loss, reason = "as said above")]
        let microseconds = self.microseconds.load(Relaxed) as f64;
        microseconds / 1e6
    }

    async fn count<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let begin = Instant::now();
        let result = call.await;
        let took = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.requests.fetch_add(1, Relaxed);
        self.errors.fetch_add(result.is_err().into(), Relaxed);
        self.microseconds.fetch_add(took, Relaxed);
        result
    }
}

/// A provider whose calls are counted.
pub struct Metered {
    inner: Box<dyn DynProvider>,
    meter: Arc<Meter>,
}

impl Metered {
    /// Counts the calls of a provider.
    #[must_use]
    pub fn new(inner: Box<dyn DynProvider>, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl Provider for Metered {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        self.inner.filter().await
    }

    fn forget(&self) {
        self.inner.forget();
    }

    fn expect(&self, expected: Vec<Expected>) {
        self.inner.expect(expected);
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.meter.records.count(self.inner.records()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.meter.adjust.count(self.inner.adjust(desired)).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        self.meter.apply.count(self.inner.apply(changes)).await
    }
}
