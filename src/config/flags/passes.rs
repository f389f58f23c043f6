//! Flags about when records are compared and written.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Passes",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::duration("interval", "1m").says(
            "Time between full passes",
            "Changes of objects do not wait for one; it repairs what others changed.",
        ),
        Flag::switch("once", false).says("Make one pass and end", ""),
        Flag::switch("dry-run", false).says("Say what would be changed, and change nothing", ""),
        Flag::switch("brake", true).says(
            "Do not hold mass deletes",
            "Held are deletes of more than 20 names and more than 30 % of ours within one --interval; \
             'zonewright brake release' lets go. With --once it is off unless --brake is given.",
        ),
        Flag::switch("events", false).says(
            "Taken for external-dns: objects are always followed",
            "",
        ),
        Flag::repeated("events-emit", "REASON", "none")
            .words(&["RecordReady", "RecordDeleted", "RecordError"])
            .says(
                "Write Kubernetes Events about objects for this reason",
                "RecordReady, RecordDeleted or RecordError.",
            ),
    ],
};
