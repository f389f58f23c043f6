//! The journal of zones as a log of objects in the API server.
//!
//! ```text
//! entries of a group → one ZoneJournal object a zone, numbered, never changed → durable
//! many entries → what they come to: ZoneCheckpoint objects, whole or void → older objects go
//! a new leader: entries, then checkpoints, are read → an entry at the next number, the fence → it writes
//! ```
//!
//! Invariants: a number is taken once, by whoever's creation the server took; so a creation that
//! succeeds behind the fence of a later leader is impossible, and one before it is read by that leader.
//! No request that writes begins after [`Term::may_write`](crate::Term::may_write) says no. An entry goes
//! only when a checkpoint that covers it is whole. Without a leader's term nothing is taken.

mod error;
mod fold;
mod item;
mod journal;
mod name;
mod objects;
mod open;
mod served;
mod state;
#[cfg(test)]
mod tests;
mod worker;
mod write;

pub use error::LogError;
pub(crate) use item::{GROUP, LOG_LABEL, VERSION};
pub use journal::ObjectLog;
pub(crate) use name::{label, stem};
pub use open::{Ahead, Opened};
pub use served::LogOptions;
