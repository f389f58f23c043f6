//! Flags of CoreDNS with etcd.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider coredns",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("coredns-prefix", "TEXT", "/skydns/").says("What keys in etcd begin with", ""),
        Flag::switch("coredns-strictly-owned", false).says("Keep the owner in etcd too", ""),
    ],
};
