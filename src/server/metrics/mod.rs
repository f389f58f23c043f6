//! Counters of the answer path: each worker counts in a cell of its own, a scrape adds them up.
//!
//! ```text
//! worker ─→ WorkerMetrics (one writer, plain loads and stores) ─┐
//! worker ─→ WorkerMetrics                                       ├─→ Metrics::totals() ─→ Totals
//! transports, rare events ─→ shared counters                   ─┘
//! ```
//!
//! Invariants: a cell has one writer at a time, so that counting needs no locked instruction; cells
//! never share a cache line; labels are bounded lists. The cell of a worker that ended is handed to
//! the next one, so no count is lost and memory stays bounded.

mod label;
mod totals;
mod worker;

#[cfg(test)]
mod tests;

pub use label::{DropReason, Family, LATENCY_BOUNDS, RCODES, RTYPES};
pub use totals::{Latency, Queries, Totals};
pub use worker::{Metrics, WorkerMetrics};
