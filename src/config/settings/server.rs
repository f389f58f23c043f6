//! Settings of the server and of the process.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use wire::Name;

use super::{Peers, Replicas, Sync};
use crate::problem::Problem;

/// All settings of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What is served.
    pub zones: Zones,
    /// Where it is served.
    pub listen: Listen,
    /// Where and how it is served by TLS; `None` is nowhere.
    pub listen_tls: Option<ListenTls>,
    /// The UDP path.
    pub udp: Udp,
    /// The TCP path.
    pub tcp: Tcp,
    /// Peers that put a PROXY header before their queries.
    pub proxy_protocol_from: Vec<IpNet>,
    /// The shape of answers.
    pub answers: Answers,
    /// Who may ask.
    pub access: Access,
    /// Who may do more than ask.
    pub peers: Peers,
    /// The other copies of this program; `None` if there are none.
    pub replicas: Option<Replicas>,
    /// How much they may ask; `None` is without limit.
    pub rate_limit: Option<RateLimit>,
    /// DNS cookies; `None` is without.
    pub cookies: Option<Cookies>,
    /// Address of metrics, health and readiness; `None` is without.
    pub metrics_address: Option<SocketAddr>,
    /// Where commands are taken.
    pub control_socket: ControlSocket,
    /// Whom the process runs as.
    pub process: Process,
    /// The logs.
    pub log: Log,
    /// A folder for what should outlast the process; `None` is without.
    pub data_dir: Option<PathBuf>,
    /// Names from sources; `None` serves zone files only.
    pub sync: Option<Box<Sync>>,
    /// What is well enough to go on with, but should be said.
    pub warnings: Vec<Problem>,
    /// All that was set, as flags, secrets hidden; what the settings file lists in its own forms is
    /// not in it.
    pub given: String,
}

/// What is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    /// Zone files named one by one.
    pub files: Vec<ZoneFile>,
    /// Folders of zone files.
    pub dirs: Vec<PathBuf>,
    /// Whether a zone with an error keeps the server from starting.
    pub strict: bool,
}

/// A zone and the file it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFile {
    /// The zone.
    pub origin: Name,
    /// Its master file.
    pub path: PathBuf,
}

impl ZoneFile {
    /// The zone that a file is named after: `example.org.zone`, `db.example.org`, `example.org`.
    ///
    /// `None` if the file's name is no name of a zone.
    #[must_use]
    pub fn from_path(path: PathBuf) -> Option<Self> {
        let file = path.file_name()?.to_str()?;
        let file = file.strip_suffix(".zone").unwrap_or(file);
        let name = file.strip_prefix("db.").unwrap_or(file);
        let name = if name == "root" { "." } else { name };
        let origin = Name::from_text(name.as_bytes(), Some(wire::NameRef::ROOT)).ok()?;
        Some(Self { origin, path })
    }
}

/// Where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Nothing was said: port 53 on all addresses, IPv6 only where the machine has it.
    Default,
    /// On these addresses.
    On(Vec<SocketAddr>),
}

/// Where and how it is served by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenTls {
    /// The addresses; at least one.
    pub addresses: Vec<SocketAddr>,
    /// The file of our certificate.
    pub certificate: PathBuf,
    /// The file of its key.
    pub key: PathBuf,
    /// The file of the authorities that clients' certificates are trusted by.
    pub client_ca: Option<PathBuf>,
    /// Whether clients must have one, if there are authorities for that.
    pub client_certificates: ClientCertificates,
}

/// Whether clients must have a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They may.
    Optional,
    /// They must.
    #[default]
    Required,
}

/// The UDP path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Udp {
    /// Threads for each address; `None` leaves it to the number of processors.
    pub workers: Option<NonZeroUsize>,
    /// Segmentation offload.
    pub gso: Gso,
}

/// Segmentation offload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gso {
    /// Until it is refused.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Always.
    On,
}

/// The TCP path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// Open connections at most.
    pub connections: usize,
    /// Those of one address at most.
    pub connections_per_client: usize,
    /// How long a connection may be silent.
    pub idle_timeout: Duration,
    /// How long a client may take no answers.
    pub write_timeout: Duration,
}

/// The shape of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The largest UDP answer.
    pub edns_size: u16,
    /// The server's identifier; empty is without.
    pub nsid: Vec<u8>,
    /// The answer to `version.bind`.
    pub version_bind: Option<String>,
    /// The answer to `hostname.bind`.
    pub hostname_bind: Option<String>,
    /// The answer to `id.server`.
    pub id_server: Option<String>,
}

/// Who may ask; the longest prefix decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// These may; if there are any, all others may not.
    pub allow: Vec<IpNet>,
    /// These may not.
    pub deny: Vec<IpNet>,
}

/// How much clients may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Answers a second for each network.
    pub rate: u32,
    /// Each so many answers over the limit is truncated, the others are dropped; 0 drops all.
    pub slip: u8,
    /// Leading bits of an IPv4 address that make a network.
    pub v4_bits: u8,
    /// Leading bits of an IPv6 address that make a network.
    pub v6_bits: u8,
    /// Networks without limit.
    pub exempt: Vec<IpNet>,
    /// Who is counted at all.
    pub clients: CountedClients,
}

/// Clients that a rate limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountedClients {
    /// All of them.
    All,
    /// Those with addresses of the internet at large.
    #[default]
    Global,
}

/// DNS cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies {
    /// The key; `None` is a random one.
    pub active: Option<Secret>,
    /// Another key that is accepted.
    pub other: Option<Secret>,
}

/// A key. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where commands are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlSocket {
    /// At this path.
    At(PathBuf),
    /// In the usual folder, under a name of its own.
    Default,
    /// Nowhere.
    Off,
}

/// Whom the process runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Name or number of the user; `None` stays what it is.
    pub user: Option<String>,
    /// Name or number of the group; `None` is the user's.
    pub group: Option<String>,
    /// How long answers go on after a signal to end, while it is not ready any more.
    pub shutdown_delay: Duration,
    /// Where each change of a record is written down; `None` is nowhere.
    pub audit_log: Option<AuditLog>,
}

/// Where each change of a record is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditLog {
    /// At the end of this file.
    File(PathBuf),
    /// To standard output.
    Output,
}

/// The logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Their form.
    pub format: LogFormat,
    /// What they hold.
    pub level: LogLevel,
}

/// The form of logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

/// What logs hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Debug,
    Error,
    #[default]
    Info,
    Trace,
    Warning,
}
