//! What feeds the index: from a cluster's watches or from files, in one form.

use crate::object::{DecodeError, Key, Kind, Object};

/// One thing that happened to the objects of a kind.
#[derive(Debug)]
pub enum Event {
    /// A list begins: objects that are not named before its end are gone.
    Begin(Kind),
    /// An object as it is now.
    Apply(Object),
    /// An object is gone.
    Delete(Kind, Key),
    /// An object that cannot be read; it stays as it was.
    Unreadable(Kind, Key, DecodeError),
    /// The list is whole.
    End(Kind),
    /// The list ends, but something in it could not be read: nothing is swept.
    Partial(Kind),
    /// How the kind's watch fares, whenever that changes.
    Health(Kind, Health),
}

/// How the watch of a kind fares.
#[derive(Debug)]
pub enum Health {
    /// What is known is what there is.
    Following,
    /// The server has no such resource, so there are no objects of it. It is asked again now and
    /// then.
    Absent,
    /// It does not go on. The objects stay as they were last seen, and it is tried again.
    Failing {
        /// Whether someone has to do something about it: a right is missing.
        denied: bool,
        /// What went wrong.
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
}
