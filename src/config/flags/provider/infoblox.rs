//! Flags of Infoblox.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider infoblox",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("infoblox-grid-host", "HOST", "").says("Host of the API", ""),
        Flag::number("infoblox-wapi-port", "443").says("Port of the API", ""),
        Flag::once("infoblox-wapi-username", "TEXT", "admin").says("User", ""),
        Flag::once("infoblox-wapi-password", "TEXT", "")
            .secret()
            .says("Password", ""),
        Flag::once("infoblox-wapi-version", "TEXT", "2.3.1").says("Version of the API", ""),
        Flag::switch("infoblox-ssl-verify", true).says("Do not check certificates", ""),
        Flag::once("infoblox-view", "TEXT", "").says(
            "The view of zones and records",
            "Without it all zones; of one that is in several views, that in 'default'.",
        ),
        Flag::number("infoblox-max-results", "0").says("Objects in one page of a list", ""),
        Flag::once("infoblox-fqdn-regex", "REGEX", "").says("Only zones of such names", ""),
        Flag::once("infoblox-name-regex", "REGEX", "").says("Only records of such names", ""),
        Flag::switch("infoblox-create-ptr", false).says("As --create-ptr", ""),
        Flag::number("infoblox-cache-duration", "0").says(
            "TTL of all records, in seconds; 0 is what each asks for",
            "",
        ),
    ],
};
