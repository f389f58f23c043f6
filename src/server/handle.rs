//! The border between transports and the core: bytes with who sent them go in, bytes come out.
//!
//! A transport fills slots, calls [`Handle::handle`] once for a batch and sends what it finds.
//! Invariant: a handler never blocks and never waits, so that a transport may call it from a loop
//! that serves everybody.

use std::sync::Arc;
use std::time::Instant;

use crate::slot::Slot;

/// Answers requests; one per thread, with whatever state the thread keeps to itself.
pub trait Handle: Send {
    /// Answers a batch in place: sets the `reply_len` of each slot, 0 where nothing is sent.
    ///
    /// `now` was read once for the whole batch.
    fn handle(&mut self, slots: &mut [Slot], now: Instant);
}

/// Makes handlers: one per worker, and a fresh one after a panic.
///
/// A trait object, since a batch costs one indirect call and transports are compiled once.
pub type MakeHandler = Arc<dyn Fn() -> Box<dyn Handle> + Send + Sync>;
