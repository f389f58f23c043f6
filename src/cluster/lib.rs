//! More than one machine: who leads, by a Lease of the cluster, and the journal of what clients brought.
//! Besides, what a destination's registry keeps in the cluster.
//!
//! ```text
//! Lease ─ watch, conditional writes → elect → Standing (follower, or leader with a Term) → the composition
//! updates of a group → log → objects of the API server, one a zone, never changed → durable
//! records of a destination → records → objects of the kind DNSRecord, one each
//! ```
//!
//! Kubernetes is the distributed engine: everything rests on conditional writes of its API server.
//! A [`Term`] says until when its holder may begin a write. It runs out by itself, on a clock that
//! goes on while the machine or the process sleeps, before anybody else can have a term.
//!
//! With `source` this is the only crate that names kube. The way to the API server is
//! [`source::watch::Link`]; what is asked is plain requests.

mod api;
mod clock;
mod lease;
mod log;
mod records;
mod status;

pub use api::{ApiError, Fault};
pub use lease::{Candidate, LeaseOptions, Standing, Term, Word, elect, observe};
pub use log::{Ahead, LogError, LogOptions, ObjectLog, Opened};
pub use records::RecordObjects;
pub use status::{StatusReporter, ZoneStatus};
