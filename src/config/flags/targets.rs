//! Flags about what becomes of names and targets once the sources gave them.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Targets",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::repeated("default-targets", "TARGET", "")
            .says("Targets for names that have none", ""),
        Flag::switch("force-default-targets", false).says(
            "Replace all targets by --default-targets",
            "Deprecated by external-dns.",
        ),
        Flag::repeated("target-net-filter", "CIDR", "").says(
            "Keep only targets in these networks",
            "Targets that are names are dropped then.",
        ),
        Flag::repeated("exclude-target-net", "CIDR", "").says("Drop targets in these networks", ""),
        Flag::repeated("nat64-networks", "CIDR", "").says(
            "Add A records for AAAA targets in these networks",
            "Networks of NAT64, of length 96.",
        ),
        Flag::switch("create-ptr", false).says(
            "Add PTR records for addresses",
            "PTR must be in --managed-record-types, and the reverse zones served: name them by \
             network, as in --zone 192.0.2.0/24.",
        ),
        Flag::duration("min-ttl", "0s").says("The TTL of records for which none is said", ""),
        Flag::switch("prefer-alias", false).says("Ask for aliases in place of CNAME records", ""),
    ],
};
