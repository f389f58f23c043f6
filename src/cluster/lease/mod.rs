//! Who leads: one holder of a Lease, and everybody else knows where it is.
//!
//! ```text
//! look → nobody's, or run out as we saw it → take (only if nobody was faster) → renew … → release
//!    └→ somebody's → watch until it is free
//! ```
//!
//! Other machines' clocks count nothing: a Lease has run out when it was seen unchanged for as long as
//! it lasts, by our own clock. The holder counts from before its last renewal was sent, and begins no
//! write after the renew deadline; between that and the end of the Lease nobody writes.

mod elect;
mod hear;
mod hold;
mod options;
mod record;
mod term;
mod word;

#[cfg(test)]
mod tests;

pub use elect::{elect, observe};
pub use options::{Candidate, LeaseOptions, Standing};
pub use term::Term;
pub use word::Word;
