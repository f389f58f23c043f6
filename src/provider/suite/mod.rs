//! What every provider has to get right, as cases that are run against each of them.
//!
//! ```text
//! Case (states as text, or a script) ─→ Run ─ adjust, plan, ownership, apply ─→ provider ─→ World
//!                                        └────────── what is there, past the provider ←───────┘
//! ```
//!
//! A [`Subject`] is a provider with a [`World`] that it keeps its records in: a stand-in
//! ([`crate::sim`]) or a real server. After each step the world must hold what was asked for and nothing
//! else, and asking again must write nothing. What a provider's table of peculiarities says that it does
//! not take must be refused in words; such a case counts as skipped.

pub mod calls;
#[cfg(test)]
mod calls_tests;
mod capture;
mod case;
mod cases;
#[cfg(test)]
pub(crate) mod described;
mod given;
mod hosted;
mod judge;
mod line;
pub mod reference;
mod run;
#[cfg(test)]
mod secrets_tests;
mod steps;
mod subjects;
mod table;
#[cfg(test)]
mod tests;
mod world;

pub use case::{Case, Group, Named, Outcome, Script, Steps, What};
pub use cases::cases;
#[cfg(test)]
pub(crate) use given::Given;
pub use hosted::Hosted;
pub use judge::Mark;
pub use line::{Held, endpoints};
pub use run::{Run, Wrong, ensure};
pub use steps::{Passed, words};
pub use subjects::subjects;
pub use table::{Table, run, run_case};
pub use world::{Family, Later, SimWorld, Start, Subject, World, dump as told};

pub use crate::exec::Scope;
pub use crate::record::quirks::{NameRefusal, Names, Quirks, Refusal, TtlRule, Txt};
