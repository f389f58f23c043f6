//! What waits to be written to the cluster, and what came of the rest.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plan::ObjectRef;
use source::object::Key;
use tokio::sync::Notify;
use tokio::sync::mpsc::Receiver;

/// Where what is told comes out.
#[derive(Debug)]
pub(in crate::app::sync) struct Outbox {
    pub(super) events: Receiver<Event>,
    pub(super) told: Arc<Told>,
}

/// An Event to write.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) object: Arc<ObjectRef>,
    pub(super) reason: &'static str,
    pub(super) action: &'static str,
    pub(super) warning: bool,
    pub(super) note: String,
}

/// Statuses that wait, and what came of all that was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The version of each DNSEndpoint that was seen and whose status does not say so.
    statuses: Mutex<BTreeMap<Key, i64>>,
    pub(super) wake: Notify,
    written: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
    /// Why the last one was not written; none if it was.
    refusal: Mutex<Option<String>>,
}

impl Told {
    /// How much was written, refused and dropped.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("written", self.written.load(Relaxed)),
            ("refused", self.refused.load(Relaxed)),
            ("dropped", self.dropped.load(Relaxed)),
        ]
    }

    /// Why the last status or Event was not written; none if it was.
    pub(crate) fn refusal(&self) -> Option<String> {
        let refusal = self.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A status has to be written.
    pub(super) fn add(&self, key: Key, generation: i64) {
        self.statuses().insert(key, generation);
        self.wake.notify_one();
    }

    /// The status of an object is as it should be, or the object is gone.
    pub(super) fn forget(&self, key: &Key) {
        self.statuses().remove(key);
    }

    /// The status to be written next: that of the object after this one, all of them in turn.
    pub(super) fn after(&self, last: Option<&Key>) -> Option<(Key, i64)> {
        let statuses = self.statuses();
        let next = last.and_then(|last| {
            let later = (Bound::Excluded(last), Bound::Unbounded);
            statuses.range::<Key, _>(later).next()
        });
        let (key, generation) = next.or_else(|| statuses.first_key_value())?;
        Some((key.clone(), *generation))
    }

    /// A status was written, and need not be again unless the object has changed meanwhile.
    pub(super) fn settle(&self, key: &Key, generation: i64) {
        let mut statuses = self.statuses();
        if statuses.get(key) == Some(&generation) {
            statuses.remove(key);
        }
    }

    /// How many statuses wait.
    pub(crate) fn waiting(&self) -> usize {
        self.statuses().len()
    }

    /// Something was written.
    pub(super) fn write(&self) {
        self.written.fetch_add(1, Relaxed);
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Something was not written. Tells whether the reason is news.
    pub(super) fn refuse(&self, reason: &str) -> bool {
        self.refused.fetch_add(1, Relaxed);
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.replace(reason.to_owned()).is_none()
    }

    /// An Event found no place. Tells whether it is the first one.
    pub(super) fn drop_one(&self) -> bool {
        self.dropped.fetch_add(1, Relaxed) == 0
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<Key, i64>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_waits_until_the_last_version_is_written() {
        let told = Told::default();
        let [a, b] = ["a", "b"].map(|name| Key::new("default", name));
        for (key, generation) in [(&b, 1), (&a, 1), (&a, 2)] {
            told.add(key.clone(), generation);
        }
        assert_eq!(told.after(None), Some((a.clone(), 2)));
        assert_eq!(told.after(Some(&a)), Some((b.clone(), 1)));
        assert_eq!(told.after(Some(&b)), Some((a.clone(), 2)));
        told.settle(&a, 1);
        assert_eq!(told.waiting(), 2, "it has changed meanwhile");
        told.settle(&a, 2);
        told.forget(&b);
        assert_eq!(told.after(Some(&a)), None);
    }

    #[test]
    fn a_reason_is_news_until_something_is_written() {
        let told = Told::default();
        assert!(told.refuse("403") && !told.refuse("403"));
        assert_eq!(told.refusal().as_deref(), Some("403"));
        told.write();
        assert_eq!(told.refusal(), None);
        assert!(told.refuse("403"));
        assert_eq!(
            told.counts(),
            [("written", 1), ("refused", 3), ("dropped", 0)]
        );
    }
}
