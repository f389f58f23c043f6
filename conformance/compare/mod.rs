//! The same queries to BIND, Knot, NSD and us, side by side on the same zones, answer by answer.
//!
//! A difference between us and all others is a failure. Where the others differ among themselves,
//! the RFC decides, and the decision stands in `splits.txt`; a split that is not listed is a failure
//! too, and so is a listed one that no longer occurs.
//!
//! ```text
//! groups.txt → zones → queries ─┐
//! packets.txt ──────────────────┴→ exchange with all → aspects → verdict (splits.txt) → report
//! ```
//!
//! BIND and NSD are told to answer minimally, as Knot and we do by themselves.

pub(crate) mod aspect;
pub(crate) mod group;
pub(crate) mod pattern;
pub(crate) mod queries;
pub(crate) mod run;
pub(crate) mod split;
pub(crate) mod trials;
pub(crate) mod verdict;
