//! Labels kept outside the zones: put on what is listed, kept with what is changed.
//!
//! ```text
//! records: load (when it is due) → the provider's listing → labels put on
//! apply:   claim → refused: names of others ┐
//!                └ the provider's own apply ┴→ settle, or fail
//! ```
//!
//! What is claimed before it is made is ours after a crash in between, and labels go after their
//! record. Whatever goes wrong, all that is kept is loaded anew before the next listing.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plan::filter::DomainFilter;
use plan::group::GroupKey;
use plan::registry::KeptLabels;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, ErrorKind, Expected, KeptChange,
    LabelStore, Provider, ProviderError, RowName,
};
use tokio::time::Instant;

/// A provider whose records have their labels elsewhere.
pub struct Kept<S> {
    inner: Box<dyn DynProvider>,
    store: S,
    known: Mutex<Known>,
    begin: Instant,
}

/// What is known, and since when.
#[derive(Debug)]
struct Known {
    labels: KeptLabels,
    /// When it was loaded; none if it is to be loaded before the next listing.
    loaded: Option<Instant>,
}

impl<S: LabelStore> Kept<S> {
    /// Keeps the labels of a provider's records in a store. `labels` has not loaded anything yet.
    #[must_use]
    pub fn new(inner: Box<dyn DynProvider>, store: S, labels: KeptLabels) -> Self {
        Self {
            inner,
            store,
            known: Mutex::new(Known {
                labels,
                loaded: None,
            }),
            begin: Instant::now(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What it holds is whole between any two statements.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<(), ProviderError> {
        let stands = self.store.stands();
        let loaded = self.known().loaded;
        if loaded.is_some_and(|at| at.elapsed() < stands) {
            return Ok(());
        }
        let kept = self.store.load().await?;
        let mut known = self.known();
        known.labels.load(kept);
        known.loaded = Some(Instant::now());
        Ok(())
    }

    /// Claims what is to be made; tells whose names belong to others.
    async fn claim(&self, claims: &mut Vec<KeptChange>) -> Result<Refused, ProviderError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.store.claim(claims).await?;
        let (mut names, mut refused) = (BTreeSet::new(), Vec::new());
        for (place, owner) in &taken {
            let Some(claim) = claims.get(*place) else {
                continue;
            };
            let name = RowName::new(&claim.endpoint.name);
            if names.insert(name.clone()) {
                refused.push((name.as_str().into(), self.belongs(&claim.endpoint, owner)));
            }
        }
        let mut places = 0..;
        claims.retain(|_| {
            let place = places.next();
            !taken.iter().any(|(taken, _)| Some(*taken) == place)
        });
        // What goes together is refused together; what was claimed of it is dropped in time.
        self.known().labels.claimed(claims);
        claims.retain(|claim| !names.contains(&RowName::new(&claim.endpoint.name)));
        Ok(refused)
    }

    fn belongs(&self, endpoint: &Endpoint, owner: &str) -> ProviderError {
        let (name, rtype, registry) = (&endpoint.name, endpoint.rtype, self.store.name());
        ProviderError {
            kind: ErrorKind::Rejected,
            provider: self.inner.name(),
            operation: "claim records",
            message: format!(
                "{name} {rtype} belongs to \"{owner}\" in the registry \"{registry}\""
            ),
            source: None,
        }
    }

    async fn write(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let mut claims = self.known().labels.claims(changes);
        let mut refused = self.claim(&mut claims).await?;
        let wanted = without(changes.clone(), &refused);
        let own = self.known().labels.without_adoptions(wanted.clone());
        if !own.is_empty() {
            match self.inner.apply(&own).await {
                Ok(mut applied) => {
                    for (name, error) in &applied.refused {
                        let name = RowName::new(name);
                        let is_of = |claim: &KeptChange| RowName::new(&claim.endpoint.name) == name;
                        let failed: Vec<_> = claims.extract_if(.., |claim| is_of(claim)).collect();
                        self.store.fail(&failed, error).await;
                    }
                    refused.append(&mut applied.refused);
                }
                Err(error) => {
                    self.store.fail(&claims, &error).await;
                    return Err(error);
                }
            }
        }
        let made = without(wanted, &refused);
        let settled = self.known().labels.settled(&made);
        if !settled.is_empty() {
            self.store.settle(&settled).await?;
            self.known().labels.keep(&settled);
        }
        Ok(Applied { refused })
    }
}

impl<S: LabelStore> Provider for Kept<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn expect(&self, expected: Vec<Expected>) {
        self.inner.expect(expected);
    }

    fn forget(&self) {
        self.known().loaded = None;
        self.inner.forget();
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        self.inner.filter().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.load().await?;
        let records = self.inner.records().await?;
        let now: Duration = self.begin.elapsed();
        Ok(self.known().labels.read(records, now))
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.inner.adjust(desired).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        // Also if this is given up in the middle.
        let loaded = self.known().loaded.take();
        let applied = self.write(changes).await?;
        let mut known = self.known();
        // What went wrong before this is not made good by it.
        known.loaded = loaded;
        Ok(applied)
    }
}

/// Names that are refused, and why.
type Refused = Vec<(Box<str>, ProviderError)>;

/// Changes without those of refused names.
fn without(mut changes: ChangeSet, refused: &Refused) -> ChangeSet {
    if refused.is_empty() {
        return changes;
    }
    let names: BTreeSet<RowName> = refused.iter().map(|(name, _)| RowName::new(name)).collect();
    let stays = |endpoint: &Endpoint| !names.contains(&GroupKey::of(endpoint).name);
    changes.create.retain(stays);
    changes.update.retain(|update| stays(&update.new));
    changes.delete.retain(stays);
    changes
}

#[cfg(test)]
mod tests;
