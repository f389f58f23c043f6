//! Who may ask a primary now: attempts hold connections and whole zones, and there may be thousands of
//! zones.
//!
//! ```text
//! primary answered last time → its own turns, then those of all
//! primary was silent → the few turns of all that are silent, so that zones of others do not wait
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The turns of one primary, whichever zones it has.
#[derive(Debug)]
pub(super) struct Turns {
    own: Semaphore,
    /// Whether it did not answer in time when it was asked last.
    silent: AtomicBool,
}

/// A turn; the next one may begin when this is dropped.
pub(super) struct Turn<'t> {
    _own: Option<SemaphorePermit<'t>>,
    _all: Option<SemaphorePermit<'static>>,
}

impl Turns {
    /// The turns of the primary at an address.
    pub(super) fn of(address: SocketAddr) -> Arc<Self> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = known.entry(address).or_insert_with(|| {
            Arc::new(Self {
                own: Semaphore::new(OF_ONE),
                silent: AtomicBool::new(false),
            })
        });
        Arc::clone(turns)
    }

    /// Waits for a turn.
    pub(super) async fn take(&self) -> Turn<'_> {
        if !self.silent.load(Relaxed) {
            let own = self.own.acquire().await.ok();
            // Those before us may have found out.
            if !self.silent.load(Relaxed) {
                let all = ALL.acquire().await.ok();
                return Turn {
                    _own: own,
                    _all: all,
                };
            }
        }
        let all = SILENT.acquire().await.ok();
        Turn {
            _own: None,
            _all: all,
        }
    }

    /// Notes whether it has answered.
    pub(super) fn note(&self, silent: bool) {
        self.silent.store(silent, Relaxed);
    }
}

/// All primaries that zones are or were followed from: those of the settings.
static KNOWN: LazyLock<Mutex<HashMap<SocketAddr, Arc<Turns>>>> = LazyLock::new(Mutex::default);

/// Attempts at once, at all primaries, at one, and at all that are silent.
static ALL: Semaphore = Semaphore::const_new(32);
const OF_ONE: usize = 8;
static SILENT: Semaphore = Semaphore::const_new(8);

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// A turn, if there is one at once.
    fn at_once(turns: &Turns) -> Option<Turn<'_>> {
        let mut turn = pin!(turns.take());
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[test]
    fn primaries_that_are_silent_leave_turns_to_others() {
        let [one, other, third] = [1, 2, 3].map(|port| Turns::of(([192, 0, 2, 1], port).into()));
        assert!(Arc::ptr_eq(&one, &Turns::of(([192, 0, 2, 1], 1).into())));
        let mut held: Vec<Turn<'_>> = std::iter::from_fn(|| at_once(&one)).collect();
        assert_eq!(held.len(), OF_ONE);
        held.extend(at_once(&other));
        assert_eq!(held.len(), OF_ONE + 1);
        for turns in [&one, &third] {
            turns.note(true);
        }
        let silent: Vec<Turn<'_>> = std::iter::from_fn(|| at_once(&third)).collect();
        assert_eq!(silent.len(), 8);
        assert!(at_once(&one).is_none());
        held.extend(at_once(&other));
        assert_eq!(held.len(), OF_ONE + 2);
        drop(silent);
        held.clear();
        one.note(false);
        assert!(at_once(&one).is_some());
    }
}
