//! Zone files into the store: at start, when files change, when somebody asks.
//!
//! ```text
//! settings ─scan→ sources ─changed?→ load (in parallel) ─→ store
//!     ↑              ↓ folders to watch      ↓ state of each zone: control socket, logs
//! file events, orders, a slow poll
//! ```
//!
//! One thread, the keeper, owns the list of sources, so there is one writer and no lock around a
//! load. A file with mistakes never takes a zone away: what was served before is served on. A
//! folder that cannot be read is not an empty one.

mod file;
mod hint;
mod keeper;
mod load;
mod made;
mod order;
mod places;
mod say;
mod scan;
mod status;
mod way;

pub(crate) use hint::hint;
pub(crate) use keeper::Keeper;
pub(crate) use load::Loader;
pub(crate) use made::Made;
pub(crate) use order::{Handle, Order};
pub(crate) use scan::{list, missing, scan};
pub(crate) use status::{State, Status, Statuses};

#[cfg(test)]
mod tests;
