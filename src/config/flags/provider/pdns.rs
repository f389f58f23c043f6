//! Flags of PowerDNS.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider pdns",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("pdns-server", "URL", "http://localhost:8081").says("URL of the API", ""),
        Flag::once("pdns-server-id", "TEXT", "localhost").says("Id of the server", ""),
        Flag::once("pdns-api-key", "TEXT", "")
            .secret()
            .says("Key of the API", ""),
        Flag::switch("pdns-skip-tls-verify", false).says("Do not check certificates", ""),
    ],
};
