//! What the engine tells of an object that an event touched.

use plan::{Contributor, Endpoint};

use crate::Problem;
use crate::object::{Key, Kind};

/// What an object asks for now.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The object as the planner knows it.
    pub contributor: Contributor,
    /// The kind of the object.
    pub kind: Kind,
    /// The object.
    pub key: Key,
    /// What it asks for; nothing if it is gone.
    pub endpoints: Vec<Endpoint>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// It hangs on an object that could never be read, so it may ask for more than this: nothing of
    /// what it had is to be taken away.
    pub doubtful: bool,
}
