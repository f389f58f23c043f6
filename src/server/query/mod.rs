//! From a question to an answer: RFC 1034 §4.3.2 on a snapshot. No lock, no wait, no clock.
//!
//! ```text
//! question → zone → node ─┬→ data ──────────────→ answer, additional
//!                         ├→ CNAME or DNAME ────→ answer, and again with the target
//!                         ├→ cut ───────────────→ referral with glue
//!                         └→ nothing ───────────→ SOA
//! ```

mod additional;
mod chaos;
mod walk;

pub(crate) use additional::has_targets;
pub use chaos::Chaos;
pub(crate) use chaos::record as chaos_record;
pub(crate) use walk::{Asked, Made, Outcome, answer, zone_for};
