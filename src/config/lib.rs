//! Everything a user can set: flags, environment, settings file. No async, no HTTP.
//!
//! ```text
//! arguments ─┐
//! environment ├─→ raw (what was typed, and where) ─→ check ─→ Command with checked settings
//! file/v1 ────┘
//! ```
//!
//! One table (`flags`) says which settings there are; the command line, the environment, the file
//! and the help are made from it. A flag wins over the environment, the environment over the file,
//! the file over the default; lists are replaced, never merged. A settings file may list
//! destinations; then flags and variables may say nothing about one, since they cannot say which,
//! and the top of the file holds for those that say nothing themselves. Every wrong setting of a
//! run is reported, not only the first. Environment and arguments are passed in; the only thing read here
//! is the settings file. Of our crates this one knows `wire` only, for the names of zones.

#![forbid(unsafe_code)]

mod check;
mod command;
mod file;
mod flags;
mod problem;
mod raw;
mod settings;
mod typed;
mod value;

pub use clap::builder::StyledStr;
pub use command::{
    Brake, Check, Command, Explain, Import, ImportFrom, NewKey, Output, Plan, Release, Reload, Run,
    Skydns, Stop, ZoneAction, ZoneCommand, parse, parse_file,
};
pub use flags::{Flag, Form, Group, Kind, Scope, groups};
pub use problem::{Origin, Problem, Problems, Quoted};
pub use raw::Environment;
pub use settings::{
    Access, AddressMap, AesKey, Answers, AuditLog, Batch, Catalog, Claim, ClientCertificates,
    Compatibility, Config, ControlSocket, Cookies, CountedClients, Destination, DomainFilter,
    Embedded, Encryption, EventReason, Followed, FollowedTls, Gso, Hosted, HostedValue, InMemory,
    Kerberos, KerberosProof, Kubernetes, Lease, Listen, ListenTls, LoadBalancing, Log, LogFormat,
    LogLevel, NamePattern, NameServer, Objects, OfZone, Offer, Operator, Peers, Policy, Primary,
    PrimaryTls, Process, Provider, RateLimit, RecordType, Registry, Replicas, Requirement, Rfc2136,
    Secret, Selector, SerialPolicy, ServiceType, SourceName, SourceRules, Sync, Tcp, TsigKey,
    TsigSecret, Txt, Udp, UpdateNames, UpdateRule, UpdateTypes, Webhook, Who, Wrappers, ZoneFile,
    Zones,
};
