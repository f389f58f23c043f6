//! Packets in and out: transports hand bytes to one core, which answers from the current snapshot.
//!
//! ```text
//! packet → transport → pipeline (acl, cookie, query, rate limit) → transport → packet
//! ```
//!
//! Invariant: no check lives in a transport alone.

pub mod address;
mod clock;
pub mod handle;
pub mod later;
pub mod listen;
pub mod metrics;
pub mod options;
pub mod pipeline;
mod query;
pub mod serve;
pub mod slot;
pub mod stage;
pub mod transport;
mod xfr;

pub use listen::BindError;
pub use options::{Listen, Options};
pub use query::Chaos;
pub use serve::{RunError, Server};
