//! Names from objects to destinations: the first of the two flows, put together.
//!
//! ```text
//! objects (watches or files) ─events→ model (index, desired set) ─names touched→ destination ┐
//!                                       ↑ read                                  one each     │
//!                                       └── desired rows ── plan ── registry ── provider ←───┘
//! ```
//!
//! One task owns the model and takes events; each destination is a task of its own with its own view
//! of what is there, so a slow or broken one holds up nobody. Between them go names only. Nothing
//! that goes wrong here ends the process: it is said, counted and tried again.

mod census;
mod destination;
mod embedded;
#[cfg(test)]
mod embedded_suite;
pub(crate) mod explain;
mod feed;
mod hosted;
mod layer;
mod model;
mod offer;
mod options;
mod own_zones;
mod parts;
mod pass;
mod pending;
mod report;
mod resolve;
#[cfg(feature = "provider-rfc2136")]
mod rfc2136;
#[cfg(not(feature = "provider-rfc2136"))]
#[path = "rfc2136_absent.rs"]
mod rfc2136;
mod start;
mod status;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod unclaimed;

pub(crate) use census::Census;
pub(crate) use destination::{Ask, Asks};
pub(crate) use feed::Reread;
pub(crate) use layer::{LayerRecord, put as put_layer, records as layer};
pub(crate) use model::Model;
pub(crate) use options::source_rules;
pub(crate) use start::{Running, once, start};
pub(crate) use status::{Mismatch, Numbers};
pub(crate) use table::plan;
