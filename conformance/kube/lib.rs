//! A real API server on loopback, external-dns beside us, and a webhook that records what they ask.
//!
//! ```text
//! Parts (.ci/kube) ─→ Cluster: etcd + kube-apiserver ←─ Api: objects, status, deletes
//!                                   ↑ watch
//!                     external-dns or ours ─ webhook ─→ Recorder: records, applied changes, faults
//!
//! conformance/externaldns/**.yaml ─→ differential: the same case for both, changes compared
//! ```
//!
//! Invariants: loopback addresses and high ports only; nothing is written outside a temporary
//! folder; every process ends with the value that started it, and by the kernel when this process
//! dies. No controllers run: nothing starts pods, fills EndpointSlices or gives out addresses, so an
//! object is exactly what a test wrote.

#![forbid(unsafe_code)]

mod access;
mod api;
mod audit;
mod causes;
mod cluster;
mod configure;
mod differential;
mod http;
mod object;
mod parts;
mod process;
mod recorder;

pub use api::{Api, ApiError, Request};
pub use audit::Asked;
pub use causes::chain;
pub use cluster::{Cluster, ClusterError, Part};
pub use differential::{Mode, trials, trials_in};
pub use object::{Object, ObjectError};
pub use parts::Parts;
pub use process::{Exit, run};
pub use recorder::{Applied, Changes, Endpoint, Fault, Property, Recorder, Route};

#[cfg(test)]
mod tests;
