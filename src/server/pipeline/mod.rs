//! The one way from a request to its answer, whatever transport it came over.
//!
//! ```text
//! header → acl → opcode → question → EDNS, cookie → query → OPT → rate limit
//! ```
//!
//! A batch goes through in passes, so that the memory a question needs is under way while others
//! are read: all requests are parsed, then all zones and pages are touched, then all answers are
//! written. Invariants: one snapshot a batch, none held between batches; no allocation, no lock and
//! no clock for an ordinary question.

mod core;
mod reply;
mod worker;

pub use self::core::{Core, CoreOptions};
pub use worker::{MAX_BATCH, Worker};

#[cfg(test)]
mod tests;
