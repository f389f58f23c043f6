//! The TCP path: connections that ask one question after the other, with caps on everything.
//!
//! ```text
//! accept ─→ registry (caps, eviction) ─→ connection: (TLS) ─→ read ─→ Pool::answer ─→ write
//! ```
//!
//! Answers come in the order of their questions (RFC 7766 §6.2.1.1 allows it, old clients need it).
//! Invariants: a connection reads nothing while its answers wait to be written; each wait has a
//! deadline that slow bytes do not move; buffers grow with what has arrived, never with what a
//! length promises.

mod accept;
mod connection;
mod options;
mod pool;
mod registry;
mod stream;

#[cfg(test)]
mod tests;

pub(crate) use accept::{Shared, serve};
pub use options::TcpOptions;
