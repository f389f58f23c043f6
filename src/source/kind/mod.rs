//! Kinds of sources: for each, which objects an event touches and which endpoints an object asks
//! for. One file a kind, one row here.
//!
//! ```text
//! Changed → Row::touched → keys of objects → Row::endpoints → Outcome
//! ```
//!
//! Both are pure functions of the index and the settings.

mod build;
mod crd;
mod fake;
mod gateway;
mod ingress;
mod node;
mod pod;
mod row;
mod service;
mod templates;
mod unstructured;

pub use build::Shape;
#[cfg(test)]
pub(crate) use build::unite;
pub use row::{Merge, ROWS, Row, Touched};
pub use unstructured::Shared;
