//! The store's side of the journal: what is published is durable, or comes again by itself.
//!
//! ```text
//! updates: record (a ceiling where one is due, the changes, one flush) → publish
//! objects and files: publish, and note what was published; only a ceiling is flushed
//! every version: its step, or what it comes to → not flushed, but behind its changes
//! start: a zone's file + what is stored → the serial and the steps of before, if it is the same
//! ```
//!
//! Invariant: while the journal takes entries, no serial above a durable ceiling is answered, so that a
//! start after a crash begins above all that anybody was shown. A start makes the serials of all files
//! durable at once, before it answers.
//!
//! Where the journal takes nothing, zones are served all the same, and serials of what changes run on:
//! an answer is worth more. They come to be known once there is room again in that run. A start that
//! can write nothing leaves a name in the folder, so that the next one begins above what such a run may
//! have shown; on a read-only disk it cannot, and serials may step back after what it showed. A zone
//! that is what it was after an orderly end keeps its serial either way.

mod record;
mod resume;

pub(crate) use record::BLOCK;

#[cfg(test)]
mod cuts;
#[cfg(test)]
mod tests;
