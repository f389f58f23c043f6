//! Flags of records in memory, for trials.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider inmemory",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::repeated("inmemory-zone", "NAME", "").says("A zone that there is from the start", "")
    ],
};
