//! Destinations outside: one folder for each kind of DNS host.
//!
//! ```text
//! change set → layer (metrics, dry run, time limit, isolation) → provider → client → HTTP
//! ```
//!
//! Every provider implements [`plan::Provider`]. What all of them need is in `client` and `layer`;
//! a provider's own folder holds its settings, its messages and the translation between them and
//! endpoints. Nothing here tries again: whoever calls knows when.

#![forbid(unsafe_code)]

mod client;
pub mod etcd;
#[allow(dead_code)]
mod exec;
pub mod inmemory;
pub mod layer;
#[allow(dead_code)]
mod record;
#[cfg(feature = "rfc2136")]
pub mod rfc2136;
pub mod webhook;
#[allow(dead_code)]
mod zones;

pub use client::{ClientError, Http};
