//! Kubernetes objects in, endpoints out.
//!
//! ```text
//! API server ─ watch ─┐
//!                     ├→ object (trimmed) → index → kind: which objects are touched,
//! folder ─ manifest ──┘                             and which endpoints they ask for → plan
//! ```
//!
//! The index is pure: fed by `apply`, `delete` and lists, from a cluster or from files alike. Each
//! kind of source is a pure function of it. Only `watch` knows HTTP.

#![forbid(unsafe_code)]

mod annotation;
mod asker;
mod engine;
mod event;
mod index;
pub mod kind;
pub mod manifest;
pub mod object;
mod outcome;
mod rules;
mod selector;
pub mod template;
mod touch;
mod unknown;
#[cfg(feature = "kubernetes")]
pub mod watch;

pub use annotation::{Annotations, admits, split};
pub use engine::Engine;
pub use event::{Event, Health};
pub use index::{Changed, Index, Link, Store};
pub use outcome::{Note, Outcome, Problem, Reason};
pub use rules::{Compatibility, DEFAULT_PREFIXES, Rules, ServiceTypes};
pub use selector::{Requirement, Selector, SelectorError, Test};
pub use touch::Touch;
pub use unknown::{Unknown, UnknownObject};

#[cfg(test)]
mod tests;
