//! Watches of a cluster: each kind is listed, then followed, for ever.
//!
//! ```text
//! API server ─HTTP→ frames (one object at a time) → decode, trimmed → events → index
//! ```
//!
//! The one place that knows HTTP. A list is handed on object by object between [`Event::Begin`] and
//! [`Event::End`], so no list is held whole, and half a list is never taken for a whole one: without
//! its end nothing is swept. Nothing here ends the process; what goes wrong is said in
//! [`Event::State`] and tried again.

mod client;
mod failure;
mod follow;
mod frames;
mod report;
mod resource;

use crate::{Key, Kind, Object};

pub use client::{ConnectError, Connection, connect};
pub use failure::{Failure, Refusal};
pub use follow::{Pace, Scope, Watch};
pub use frames::FrameError;
pub use report::{Report, Reporter};
pub use resource::Resource;

/// What a watch tells the index.
#[derive(Debug)]
pub enum Event {
    /// A list begins: objects that are not named before its end are gone.
    Begin(Kind),
    /// An object as it is now.
    Apply(Object),
    /// An object is gone.
    Delete(Kind, Key),
    /// An object that cannot be read; it stays as it was.
    Unreadable(Kind, Key, crate::DecodeError),
    /// The list is whole.
    End(Kind),
    /// How the watch fares, whenever that changes.
    State(Kind, State),
}

/// How the watch of a kind fares.
#[derive(Debug)]
pub enum State {
    /// It follows the server.
    Following,
    /// The server has no such resource, so there are no objects of it. Asked again now and then.
    Absent,
    /// It does not go on; the objects stay as they were last seen, and it is tried again.
    Failing(Failure),
}
