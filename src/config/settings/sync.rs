//! From sources to destinations: all that the engine between them is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv6Net};

use super::{Destination, RecordType, SourceName, SourceRules};

/// Names are taken from sources and written to destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// The sources, each once, in the order they were given.
    pub sources: Vec<SourceName>,
    /// Where their objects are.
    pub objects: Objects,
    /// How names are made from objects.
    pub rules: SourceRules,
    /// What is done to the names of all sources.
    pub wrappers: Wrappers,
    /// How often everything is looked at, changed or not.
    pub interval: Duration,
    /// One pass, then the end.
    pub once: bool,
    /// Nothing is written.
    pub dry_run: bool,
    /// Whether `--events` was given. Objects are watched either way.
    pub events: bool,
    /// What Kubernetes Events are written about; empty is none.
    pub events_emit: Vec<EventReason>,
    /// Whether mass deletes are held.
    pub brake: bool,
    /// How the one destination is offered to an external-dns, in place of all passes of our own.
    pub offer: Option<Offer>,
    /// Where names are written to; at least one, each with a name of its own.
    pub destinations: Vec<Destination>,
    /// Which namespaces may have which names. Without any, every namespace may have all but the
    /// guarded ones; see [`Claim`].
    pub claims: Vec<Claim>,
}

/// The webhook protocol, as its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it listens.
    pub address: SocketAddr,
    /// How long a request may take, from its first byte to the last one of its answer.
    pub limit: Duration,
    /// How long a connection may be silent.
    pub idle: Duration,
    /// The largest body that is read, in bytes; none for any.
    pub max_body: Option<usize>,
}

/// Where objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objects {
    /// In a cluster.
    Cluster(Kubernetes),
    /// In these files and folders of YAML.
    Manifests(Vec<PathBuf>),
}

/// The way to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// URL of the API server; it replaces that of the kubeconfig.
    pub server: Option<String>,
    /// The kubeconfig; `None` is the user's own if there is one, else that of the pod.
    pub kubeconfig: Option<PathBuf>,
    /// How long a request may take, or a list or a watch to begin; zero is up to the request.
    pub request_timeout: Duration,
    /// Requests a second.
    pub qps: u32,
    /// Requests at once.
    pub burst: u32,
}

/// What is done to endpoints after the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrappers {
    /// Targets of endpoints that have none.
    pub default_targets: Vec<String>,
    /// These replace the targets of all endpoints.
    pub force_default_targets: bool,
    /// Networks (/96) whose AAAA targets stand for IPv4 addresses.
    pub nat64_networks: Vec<Ipv6Net>,
    /// Only targets in these networks are kept; empty is all.
    pub target_net_filter: Vec<IpNet>,
    /// Targets in these networks are dropped.
    pub exclude_target_net: Vec<IpNet>,
    /// CNAME endpoints get `alias=true`.
    pub prefer_alias: bool,
    /// Addresses get PTR endpoints.
    pub create_ptr: bool,
    /// The TTL of endpoints without one; zero is none.
    pub min_ttl: Duration,
}

/// Reasons of Kubernetes Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventReason {
    /// A record was deleted.
    RecordDeleted,
    /// A change was refused.
    RecordError,
    /// A record is as asked for.
    RecordReady,
}

/// Namespaces, and what they may have.
///
/// If there are claims at all, an endpoint is taken only if one of them has its namespace, its name
/// and its type. On embedded destinations three things are guarded whether there are claims or
/// not: the apex of a zone needs a claim with that very name, names that begin with
/// `_acme-challenge` one whose name begins so too, NS one with that type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Names of namespaces, or `*` for all of them and for objects that have none.
    pub namespaces: Vec<String>,
    /// Names that may be had.
    pub names: Vec<NamePattern>,
    /// Types that they may have; empty is all but NS.
    pub types: Vec<RecordType>,
}

/// A name or some names, in lower case and without final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePattern {
    /// Every name.
    Any,
    /// The names below this one, at any depth; written `*.example.org`.
    Below(String),
    /// This name. A `*` in the place of one of its labels, but the first, stands for one label or
    /// more: `_acme-challenge.*.example.org`.
    Exactly(String),
}
