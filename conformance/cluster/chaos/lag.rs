//! How late this machine lets a thread go on: so much later than a program writes may it be seen to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, park_timeout, spawn};
use std::time::{Duration, Instant};

/// A thread that looks, until it is asked.
pub(super) struct Lag {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Lag {
    pub(super) fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = spawn(move || {
            let mut most = Duration::ZERO;
            while !ends.load(Relaxed) {
                let begin = Instant::now();
                park_timeout(STEP);
                most = most.max(begin.elapsed().saturating_sub(STEP));
            }
            most
        });
        Self { over, thread }
    }

    /// The longest time that it was late by.
    pub(super) fn end(self) -> Duration {
        self.over.store(true, Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

const STEP: Duration = Duration::from_millis(5);
