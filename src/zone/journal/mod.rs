//! The journal: an append-only log of what the layers of zones say, which survives `kill -9` and
//! power cuts.
//!
//! ```text
//! entry → append (in the file) → flush (on the disk, one sync for all who wait) → publish
//! segment grows → rotate → image of all zones beside the new segment → older files go
//! open: newest whole image + the segments from it on → what was stored → a new segment, a new image
//! ```
//!
//! It holds the contributions of all layers but the static one, the serial after each commit, a
//! ceiling of serials per zone, and for incremental transfers what led to the version shown last,
//! with a sum over its records. It knows nothing of merging: what an entry says is given back as it
//! came. Entries are a sequence; what is found after a crash is a prefix of it that holds all that
//! was flushed.
//!
//! A file is a header of 64 bytes (magic, version, CRC, number, first sequence number, the one known
//! durable at its start, salt) and frames `[length][crc32][sequence ^ salt][payload]`, big-endian.
//! Sequence numbers rise by one. The salt is random, so that neither stale bytes nor record data
//! that somebody chose are ever taken for a frame. A payload begins with how many entries before it
//! were not known durable when it was written: a whole frame behind a damaged one tells by that
//! whether the damage is a torn tail, which is cut, or a loss, which is an error.

mod disk;
mod end;
mod entry;
mod error;
mod folder;
mod frame;
mod growing;
mod image;
mod log;
mod packed;
mod payload;
mod recover;
mod segment;
mod state;

pub use crate::durable::BLOCK;
pub use disk::{Disk, DiskFile};
pub use entry::{Entry, Journal, Position};
pub use error::JournalError;
pub use folder::Folder;
use image::Rotation;
pub use log::Log;
pub(crate) use packed::size;
pub use packed::{Replay, Unreadable, is_brought, pack, pack_zone};
pub use state::{Recovered, Shown, Stored};

#[cfg(test)]
pub(crate) mod tests;
