//! The UDP path: a thread with a socket of its own that receives, answers and sends in batches.
//!
//! ```text
//! receive ≤ 32 ─→ sort out ─→ PROXY ─→ Handle::handle ─→ send ─→ count
//! ```
//!
//! Invariants: nothing is allocated or locked between receiving and sending, the clock is read once
//! a batch, and sending never waits. A request that makes the core panic costs itself alone: the
//! others of its batch are answered one by one, by a fresh handler.

mod options;
mod worker;

#[cfg(test)]
mod tests;

pub use options::UdpOptions;
pub(crate) use worker::{PAUSE, Shared, Worker};
