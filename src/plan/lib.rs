//! Which records should exist, against which do exist: pure functions on values.
//!
//! ```text
//! endpoints of objects → desired (merged by name) ─┐
//!                                                  ├→ diff (conflicts, ownership, policy) → changes
//! records of a destination → registry (owners) ────┘                                          │
//!                                     destination ←── provider ←── registry (ownership TXT) ←──┘
//! ```
//!
//! No I/O, no clock, no async but in the trait that destinations implement. The same values give
//! the same plan in the same order.

#![forbid(unsafe_code)]

pub mod address_map;
pub mod brake;
mod changes;
pub mod claims;
pub mod desired;
pub mod diff;
mod endpoint;
pub mod filter;
pub mod group;
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
pub use name::RowName;
pub use provider::{Applied, Capabilities, DynProvider, ErrorKind, Provider, ProviderError};
