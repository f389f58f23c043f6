//! Names on their way from events to one destination: each once, with the time of its first event.

use std::collections::{BTreeMap, BTreeSet};

use plan::RowName;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Names that a destination has to look at.
#[derive(Debug, Default)]
pub(super) struct Pending {
    names: std::sync::Mutex<BTreeMap<RowName, Instant>>,
    /// Names that were taken last, until they are done.
    taken: std::sync::Mutex<BTreeSet<RowName>>,
    wake: Notify,
}

impl Pending {
    /// Takes what there is, each name with the time that its first event came at.
    pub(super) fn take(&self) -> BTreeMap<RowName, Instant> {
        let names = std::mem::take(
            &mut *self
                .names
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        *self.taken() = names.keys().cloned().collect();
        names
    }

    /// What was taken is done, or waits again.
    pub(super) fn done(&self) {
        self.taken().clear();
    }

    /// Whether a name waits, or is being looked at.
    pub(super) fn has(&self, name: &RowName) -> bool {
        let names = self.names.lock();
        let waits = names
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains_key(name);
        waits || self.taken().contains(name)
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeSet<RowName>> {
        self.taken
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Adds names that an event at this time touched, to be looked at soon.
    pub(super) fn add(&self, names: impl IntoIterator<Item = RowName>, came: Instant) {
        let mut known = self
            .names
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for name in names {
            known.entry(name).or_insert(came);
        }
        drop(known);
        self.wake.notify_one();
    }

    /// Waits for names, or for another reason to look.
    pub(super) async fn wait(&self) {
        self.wake.notified().await;
    }

    /// How many names wait.
    pub(super) fn len(&self) -> usize {
        let names = self.names.lock();
        names
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .len()
    }

    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}
