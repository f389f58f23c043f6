//! Flags that say what is served.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Zones",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::repeated("zone-file", "[ORIGIN=]PATH", "")
            .says(
                "Serve the zone in this master file",
                "Without ORIGIN the file's name says which zone it is: example.org.zone, db.example.org \
                 and example.org are all zone example.org. Write ORIGIN where the path has a '=' in it. \
                 The file and what it includes are watched: edits are served within milliseconds, and \
                 an edit with a mistake leaves the zone as it was.",
            )
            .common(),
        Flag::repeated("zone-dir", "DIR", "")
            .says(
                "Serve every NAME.zone file in this folder",
                "Files that appear in it are served, zones whose file goes away are no longer. Folders \
                 in it are not looked into. A --zone-file wins over a file here for the same zone.",
            )
            .common(),
        Flag::switch("strict", false)
            .says(
                "Refuse to start if any zone has an error",
                "Without it, a zone with an error is reported and the others are served.",
            )
            .common(),
    ],
};
