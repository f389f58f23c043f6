//! Names on their way from events to one destination: each once, with the time of its first event.
//!
//! A destination that has looked at none yet looks at all of them, so none is kept until then: a
//! first sync is not to be a list of all names once more.

use std::collections::{BTreeMap, BTreeSet};

use plan::RowName;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Names that a destination has to look at.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// None as long as all names wait.
    names: std::sync::Mutex<Option<BTreeMap<RowName, Instant>>>,
    /// Names that were taken last, until they are done.
    taken: std::sync::Mutex<BTreeSet<RowName>>,
    wake: Notify,
}

impl Pending {
    /// Takes what there is, each name with the time that its first event came at; nothing while all
    /// names wait. From now on those are kept that come.
    pub(super) fn take(&self) -> BTreeMap<RowName, Instant> {
        let names = self.names().replace(BTreeMap::new()).unwrap_or_default();
        *self.taken() = names.keys().cloned().collect();
        names
    }

    /// What was taken is done, or waits again.
    pub(super) fn done(&self) {
        self.taken().clear();
    }

    /// Whether a name waits, or is being looked at. That all do is not said of each.
    pub(super) fn has(&self, name: &RowName) -> bool {
        let waits = (self.names().as_ref()).is_some_and(|names| names.contains_key(name));
        waits || self.taken().contains(name)
    }

    fn names(&self) -> std::sync::MutexGuard<'_, Option<BTreeMap<RowName, Instant>>> {
        self.names
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeSet<RowName>> {
        self.taken
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Adds names that an event at this time touched, to be looked at soon.
    pub(super) fn add(&self, names: impl IntoIterator<Item = RowName>, came: Instant) {
        if let Some(known) = &mut *self.names() {
            for name in names {
                known.entry(name).or_insert(came);
            }
        }
        self.wake.notify_one();
    }

    /// Waits for names, or for another reason to look.
    pub(super) async fn wait(&self) {
        self.wake.notified().await;
    }

    /// How many names wait.
    pub(super) fn len(&self) -> usize {
        self.names().as_ref().map_or(0, BTreeMap::len)
    }

    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}
