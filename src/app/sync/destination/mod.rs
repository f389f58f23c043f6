//! A destination at work: a task that keeps one place as the objects want it.
//!
//! ```text
//! names touched ─┐
//! interval ──────┼→ task ─→ look: list? → rows → adjust → plan → brake → write → apply → shadow
//! questions ─────┘                                   └→ say            └ refused: bisect, set aside
//! ```
//!
//! Nothing is written before the first whole listing. A pass that fails leaves its names to be looked
//! at again, after a pause that grows; where it is not known what was done, the place is listed anew.

mod leftovers;
mod look;
mod say;
mod search;
mod spans;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub(super) use search::Doubt;
pub(crate) use state::{Ask, Asks};
pub(super) use state::{Destination, Leftovers, Pace};
pub(super) use words::Words;
