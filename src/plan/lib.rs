//! Which records should exist, against which do exist: pure functions on values.
//!
//! ```text
//! endpoints of objects → desired (merged by name) → address maps, claims ─┐
//!                                                                         ├→ diff → brake ─┐
//! records of a destination → registry (owners) → shadow ──────────────────┘                │ changes
//!                      destination ←── provider ←── group (wholes) ←── registry (TXT) ←────┘
//! ```
//!
//! The unit of it all is the name: whatever is done for one name alone gives what doing all names
//! gives for it. So an event and a full pass go through the same functions.
//!
//! No I/O, no clock, no async but in the trait that destinations implement. The same values give
//! the same plan in the same order.

#![forbid(unsafe_code)]

pub mod address_map;
pub mod brake;
mod changes;
pub mod claims;
pub mod data;
pub mod desired;
pub mod diff;
mod endpoint;
pub mod filter;
pub mod group;
mod http_calls;
mod label_store;
pub mod merge;
pub mod name;
mod pack;
mod provider;
pub mod registry;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use changes::{ChangeSet, Update};
pub use desired::{Contributor, Desired};
pub use endpoint::{Endpoint, Labels, ObjectRef, Properties};
pub use http_calls::{HttpCall, HttpCalls, HttpTimes};
pub use label_store::{KeptChange, KeptRecord, LabelStore, Settled};
pub use name::RowName;
pub use provider::{
    Applied, Capabilities, DynProvider, ErrorKind, Expected, Provider, ProviderError,
};
