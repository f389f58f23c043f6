//! Reads all, writes nothing.

use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, Expected, Provider, ProviderError,
};

/// A provider whose changes are not made.
pub struct DryRun(pub Box<dyn DynProvider>);

impl Provider for DryRun {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        self.0.filter().await
    }

    fn forget(&self) {
        self.0.forget();
    }

    fn expect(&self, expected: Vec<Expected>) {
        self.0.expect(expected);
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.adjust(desired).await
    }

    async fn apply(&self, _changes: &ChangeSet) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }
}
