//! Watches of a cluster: each kind is listed, then followed, for ever.
//!
//! ```text
//! API server ─HTTP→ frames (one object at a time) → decode, trimmed → events → index
//! ```
//!
//! The one place that knows HTTP. A list is handed on object by object between [`Event::Begin`] and
//! [`Event::End`], so no list is held whole, and half a list is never taken for a whole one: without
//! its end nothing is swept. Nothing here ends the process; what goes wrong is said in
//! [`Event::Health`] and tried again.
//!
//! [`Event::Begin`]: crate::Event::Begin
//! [`Event::End`]: crate::Event::End
//! [`Event::Health`]: crate::Event::Health

mod body;
mod change;
mod client;
mod failure;
mod follow;
mod frames;
mod proxy;
mod report;
mod resource;
mod shape;
mod subject;
#[cfg(test)]
mod tests;
mod way;

pub use client::{Link, connect};
pub use failure::{Failure, Refusal, Rule};
pub use follow::Watch;
pub use frames::FrameError;
pub use report::{Report, Reporter, micro_time};
pub use resource::{Resource, encode};
pub use subject::{Decode, Pace, Scope, Subject};
pub use way::{ConnectError, Connection};
