//! The brake on mass deletes: accidents (an upgrade, a wrong filter, a lost permission) look like
//! nobody wanting anything any more.
//!
//! ```text
//! changes of a pass ─→ hold ─→ less the deletes that are held ─→ destination
//!                       ↑ what went lately                            │
//!                       └───────────────── made ←─────────────────────┘
//! ```
//!
//! Per zone of one destination. What counts is the loss over a window as long as the interval between
//! full passes: deletes that were made in it and those that are wanted now. When they are more than a
//! share of what we own there, those that are wanted now are held, however few came at a time. A held
//! delete goes once it was wanted for the whole waiting time with all sources complete, or when
//! somebody releases the brake; it is forgotten as soon as it is not wanted any more. While deletes
//! are held, further ones join them, and the window stands still.
//!
//! A name that gets another type in the same pass is not a loss and never held, and a name that comes
//! back is lost no longer. A delete that somebody let go, or that stood long enough, does not count.

mod hold;
mod losses;
mod rules;
#[cfg(test)]
mod tests;

pub use hold::Brake;
pub use rules::{BrakeRules, Pass, Verdict};
