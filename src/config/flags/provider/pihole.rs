//! Flags of Pi-hole.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider pihole",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("pihole-server", "URL", "").says("URL of Pi-hole", ""),
        Flag::once("pihole-password", "TEXT", "")
            .secret()
            .says("Its application password", ""),
        Flag::switch("pihole-tls-skip-verify", false).says("Do not check certificates", ""),
    ],
};
