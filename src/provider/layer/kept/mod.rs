//! Labels kept outside the zones: put on what is listed, kept with what is changed.
//!
//! ```text
//! records: load (when it is due) → the provider's listing → labels put on
//! apply:   claim → refused: names of others ┐
//!                └ the provider's own apply ┴→ settle; refuse what was not made, or fail
//! ```
//!
//! What is claimed before it is made is ours after a crash in between, and labels go after their
//! record. What is claimed and was not made is not ours, whoever makes it. Whatever goes wrong, all that
//! is kept is loaded anew before the next listing.

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

use crate::exec::is_undone;

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

    /// Claims what is to be made and what is to go; tells whose names belong to others.
    async fn claim(&self, claims: &mut Claims) -> Result<Refused, ProviderError> {
        let all: Vec<KeptChange> = claims.made.iter().chain(&claims.gone).cloned().collect();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.store.claim(&all).await?;
        let (mut names, mut refused) = (BTreeSet::new(), Refused::new());
        for (place, owner) in &taken {
            let Some(claim) = all.get(*place) else {
                continue;
            };
            let name = RowName::new(&claim.endpoint.name);
            if names.insert(name.clone()) {
                refused.push((name.as_str().into(), self.belongs(&claim.endpoint, owner)));
            }
        }
        let taken: BTreeSet<usize> = taken.into_iter().map(|(place, _)| place).collect();
        let claimed = all.into_iter().enumerate();
        let claimed = claimed.filter(|(place, _)| !taken.contains(place));
        let claimed: Vec<KeptChange> = claimed.map(|(_, claim)| claim).collect();
        self.known().labels.claimed(&claimed);
        // What goes together is refused together.
        let mut places = 0..;
        claims
            .made
            .retain(|_| places.next().is_some_and(|place| !taken.contains(&place)));
        for (name, error) in &refused {
            let failed = claims.take_of(name);
            self.refuse(claims, failed, error).await;
        }
        Ok(refused)
    }

    /// Drops what was claimed of records that were not made.
    async fn refuse(&self, claims: &mut Claims, failed: Vec<KeptChange>, error: &ProviderError) {
        if failed.is_empty() {
            return;
        }
        self.known().labels.refused(&failed);
        if let Err(error) = self.store.refuse(&failed, error).await {
            let (registry, error) = (self.store.name(), crate::client::chain(&error));
            tracing::debug!(registry, error, "claims of records that were not made stay");
            claims.stay = true;
        }
    }

    /// Whether nothing of a name was made, if the destination has refused it for this reason.
    fn is_untouched(&self, changes: &ChangeSet, name: &str, error: &ProviderError) -> bool {
        let name = RowName::new(name);
        let old = changes.update.iter().map(|update| &update.old);
        let all = changes.create.iter().chain(old).chain(&changes.delete);
        let of_name = all.filter(|endpoint| RowName::new(&endpoint.name) == name);
        // Where one call follows another, some of several are made.
        is_undone(error.kind) && (self.inner.capabilities().atomic || of_name.count() == 1)
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

    /// Makes changes. Tells too whether all that is known is what is kept.
    async fn write(&self, changes: &ChangeSet) -> Result<(Applied, bool), ProviderError> {
        let mut claims = {
            let labels = &self.known().labels;
            Claims {
                made: labels.claims(changes),
                gone: labels.releases(changes),
                stay: false,
            }
        };
        let mut refused = self.claim(&mut claims).await?;
        let wanted = without(changes.clone(), &refused);
        let own = self.known().labels.without_adoptions(wanted.clone());
        if !own.is_empty() {
            match self.inner.apply(&own).await {
                Ok(mut applied) => {
                    for (name, error) in &applied.refused {
                        let failed = claims.take_of(name);
                        match self.is_untouched(&own, name, error) {
                            true => self.refuse(&mut claims, failed, error).await,
                            false => self.store.fail(&failed, error).await,
                        }
                    }
                    refused.append(&mut applied.refused);
                }
                Err(error) => {
                    // Some of it may be made.
                    self.store.fail(&claims.made, &error).await;
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
        Ok((Applied { refused }, !claims.stay))
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
        let (applied, is_kept) = self.write(changes).await?;
        let mut known = self.known();
        // What went wrong before this is not made good by it.
        known.loaded = loaded.filter(|_| is_kept);
        Ok(applied)
    }
}

/// What was written down before a destination is changed.
#[derive(Debug)]
struct Claims {
    /// What is to be made or adopted.
    made: Vec<KeptChange>,
    /// What is to go.
    gone: Vec<KeptChange>,
    /// Whether some of it was to be dropped, and could not be.
    stay: bool,
}

impl Claims {
    /// Takes out what is to be made of a name.
    fn take_of(&mut self, name: &str) -> Vec<KeptChange> {
        let name = RowName::new(name);
        let is_of = |claim: &mut KeptChange| RowName::new(&claim.endpoint.name) == name;
        self.made.extract_if(.., is_of).collect()
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
