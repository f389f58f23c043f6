//! Destinations outside: one folder for each kind of DNS host.
//!
//! ```text
//! change set → layer (metrics, dry run, time limit, isolation) → provider → client → HTTP
//!                                                                            └→ auth (signs)
//! ```
//!
//! Every provider implements [`plan::Provider`]. What all of them need is in `client` and `layer`;
//! a provider's own folder holds its settings, its messages and the translation between them and
//! endpoints. Only `client` tries again, and only what may be repeated; all else is up to whoever
//! calls.

#![forbid(unsafe_code)]

#[cfg(any(feature = "aws", feature = "aws-sd"))]
#[allow(
    dead_code,
    reason = "a build has any of what is Amazon's, and each needs a part of it"
)]
mod amazon;
pub mod auth;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws-sd")]
mod awssd;
#[cfg(feature = "azure")]
mod azure;
pub mod client;
#[cfg(feature = "cloudflare")]
mod cloudflare;
#[cfg(feature = "coredns")]
mod coredns;
#[cfg(feature = "designate")]
mod designate;
#[cfg(feature = "digitalocean")]
mod digitalocean;
#[cfg(feature = "aws")]
mod dynamodb;
pub mod etcd;
#[allow(
    dead_code,
    unused_imports,
    reason = "a build has any of the providers, and each needs a part of it"
)]
mod exec;
#[cfg(feature = "google")]
mod google;
#[cfg(feature = "infoblox")]
mod infoblox;
pub mod inmemory;
#[cfg(any(feature = "coredns", feature = "rdns"))]
mod keyed;
pub mod layer;
#[cfg(test)]
#[allow(
    dead_code,
    reason = "a build has any of the providers, and each needs a part of it"
)]
mod moto;
#[cfg(feature = "oci")]
mod oci;
mod open;
#[cfg(feature = "ovh")]
mod ovh;
#[cfg(feature = "pdns")]
mod pdns;
#[cfg(feature = "pihole")]
mod pihole;
#[cfg(feature = "rdns")]
mod rdns;
#[allow(
    dead_code,
    unused_imports,
    reason = "a build has any of the providers, and each needs a part of it"
)]
mod record;
#[cfg(feature = "rfc2136")]
pub mod rfc2136;
#[cfg(any(test, feature = "suite"))]
pub mod sim;
#[cfg(any(test, feature = "suite"))]
pub mod suite;
mod table;
#[cfg(test)]
#[allow(
    dead_code,
    reason = "a build has any of the providers, and each needs a part of it"
)]
mod trial;
pub mod webhook;
#[allow(
    dead_code,
    unused_imports,
    reason = "a build has any of the providers, and each needs a part of it"
)]
mod zones;

pub use client::{ClientError, Http};
pub use exec::Scope;
pub use open::{Options, Setup, SetupError, StandIn, keep, open};
pub use record::quirks::{NameRefusal, Names, Quirks, Refusal, TtlRule, Txt};
pub use table::{Row, rows};
pub use zones::ZoneFilter;
