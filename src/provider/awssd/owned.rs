//! Who owns a record, in the description of its service: the registry aws-sd.
//!
//! External-dns 0.22 keeps labels there as the text of its ownership TXT, without quotes. Here they
//! come with the listing and go with the changes; who is to own what the registry of the plan says.

use std::sync::PoisonError;

use plan::filter::DomainFilter;
use plan::registry::txt::labels;
use plan::{Applied, Capabilities, ChangeSet, Endpoint, Expected, Labels, Provider, ProviderError};

use super::api::CloudMap;
use super::owner::{Acting, DESCRIPTION};
use crate::exec::Executor;

/// Cloud Map, with labels.
pub(super) struct Owned {
    pub(super) inner: Executor<CloudMap>,
    pub(super) acting: Acting,
    /// Whether ownership is kept; else all is ours, and descriptions stay as they are.
    pub(super) keeps: bool,
}

impl Provider for Owned {
    fn name(&self) -> &'static str {
        Provider::name(&self.inner)
    }

    fn capabilities(&self) -> Capabilities {
        Provider::capabilities(&self.inner)
    }

    fn expect(&self, expected: Vec<Expected>) {
        Provider::expect(&self.inner, expected);
    }

    fn forget(&self) {
        Provider::forget(&self.inner);
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        Provider::filter(&self.inner).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        let mut records = Provider::records(&self.inner).await?;
        for record in &mut records {
            let text = record.properties.value(DESCRIPTION);
            let text = text.filter(|_| self.keeps);
            record.labels = text.and_then(labels::from_text).unwrap_or_default();
            record.properties.remove(DESCRIPTION);
        }
        Ok(records)
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        Provider::adjust(&self.inner, desired).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let owner = owner(changes).filter(|_| self.keeps).map(Box::from);
        *self.acting.lock().unwrap_or_else(PoisonError::into_inner) = owner;
        let mut changes = changes.clone();
        let updated = changes.update.iter_mut().map(|update| &mut update.new);
        for made in changes.create.iter_mut().chain(updated) {
            if self.keeps && named(made).is_some() {
                let text = labels::to_text(&made.labels);
                made.properties.set(DESCRIPTION, &text);
            }
        }
        Provider::apply(&self.inner, &changes).await
    }
}

/// Whose changes these are.
fn owner(changes: &ChangeSet) -> Option<&str> {
    let updated = changes.update.iter().map(|update| &update.new);
    let mut all = changes.create.iter().chain(updated).chain(&changes.delete);
    all.find_map(named)
}

/// The owner of an endpoint; without a registry it is an empty one, or none.
fn named(endpoint: &Endpoint) -> Option<&str> {
    let owner = endpoint.labels.value(Labels::OWNER);
    owner.filter(|owner| !owner.is_empty())
}
