//! Settings of transfers and updates: who may do what.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use wire::{Name, Rtype};

use super::TsigSecret;

/// Who may do more than ask, and who is told of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// Files of keys.
    pub key_files: Vec<PathBuf>,
    /// Keys that stand in the settings, `[ALGORITHM:]NAME:SECRET`.
    pub keys: Vec<TsigSecret>,
    /// Who may transfer zones.
    pub transfers: Vec<OfZone<Who>>,
    /// Who is told of changes.
    pub notify: Vec<OfZone<SocketAddr>>,
    /// Who may update zones; the first rule that fits decides.
    pub updates: Vec<OfZone<UpdateRule>>,
    /// Zones of other servers that we follow.
    pub followed: Vec<Followed>,
    /// How their primaries are trusted by TLS.
    pub followed_tls: FollowedTls,
    /// Whether updates of these are handed on to their primaries.
    pub forward_updates: bool,
    /// The zone that lists our zones, if there is to be one.
    pub catalog: Option<Catalog>,
    /// What the serials of new versions are like.
    pub serials: SerialPolicy,
}

/// What the serials of new versions are like, where nobody gives one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SerialPolicy {
    /// The date in UTC with two digits that count, 2026112201.
    Date,
    /// One more than before.
    #[default]
    Increment,
    /// Seconds since 1970.
    UnixTime,
}

impl Peers {
    /// Whether there is no zone that comes from other servers, or lists ours.
    #[must_use]
    pub fn follows_nothing(&self) -> bool {
        self.followed.is_empty() && self.catalog.is_none()
    }
}

/// A zone of other servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The zone, in lower case.
    pub zone: Name,
    /// Its primaries, in the order they were given; at least one.
    pub primaries: Vec<Primary>,
    /// Whether it lists zones that are to be followed too.
    pub is_catalog: bool,
}

/// A zone that lists our zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    /// Its name, in lower case.
    pub zone: Name,
    /// Groups, each with a zone of it.
    pub groups: Vec<(String, Name)>,
}

/// A server that has a zone first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    /// Where it is.
    pub address: SocketAddr,
    /// The key that requests to it are signed with.
    pub key: Option<Name>,
    /// Whether TLS is spoken with it.
    pub tls: PrimaryTls,
}

/// TLS with a primary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PrimaryTls {
    /// None.
    #[default]
    Off,
    /// Its certificate has its address.
    Address,
    /// Its certificate has this name.
    Name(String),
}

/// How primaries are trusted by TLS, and who we are to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowedTls {
    /// The file of trusted certificates; those of the system without one.
    pub ca: Option<PathBuf>,
    /// The file of our certificate; there is a key too then.
    pub certificate: Option<PathBuf>,
    /// The file of its key.
    pub key: Option<PathBuf>,
    /// Whether any certificate will do.
    pub skip_verify: bool,
}

/// Something that is said of one zone, or of all that have nothing of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfZone<T> {
    /// The zone, in lower case.
    pub zone: Option<Name>,
    /// What is said.
    pub value: T,
}

/// Whom something is granted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever is meant by all of these.
    All(Vec<Self>),
    /// Whoever shows some certificate.
    AnyCertificate,
    /// Whoever has some key.
    AnyKey,
    /// Whoever shows a certificate of this name.
    Certificate(String),
    /// Whoever has this key.
    Key(Name),
    /// Whoever has this key and comes from this network.
    KeyFrom(Name, IpNet),
    /// Whoever comes from this network.
    Network(IpNet),
    /// Whoever comes by TLS.
    Tls,
}

impl Who {
    /// What must hold, each for itself.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

/// One rule of who may update what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateRule {
    /// Whether it grants, or denies.
    pub grant: bool,
    /// Whom.
    pub who: Who,
    /// Which names.
    pub names: UpdateNames,
    /// Which types.
    pub types: UpdateTypes,
    /// Whether records of files and objects may be overridden.
    pub takeover: bool,
}

/// The names that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the rules")]
pub enum UpdateNames {
    Name(Name),
    SelfName,
    SelfSub,
    SelfWild,
    Subdomain(Name),
    TcpSelf,
    Wildcard(Name),
    Zonesub,
}

/// The types that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateTypes {
    /// All.
    Any,
    /// All but NS, SOA, NSEC, NSEC3 and RRSIG.
    Ordinary,
    /// These.
    These(Vec<Rtype>),
}
