//! Zones as BIND leaves them on the disk: a zone file, as text or raw, and the journal of what was
//! changed since it was written.
//!
//! ```text
//! NAME (text → file, or raw) ─→ records ─roll forward by NAME.jnl→ records at the last serial
//! ```
//!
//! A `named` that was killed has changes in the journal that its zone file lacks, and so has one that
//! runs: it writes the file some minutes later. Bytes in, records out; nothing is read from disks here.

mod journal;
mod raw;
mod roll;

use wire::Serial;

pub use raw::{RawError, is_raw, read_raw};
pub use roll::{Rolled, roll_forward};

/// Why a journal was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// It is something else.
    #[error("no journal of BIND: it begins with something else than \";BIND LOG V9\"")]
    Foreign,
    /// A transaction is not whole, or is none.
    #[error("damaged at byte {at}: {what}")]
    Damaged {
        /// Where.
        at: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// It does not lead on from the zone.
    #[error(
        "the zone has serial {zone}, and the journal leads from {begin} to {end}: they do not belong together"
    )]
    Gap {
        /// The serial of the zone.
        zone: Serial,
        /// The first serial of the journal.
        begin: Serial,
        /// The last one.
        end: Serial,
    },
    /// There is no SOA in the zone to begin with.
    #[error("the zone has no SOA record")]
    NoSoa,
}

#[cfg(test)]
mod tests;
