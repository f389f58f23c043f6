//! Flags that shape answers.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Answers",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::once("edns-size", "BYTES", "1232").says(
            "Largest UDP answer, and the size we offer to take",
            "From 512 to 4096. Larger answers are truncated and come by TCP.",
        ),
        Flag::once("nsid", "TEXT", "").says(
            "Identify this server to clients that ask (NSID, RFC 5001)",
            "Text, or bytes as 0x and hexadecimal digits.",
        ),
        Flag::once("version-bind", "TEXT", "").says(
            "What version.bind CH TXT answers; without it, REFUSED",
            "Also for version.server.",
        ),
        Flag::once("hostname-bind", "TEXT", "")
            .says("What hostname.bind CH TXT answers; without it, REFUSED", ""),
        Flag::once("id-server", "TEXT", "")
            .says("What id.server CH TXT answers; without it, REFUSED", ""),
    ],
};
