//! The time that a holder of the Lease has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::clock::boot_time;

/// One time of being the leader. Clones are the same term.
///
/// Invariant: it is over, by a clock that counts sleep, before anybody else can have a later one; its number is
/// above those of all terms before it.
#[derive(Clone, Debug)]
pub struct Term {
    number: u64,
    /// Until when a write may begin, in nanoseconds since the start of the machine; 0 for never again.
    until: Arc<AtomicU64>,
}

impl Term {
    /// A term that is over after this time unless it is extended. [`super::elect()`] makes those of a
    /// Lease; by itself this is for who has no rival.
    #[must_use]
    pub fn begin(number: u64, left: Duration) -> Self {
        let until = boot_time().saturating_add(left);
        Self {
            number,
            until: Arc::new(AtomicU64::new(nanos(until))),
        }
    }

    /// The fencing epoch: how often the Lease has changed hands. Later terms have higher ones.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// For how long writes may still begin; zero when the term is over. A request that is sent now must
    /// have ended within this time or count as lost.
    #[must_use]
    pub fn left(&self) -> Duration {
        let until = Duration::from_nanos(self.until.load(SeqCst));
        until.saturating_sub(boot_time())
    }

    /// Whether a write may begin now. Ask right before each one.
    #[must_use]
    pub fn may_write(&self) -> bool {
        !self.left().is_zero()
    }

    /// Moves the end on. A term that is over stays so.
    pub(super) fn extend(&self, until: Duration) {
        let now = nanos(boot_time());
        let later = |end: u64| (end > now).then(|| end.max(nanos(until)));
        // A term that has ended meanwhile is not brought back.
        let _extended = self.until.fetch_update(SeqCst, SeqCst, later).is_ok();
    }

    /// Ends it at once.
    pub fn end(&self) {
        self.until.store(0, SeqCst);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
