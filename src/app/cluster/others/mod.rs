//! The other copies, while we lead: each is told of every version, and answers once it has it.
//!
//! ```text
//! version ─→ to tell (a set of zones a copy) ─ NOTIFY, by a kept connection ─→ answered: it has the version
//! wait for a version ─┬ every ready copy has it ─→ done
//!                     └ half a second is over ───→ done
//! ```
//!
//! A copy is ready once it has answered, until it fails to. Nobody waits for one that is not.

mod places;
mod tell;
mod wait;

pub(super) use self::places::Places;
pub(super) use self::tell::run;
pub(super) use self::wait::Others;
