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
//! have shown. Where there is not even that, on a read-only disk, time is what is left: each start
//! passes over some serials for each second since something was written last, before the first version
//! of its own. So a serial is of one contents there too, as long as a zone does not change many times a
//! second, nor the clock step back. What cannot be held: a zone that is found as it was keeps its serial
//! of then, though later ones may have been shown; and a serial that a file gives is taken as given.

mod recall;
mod record;
mod resume;

pub use record::BLOCK;

#[cfg(test)]
mod cuts;
#[cfg(test)]
mod tests;
