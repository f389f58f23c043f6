//! Checked settings: what the rest of the program is given.
//!
//! Plain values of this crate and of `wire`; whoever uses them makes its own options from them.
//!
//! ```text
//! Config ─┬─ the server: zones, sockets, clients, logs         server
//!         └─ Sync: sources, their rules, wrappers              sync, source
//!              └─ Destination: provider, filter, registry      destination, registry
//! ```

mod destination;
mod hosted;
mod peers;
mod registry;
mod replicas;
mod rfc2136;
mod server;
mod source;
mod sync;

pub(crate) use destination::is_reverse;
pub use destination::{
    AddressMap, Batch, Destination, DomainFilter, Embedded, InMemory, NameServer, Policy, Provider,
    RecordType, Webhook,
};
pub use hosted::{Hosted, HostedValue};
pub use peers::{
    Catalog, Followed, FollowedTls, OfZone, Peers, Primary, PrimaryTls, SerialPolicy, UpdateNames,
    UpdateRule, UpdateTypes, Who,
};
pub use registry::{AesKey, Encryption, Registry, Txt};
pub use replicas::{Lease, Replicas};
pub use rfc2136::{Kerberos, KerberosProof, LoadBalancing, Rfc2136, TsigKey, TsigSecret};
pub use server::{
    Access, Answers, AuditLog, ClientCertificates, Config, ControlSocket, Cookies, CountedClients,
    Gso, Listen, ListenTls, Log, LogFormat, LogLevel, Process, RateLimit, Secret, Tcp, Udp,
    ZoneFile, Zones,
};
pub use source::{
    Compatibility, Operator, Requirement, Selector, ServiceType, SourceName, SourceRules,
};
pub use sync::{Claim, EventReason, Kubernetes, NamePattern, Objects, Offer, Sync, Wrappers};
