//! Packets in and out: transports hand bytes to one core, which answers from the current snapshot.
//!
//! ```text
//! packet → transport → pipeline (acl, cookie, query, rate limit) → transport → packet
//! ```
//!
//! Invariant: no check lives in a transport alone.

pub mod address;
pub mod handle;
pub mod metrics;
pub mod slot;
pub mod stage;
