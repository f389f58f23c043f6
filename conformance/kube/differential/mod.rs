//! The same cases for external-dns and for us: objects in, changes that a webhook is asked for out.
//!
//! ```text
//! sources/**/*.yaml ─→ case: flags, objects, records, steps
//!      → play: cluster.create → program --once → recorder → next step … → outcome
//! outcome of external-dns ─→ NAME.expected.json ─→ compare ←─ outcome of ours
//!                                  differences.yaml ─┘
//! ```
//!
//! Outcomes are compared as sets: order in lists, and how changes are cut into requests, say nothing.
//! What external-dns does is kept beside the cases, so that judging us needs no Go program;
//! `CONFORMANCE_EXTERNALDNS=record` writes it anew, `live` runs it again and fails where it changed,
//! and plays random cases (`CONFORMANCE_SEEDS=FROM..TO`) with both programs.

mod case;
mod compare;
mod moving;
mod outcome;
mod play;
mod pool;
mod random;
mod trials;
mod words;

pub use trials::{Mode, trials, trials_in};
