//! Flags of Google Cloud DNS.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider google",
    scope: Scope::Destination,
    built: false,
    flags: &[
        Flag::once("google-project", "TEXT", "").says("The project", ""),
        Flag::number("google-batch-change-size", "1000").says("Changes in a piece", ""),
        Flag::duration("google-batch-change-interval", "1s").says("Time between pieces", ""),
        Flag::once("google-zone-visibility", "public|private", "")
            .words(&["", "public", "private"])
            .says("Only public or only private zones", ""),
    ],
};
