//! Catalog zones (RFC 9432): a zone that lists zones, so that secondaries know what to follow.
//!
//! ```text
//! our zones ─→ write ─→ records of a catalog ─ transfer ─→ read ─→ members ─→ plan ─→ whom to follow
//! ```
//!
//! Invariants: what is written is read back as it was. A catalog that breaks a rule gives no members
//! at all, so whoever reads it stays with what an earlier version said. Nothing here knows sockets,
//! files or a clock.

mod plan;
mod read;
mod write;

use std::collections::BTreeMap;

use wire::Name;

pub use plan::{Followed, Held, plan};
pub use read::{Broken, read};
pub use write::{TooLong, write};

/// What a catalog lists, by zone in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The members.
    pub members: BTreeMap<Name, Member>,
}

/// What a catalog says of a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The label that stands for it; another one says that the zone begins anew (RFC 9432 §5.6).
    pub id: Vec<u8>,
    /// Groups that it belongs to (RFC 9432 §4.4.2), sorted.
    pub groups: Vec<Vec<u8>>,
    /// The catalog that may take it over (RFC 9432 §4.4.1).
    pub heir: Option<Name>,
}

/// The label below which members stand.
const ZONES: &[u8] = b"zones";

/// The label of the version of the rules.
const VERSION: &[u8] = b"version";

/// The only version there is.
const CURRENT: &[u8] = b"2";

/// The label of a change of ownership.
const HEIR: &[u8] = b"coo";

/// The label of groups.
const GROUP: &[u8] = b"group";

#[cfg(test)]
mod tests;
