//! The table of flags: one row each, a file per group.
//!
//! A row says everything about a flag but the meaning of its value, which `check` knows. Its
//! variables are `ZONEWRIGHT_<NAME>` and, second to it, `EXTERNAL_DNS_<NAME>`. All flags of
//! external-dns are rows here, whether this build has their provider or not, and
//! `external-dns.txt` is the list that holds the table to it.

mod answers;
mod clients;
mod destination;
mod flag;
mod kinds;
mod kubernetes;
mod network;
mod passes;
mod peers;
mod process;
mod provider;
mod registry;
mod replicas;
mod retired;
mod sources;
mod targets;
mod zones;

pub(crate) use self::flag::variables;
pub use self::flag::{Flag, Form, Group, Kind, Scope};
pub(crate) use self::retired::{RETIRED, Retired};

/// All flags, in the order of the help.
#[must_use]
pub fn groups() -> &'static [Group] {
    GROUPS
}

/// The flag of this name.
pub(crate) fn find(name: &str) -> Option<&'static Flag> {
    find_with_group(name).map(|(_, flag)| flag)
}

/// The flag of this name, and the group it is in.
pub(crate) fn find_with_group(name: &str) -> Option<(&'static Group, &'static Flag)> {
    GROUPS
        .iter()
        .flat_map(|group| group.flags.iter().map(move |flag| (group, flag)))
        .find(|(_, flag)| flag.name == name)
}

/// The flag that was taken away and had this name.
pub(crate) fn find_retired(name: &str) -> Option<&'static Retired> {
    RETIRED.iter().find(|retired| retired.name == name)
}

const GROUPS: &[Group] = &[
    zones::GROUP,
    sources::GROUP,
    kinds::GROUP,
    targets::GROUP,
    kubernetes::GROUP,
    passes::GROUP,
    destination::GROUP,
    registry::GROUP,
    provider::embedded::GROUP,
    provider::rfc2136::GROUP,
    provider::webhook::GROUP,
    provider::webhook::SERVER,
    provider::coredns::GROUP,
    provider::pdns::GROUP,
    provider::aws::GROUP,
    provider::aws::CLOUD_MAP,
    provider::cloudflare::GROUP,
    provider::digitalocean::GROUP,
    provider::google::GROUP,
    provider::infoblox::GROUP,
    provider::oci::GROUP,
    provider::ovh::GROUP,
    provider::pihole::GROUP,
    provider::azure::GROUP,
    provider::clouds::GROUP,
    provider::inmemory::GROUP,
    network::GROUP,
    answers::GROUP,
    clients::GROUP,
    peers::GROUP,
    replicas::GROUP,
    process::GROUP,
    kinds::LATER,
];

#[cfg(test)]
mod tests;
