//! A word that whoever holds the Lease leaves in it, for those beside it and after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::sync::watch;

/// What we would say as the holder, and what the holder says. Clones are the same.
#[derive(Clone, Debug)]
pub struct Word {
    own: watch::Sender<String>,
    heard: watch::Sender<String>,
    stands_back: Arc<AtomicBool>,
}

impl Word {
    /// Nothing is said or heard yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            own: watch::Sender::new(String::new()),
            heard: watch::Sender::new(String::new()),
            stands_back: Arc::default(),
        }
    }

    /// Says this from the next renewal on, or from the next term.
    pub fn say(&self, word: String) {
        self.own.send_if_modified(|own| {
            let differs = *own != word;
            *own = word;
            differs
        });
    }

    /// What the holder said last, we or another one; it stays when the Lease is let go. Empty where nobody
    /// has said anything.
    #[must_use]
    pub fn heard(&self) -> watch::Receiver<String> {
        self.heard.subscribe()
    }

    /// Whether others may take a free Lease before us: it is taken a Lease's time later then, if it is free
    /// yet.
    pub fn stand_back(&self, stands_back: bool) {
        self.stands_back.store(stands_back, Relaxed);
    }

    pub(super) fn own(&self) -> String {
        self.own.borrow().clone()
    }

    pub(super) fn hear(&self, word: &str) {
        self.heard.send_if_modified(|heard| {
            let differs = heard != word;
            if differs {
                word.clone_into(heard);
            }
            differs
        });
    }

    pub(super) fn stands_back(&self) -> bool {
        self.stands_back.load(Relaxed)
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::new()
    }
}
