//! Kinds of sources: for each, which objects an event touches and which endpoints an object asks
//! for. One file a kind, one row here.
//!
//! ```text
//! Changed → Row::touched → keys of objects → Row::endpoints → Outcome
//! ```
//!
//! Both are pure functions of the index and the settings.

mod build;
mod gateway;
mod row;

pub use build::Shape;
pub use row::{Merge, ROWS, Row, Touched};
