//! Flags of DigitalOcean.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider digitalocean",
    scope: Scope::Destination,
    built: true,
    flags: &[Flag::number("digitalocean-api-page-size", "50")
        .says("Items in one page of a list, at most 200", "")],
};
