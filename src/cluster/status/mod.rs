//! What is served of each zone, as an object that people look at: `kubectl get zones`.
//!
//! The leader writes it and nothing reads it. It is a courtesy: without the right to write it nothing
//! else suffers.

mod condition;
mod report;

pub use report::{StatusReporter, ZoneStatus};
