//! The store's side of the journal: what is published is durable, or comes again by itself.
//!
//! ```text
//! updates: record (a ceiling where one is due, the changes, one flush) → publish
//! objects and files: publish, and note what was published; only a ceiling is flushed
//! every version: its step, or what it comes to → not flushed, but behind its changes
//! start: a zone's file + what is stored → the serial and the steps of before, if it is the same
//! ```
//!
//! Invariant: no serial above a durable ceiling is ever answered, so that a start after a crash begins
//! above all that anybody was shown. A start makes the serials of all files durable at once, before it
//! answers.

mod record;
mod resume;

pub(crate) use record::BLOCK;

#[cfg(test)]
mod cuts;
#[cfg(test)]
mod tests;
