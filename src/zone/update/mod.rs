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
use wire::{Name, NameRef, Rcode, Rtype, Serial};

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

/// Says what a client may do in a zone.
pub trait Permit {
    /// Whether it may change records of this name and type.
    fn may_update(&self, owner: NameRef<'_>, rtype: Rtype) -> bool;

    /// Whether it may put them above those of another layer, besides.
    fn may_take_over(&self, owner: NameRef<'_>, rtype: Rtype) -> bool;
}

/// A client that may change everything, but put nothing above records of another layer.
#[derive(Clone, Copy, Debug)]
pub struct AllButTakeover;

impl Permit for AllButTakeover {
    fn may_update(&self, _: NameRef<'_>, _: Rtype) -> bool {
        true
    }

    fn may_take_over(&self, _: NameRef<'_>, _: Rtype) -> bool {
        false
    }
}

/// What an UPDATE would do to this version of a zone.
///
/// # Errors
/// A prerequisite does not hold, or something is not allowed or too much.
pub(crate) fn evaluate(
    zone: &ZoneWriter,
    update: &Update,
    permit: &dyn Permit,
) -> Result<Effect, Refusal> {
    prerequisite::check(&zone.zone, &update.prerequisites)?;
    let mut names = Names::new(&zone.zone);
    for operation in &update.operations {
        if let Some(rtype) = operation.action.rtype() {
            check_permit(permit, &operation.owner, rtype)?;
        }
        names.apply(operation)?;
    }
    let effect = effect::of(zone, names, permit)?;
    // The deletion of a whole name is of those types that it has.
    for change in &effect.changes {
        check_permit(permit, &change.owner, change.rtype)?;
    }
    Ok(effect)
}

fn check_permit(permit: &dyn Permit, owner: &Name, rtype: Rtype) -> Result<(), Refusal> {
    if permit.may_update(owner.as_ref(), rtype) {
        return Ok(());
    }
    Err(Refusal::new(
        Rcode::REFUSED,
        format!("\"{owner}\" {rtype}: no grant of this client covers it"),
    ))
}

/// The most records of one type at one name that updates make.
const MOST_RECORDS: usize = 100;

/// The most types at one name that updates make.
const MOST_TYPES: usize = 100;

#[cfg(test)]
mod tests;
