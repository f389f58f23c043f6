//! Flags of Google Cloud DNS.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider google",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("google-project", "TEXT", "")
            .says("Project of the zones; without it that of the machine", ""),
        Flag::number("google-batch-change-size", "1000").says(
            "Additions and deletions in one change at most; 0 is any number",
            "",
        ),
        Flag::duration("google-batch-change-interval", "1s")
            .says("Time between two changes of a zone", ""),
        Flag::once("google-zone-visibility", "public|private", "")
            .words(&["", "public", "private"])
            .says("Only public or only private zones", ""),
    ],
};
