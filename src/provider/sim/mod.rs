//! Stand-ins for the APIs of DNS hosts, for trials only: no port, no process, and the runtime's clock.
//!
//! ```text
//! provider → client → Sim ─ Faults ─ Dialect (one host's requests and answers) ─ ZoneStore (zones, strict)
//!                       └─ log                                                    └─ history
//! ```
//!
//! A dialect only translates: what DNS does not allow is refused by the store, and what goes wrong on
//! the way is the faults' part. All that was asked is in the log, and each state that the zones went
//! through in the history.

mod asked;
mod draft;
mod faults;
pub(crate) mod form;
mod meter;
mod rules;
mod server;
mod store;
mod zone;

pub use asked::{Asked, empty, number, page, store, text};
pub use draft::Draft;
pub use faults::{Fault, Faults, Random, Rule};
pub use form::{Form, Owner, Text};
pub use meter::Rate;
pub use rules::{Limits, Refused};
pub use server::{Broken, Dialect, Request, Response, SECRET, Seen, Sim, json, refusal};
pub use store::{Commit, Later, ZoneStore};
pub use zone::{Row, Set, SetKey, SimZone};
