//! Zone contents: master files, the layered store, immutable snapshots and lookups in them.
//!
//! ```text
//! zone file → file → records → assemble → store ─publish→ snapshot → lookups
//! changes of a layer ──────────→ writer ──┘
//! ```
//!
//! Synchronous; no sockets, no async, no Kubernetes. Files are read only in `file`. Readers never
//! wait: a snapshot is immutable, and a version shares with the one before all that did not change.

mod ask;
mod assemble;
pub mod bind;
pub mod catalog;
pub mod check;
pub mod copy;
mod cow;
mod credit;
mod depths;
mod durable;
mod edit;
pub mod file;
mod freeze;
pub mod hash;
mod hidden;
mod history;
mod index;
pub mod journal;
mod key;
mod layer;
mod lookup;
mod mask;
mod merge;
mod news;
mod node;
mod order;
mod page;
mod prefetch;
mod propose;
mod publish;
pub mod records;
mod room;
mod same;
mod scratch;
mod snapshot;
mod store;
mod sum;
mod update;
mod updater;
mod withhold;
mod writer;

pub use credit::{Author, Credit, Credits};
pub use freeze::FlushError;
pub use hash::LookupName;
pub use hidden::{Hidden, Hider};
pub use history::{Step, StepRecord, StepRecords};
pub use layer::Layer;
pub use lookup::{Found, Probe};
pub use mask::{LayerOf, Lead, OfFiles};
pub use news::News;
pub use node::{Flags, Node, Rdatas, RrsetRef, Rrsets};
pub use propose::StoreError;
pub use snapshot::{Snapshot, Withheld, Zone};
pub use store::{Committed, Since, Store};
pub use sum::Sum;
pub use update::{AllButTakeover, Effect, Permit, Refusal};
pub use updater::{UpdateError, UpdateRequest, UpdateTotals, Updater};
pub use writer::{Change, Rrset};

#[cfg(test)]
mod tests;
