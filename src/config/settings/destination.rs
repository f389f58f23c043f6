//! Where records are written to.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use ipnet::IpNet;
use wire::Name;

use super::{Hosted, Registry, Rfc2136};

/// A provider with its own filter, policy, registry and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name, in messages and metrics: that of its provider unless the settings file says it.
    pub name: String,
    /// What writes the records.
    pub provider: Provider,
    /// Which names are its business.
    pub domain_filter: DomainFilter,
    /// Names of zones that the provider looks at; empty is all.
    pub zone_names: Vec<String>,
    /// Identifiers of zones that the provider looks at; empty is all.
    pub zone_ids: Vec<String>,
    /// What may be done to records.
    pub policy: Policy,
    /// Types that are its business.
    pub managed_types: Vec<RecordType>,
    /// Types that are not, even if they are managed.
    pub excluded_types: Vec<RecordType>,
    /// Who owns what.
    pub registry: Registry,
    /// Addresses that are published as others; the first that fits.
    pub address_maps: Vec<AddressMap>,
    /// The least time between passes that events start.
    pub min_event_sync_interval: Duration,
    /// How long the provider's records are taken as known; zero is not at all.
    pub cache_time: Duration,
    /// How changes are cut into pieces, by providers that do.
    pub batch: Batch,
}

/// Pieces of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Changes in a piece at most.
    pub size: NonZeroUsize,
    /// The time between pieces.
    pub interval: Duration,
}

/// What writes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Our own server.
    Embedded(Embedded),
    /// One that keeps records behind an API.
    Hosted(Hosted),
    /// Memory, for trials.
    InMemory(InMemory),
    /// Name servers that take updates.
    Rfc2136(Rfc2136),
    /// A webhook provider of external-dns.
    Webhook(Webhook),
}

impl Provider {
    /// Whether it is our own server with a zone of addresses.
    #[must_use]
    pub fn serves_reverse_names(&self) -> bool {
        match self {
            Self::Embedded(embedded) => embedded.zones.iter().any(is_reverse),
            Self::Hosted(_) | Self::InMemory(_) | Self::Rfc2136(_) | Self::Webhook(_) => false,
        }
    }

    /// The name as it is given.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::Hosted(hosted) => hosted.name,
            Self::InMemory(_) => "inmemory",
            Self::Rfc2136(_) => "rfc2136",
            Self::Webhook(_) => "webhook",
        }
    }
}

/// Whether a zone holds names of addresses.
#[must_use]
pub(crate) fn is_reverse(zone: &Name) -> bool {
    let text = zone.to_string();
    ["in-addr.arpa.", "ip6.arpa."]
        .iter()
        .any(|end| text.ends_with(end))
}

/// Zones of our own server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The zones, each once; at least one. In lower case.
    pub zones: Vec<Name>,
    /// Their name servers, for zones that no file gives any.
    pub name_servers: Vec<NameServer>,
}

/// A name server and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServer {
    /// Its name.
    pub name: Name,
    /// Its addresses; may be empty.
    pub addresses: Vec<IpAddr>,
}

/// Records in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InMemory {
    /// Zones that there are from the start.
    pub zones: Vec<String>,
}

/// A webhook provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is.
    pub url: String,
    /// One part of how long a call may take.
    pub read_timeout: Duration,
    /// The other part; both are added.
    pub write_timeout: Duration,
    /// The largest body that is read, in bytes; zero is without limit.
    pub max_body_size: u64,
}

/// Which names are a destination's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainFilter {
    /// By suffixes. One that begins with a dot stands for the names below it only.
    Lists {
        /// One of these must fit, if there are any.
        include: Vec<String>,
        /// None of these may.
        exclude: Vec<String>,
    },
    /// By patterns, which were seen to compile; they need not match the whole name.
    Regex {
        /// This must match, if it is not empty.
        include: String,
        /// This must not, if it is not empty; looked at first.
        exclude: String,
    },
}

impl Default for DomainFilter {
    fn default() -> Self {
        Self::Lists {
            include: Vec::new(),
            exclude: Vec::new(),
        }
    }
}

/// Addresses as the cluster knows them, and as they are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressMap {
    /// Each address of a network becomes the one at its place in another of the same size.
    Network {
        /// What is found.
        from: IpNet,
        /// What is published.
        to: IpNet,
    },
    /// Each address from first to last becomes one and the same.
    Pool {
        /// The first address.
        first: IpAddr,
        /// The last address, of the same family.
        last: IpAddr,
        /// What is published.
        to: IpAddr,
    },
}

/// What may be done to records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Records are created only.
    CreateOnly,
    /// Nothing is done; the plan is shown only.
    None,
    /// Records are created, changed and deleted.
    #[default]
    Sync,
    /// Records are created and changed.
    UpsertOnly,
}

/// Types of records that are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RecordType {
    A,
    Aaaa,
    Cname,
    Dname,
    Mx,
    Naptr,
    Ns,
    Ptr,
    Srv,
    Txt,
}

impl RecordType {
    /// The mnemonic.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Dname => "DNAME",
            Self::Mx => "MX",
            Self::Naptr => "NAPTR",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
