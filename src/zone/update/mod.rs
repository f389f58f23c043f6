//! What an UPDATE (RFC 2136) would do to a zone: pure, and for one version of it.
//!
//! ```text
//! prerequisites on what shows ─→ operations, one after the other, on a copy of the names they touch
//!    ─→ what differs ─→ changes of the dynamic layer, or of the override layer by a grant
//! ```
//!
//! All or nothing: what is refused changes nothing. Wildcards and delegations mean nothing here.

mod effect;
mod names;
mod prerequisite;

use wire::update::Update;
use wire::{NameRef, Rcode, Rtype, Serial};

use crate::writer::{Change, ZoneWriter};

use names::Names;

/// What an UPDATE does to a zone.
#[derive(Debug, Default)]
pub struct Effect {
    /// The changes of layers; without any the zone is as the client wants it.
    pub changes: Vec<Change>,
    /// The serial the client asks for.
    pub serial: Option<Serial>,
}

impl Effect {
    /// Whether the zone is already as the client wants it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.serial.is_none()
    }
}

/// Why an UPDATE is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What the client is told.
    pub rcode: Rcode,
    /// What the log is told.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(rcode: Rcode, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { rcode, reason }
    }
}

/// Says whether the client may put an RRset of its own above that of another layer.
pub type TakeOver<'a> = &'a dyn Fn(NameRef<'_>, Rtype) -> bool;

/// What an UPDATE would do to this version of a zone.
///
/// # Errors
/// A prerequisite does not hold, or something is not allowed or too much.
pub(crate) fn evaluate(
    zone: &ZoneWriter,
    update: &Update,
    may_take_over: TakeOver<'_>,
) -> Result<Effect, Refusal> {
    prerequisite::check(&zone.zone, &update.prerequisites)?;
    let mut names = Names::new(&zone.zone);
    for operation in &update.operations {
        names.apply(operation)?;
    }
    effect::of(zone, names, may_take_over)
}

/// The most records of one type at one name that updates make.
const MOST_RECORDS: usize = 100;

/// The most types at one name that updates make.
const MOST_TYPES: usize = 100;

#[cfg(test)]
mod tests;
