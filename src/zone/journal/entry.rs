//! What a journal takes, and the trait that the writers of zones see.

use std::fmt::Debug;
use std::sync::Arc;

use wire::{Name, Serial};

use super::{JournalError, Shown, Stored};
use crate::history::Step;
use crate::sum::Sum;
use crate::writer::Change;

/// Where zones are made durable before they are published.
pub trait Journal: Send + Sync + Debug {
    /// Adds an entry behind all that were added before. It is not durable yet.
    ///
    /// # Errors
    /// When it was not added. On a full disk a later call may succeed; after any other error none
    /// does until [`Self::tidy`] has written all zones anew. It may be found after a crash then.
    fn append(&self, entry: Entry<'_>) -> Result<Position, JournalError>;

    /// Waits until an entry and all before it are durable. All who wait share one sync.
    ///
    /// # Errors
    /// When the entry may be lost. It stays so: asking again does not help, and the entry must be
    /// taken for not made, though it may be found after a crash.
    fn flush(&self, upto: Position) -> Result<(), JournalError>;

    /// How often entries were made durable so far.
    fn flushes(&self) -> u64;

    /// Begins to replace old entries by what all of them come to, when it is time for that or
    /// `renew` asks for it; tells whether it does. The rest happens in a thread of its own, and is
    /// tried again by a later call if it goes wrong: call it every second or so, and ask once.
    ///
    /// Nothing may be added from the call on until `capture` has returned, which is asked once at
    /// most and gives all zones, served or not: one that is missing loses what its layers say.
    ///
    /// # Errors
    /// When it cannot, or the thread of an earlier call could not; then it goes on as it was, and
    /// nothing is lost.
    fn tidy(
        self: Arc<Self>,
        renew: bool,
        capture: &mut dyn FnMut() -> Vec<(Name, Stored)>,
    ) -> Result<bool, JournalError>;
}

/// One entry.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// Serials up to this one may be published once the entry is durable. A lower one than before
    /// changes nothing.
    Ceiling {
        /// The zone.
        zone: &'a Name,
        /// The highest serial.
        serial: Serial,
    },
    /// One commit to a zone; without changes it only tells the serial.
    Commit {
        /// The zone.
        zone: &'a Name,
        /// Its serial from now on.
        serial: Serial,
        /// What its layers say from now on.
        changes: &'a [Change],
    },
    /// Serials up to this one may have been shown by runs that could write nothing.
    Passed {
        /// The zone.
        zone: &'a Name,
        /// The highest of them.
        serial: Serial,
    },
    /// A version of a zone that was shown; its history may have no step to it.
    Shown {
        /// The zone.
        zone: &'a Name,
        /// The version.
        shown: Shown,
    },
    /// What led to a version of a zone that was shown, for those who have the one before.
    Step {
        /// The zone.
        zone: &'a Name,
        /// What changed.
        step: &'a Step,
        /// The sum over the records of the later version.
        sum: Sum,
    },
    /// Nothing about this zone counts any more.
    Forget {
        /// The zone.
        zone: &'a Name,
    },
}

impl Entry<'_> {
    /// The entry as it is kept. A large step is not: all who write would wait for it, and one of a
    /// whole zone may not fit a frame. What it leads to is, and the steps begin anew there.
    pub(super) fn kept(self) -> Self {
        match self {
            Self::Step { zone, step, sum } if step.bytes() > MOST_STEP => {
                let serial = step.to;
                let shown = Shown { serial, sum };
                Self::Shown { zone, shown }
            }
            small => small,
        }
    }
}

/// The bytes of the largest step that is kept: many thousands of records.
const MOST_STEP: usize = 2 << 20;

/// The place of an entry in the order of all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u64);
