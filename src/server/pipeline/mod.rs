//! The one way from a request to its answer, whatever transport it came over.
//!
//! ```text
//! header → opcode → question → EDNS, cookie → acl → TSIG ─┬→ query ──→ OPT → rate limit → TSIG
//!                                                         ├→ UPDATE ─→ judged, queued, answered later
//!                                                         ├→ AXFR, IXFR → judged, a stream of messages
//!                                                         └→ NOTIFY ─→ judged, handed to who follows the zone
//! ```
//!
//! Most questions take the short way through the same steps (`quick`), with the same answers.
//!
//! A batch goes through in passes, so that the memory a question needs is under way while others
//! are read: all requests are parsed, then all zones and pages are touched, then all answers are
//! written. Invariants: one snapshot a batch, none held between batches; no allocation, no lock and
//! no clock for an ordinary question.

mod core;
mod judge;
mod notify;
mod quick;
mod reply;
mod signature;
mod transfer;
mod update;
mod worker;

pub use self::core::{Authority, Core, CoreOptions, Updates};
pub use notify::{Came, Following, Heard, Then};
pub use worker::{MAX_BATCH, Worker};

#[cfg(test)]
mod tests;
