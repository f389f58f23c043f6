//! Semantic checks of a whole zone, each an error or a warning.
//!
//! In go sorted records, repeats included; out come findings. A finding is an error where other
//! servers refuse the zone or where an RFC forbids what stands there and answers would depend on the
//! server; all else is a warning, and the zone is served. `zones/bad` has a case for each, with the
//! verdicts of `named-checkzone`, `kzonecheck` and `nsd-checkzone` beside it where they
//! differ from ours.
//!
//! Only the zone itself is looked at: names elsewhere are not resolved. One walk in canonical order
//! sees each name once, with the delegation or DNAME above it; what a name points to is looked up.

mod absent;
mod care;
mod cname;
mod data;
mod finding;
mod host;
mod keys;
mod name;
mod occluded;
mod rrset;
mod signed;
mod target;
mod unread;
mod walk;

pub use care::Care;
pub use finding::{Finding, Findings, Part, Spot};
pub use signed::{Stranger, Trust};
pub use unread::Unread;

use crate::records::Records;

/// Checks sorted records. What may stand in lines that could not be read is not missed.
#[must_use]
pub fn check(records: &Records, unread: &Unread, care: &Care) -> Findings {
    let mut findings = walk::Walk::new(records, unread, care).run();
    signed::check(records, unread, care, &mut findings);
    findings
}

#[cfg(test)]
mod tests;
