//! The end of the log: the segment that grows, what of it is durable, and whether it is trusted.
//!
//! A sync that did not succeed says nothing of what is on the disk, and the next one would succeed
//! without having written it. So from then on nothing is taken, and what was not durable is void,
//! until all zones stand in a new image beside a new segment.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

use wire::{Name, Serial};

use super::error::again;
use super::frame::{self, Header, Kind, VERSION};
use super::growing::Growing;
use super::recover::{Files, Found, MARK, MOST_MARKS, SEGMENT, file_name};
use super::state::newer;
use super::{Disk, DiskFile, Entry, JournalError, Position, Rotation, payload};

/// The end of the log.
#[derive(Debug)]
pub(super) struct End {
    disk: Arc<dyn Disk>,
    sizes: Sizes,
    segment: Option<Growing>,
    /// The highest number of any file.
    number: u64,
    /// The last entry.
    last: u64,
    /// All entries up to this one are durable, or void.
    durable: u64,
    /// Entries that were never known durable, and need be in no image.
    void: Vec<RangeInclusive<u64>>,
    ceilings: BTreeMap<Name, Serial>,
    /// Somebody syncs without the lock.
    pub(super) syncing: bool,
    /// An image is being written.
    imaging: bool,
    /// An image was asked for that is not there yet.
    pub(super) owed: bool,
    /// How often in a row no image could be written.
    tries: u32,
    /// So many calls for an image do nothing, since the last ones were in vain.
    pause: u32,
    image_size: u64,
    /// Why the last image was not written, until somebody is told.
    pub(super) image_error: Option<JournalError>,
    /// Why nothing is taken.
    failure: Option<Failure>,
    pub(super) closed: bool,
    /// Room for one frame, kept between entries.
    buffer: Vec<u8>,
}

/// How large things become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Blocks of a segment are set aside by so many bytes.
    pub(super) step: u64,
    /// A segment of fewer bytes asks for no image.
    pub(super) segment: u64,
}

/// Files up to some number are not trusted any more.
#[derive(Debug)]
struct Failure {
    number: u64,
    source: io::Error,
}

/// A sync that is to be done without the lock.
#[derive(Debug)]
pub(super) struct Sync {
    pub(super) file: Arc<dyn DiskFile>,
    name: String,
    upto: u64,
}

/// What is known of an entry that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Durable,
    Void,
    Waiting,
}

impl End {
    /// The end of what was read. Nothing is taken before an image of it was written.
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        sizes: Sizes,
        found: &Found,
        ceilings: BTreeMap<Name, Serial>,
    ) -> Self {
        Self {
            disk,
            sizes,
            segment: None,
            number: found.number,
            last: found.last,
            durable: found.durable,
            void: Vec::new(),
            ceilings,
            syncing: false,
            imaging: false,
            owed: false,
            tries: 0,
            pause: 0,
            image_size: 0,
            image_error: None,
            // What was read may be in the system's memory only, from a process whose sync went
            // wrong: it is not built on before all of it was written anew.
            failure: Some(Failure {
                number: found.number,
                source: io::Error::other("what was found at the start could not be written anew"),
            }),
            closed: false,
            buffer: Vec::new(),
        }
    }

    /// Adds an entry, or the end.
    pub(super) fn add(&mut self, entry: Option<&Entry<'_>>) -> Result<Position, JournalError> {
        let done = self.write(entry);
        if self.buffer.capacity() > MOST_BUFFER {
            self.buffer = Vec::new();
        }
        done
    }

    fn write(&mut self, entry: Option<&Entry<'_>>) -> Result<Position, JournalError> {
        let (None, false, Some(segment)) = (&self.failure, self.closed, &mut self.segment) else {
            return Err(self.refusal());
        };
        let sequence = self.last + 1;
        let lag = self.last - self.durable;
        self.buffer.clear();
        let start = frame::begin(&mut self.buffer);
        match entry {
            Some(entry) => payload::write(&mut self.buffer, lag, entry),
            None => payload::write_end(&mut self.buffer, lag),
        }
        let finished = frame::finish(&mut self.buffer, start, segment.salt, sequence);
        finished.map_err(|bytes| JournalError::too_big(self.disk.path(), bytes))?;
        let (file, at) = (Arc::clone(&segment.file), segment.at);
        let after = at + self.buffer.len() as u64;
        // Without room nothing is written, so that nothing is to be taken back.
        let allocated = segment.allocate(after, self.sizes.step);
        let failed = |error| JournalError::io("write to", self.disk.path(), &segment.name, error);
        allocated.map_err(failed)?;
        if let Err(error) = file.write_at(&self.buffer, at) {
            // A part of a frame may be a whole one, if what is missing is zeros.
            let failed = failed(again(&error));
            // An error of a sync is told once, and who syncs now may be told of it.
            if !self.syncing && file.sync_data().is_ok() {
                self.durable = self.last;
            }
            self.fail(error);
            return Err(failed);
        }
        segment.at = after;
        self.last = sequence;
        match entry {
            Some(Entry::Ceiling { zone, serial }) => match self.ceilings.get_mut(zone) {
                Some(ceiling) => *ceiling = newer(Some(*ceiling), *serial),
                None => drop(self.ceilings.insert(Name::clone(zone), *serial)),
            },
            Some(Entry::Forget { zone }) => drop(self.ceilings.remove(zone)),
            Some(
                Entry::Commit { .. }
                | Entry::Passed { .. }
                | Entry::Shown { .. }
                | Entry::Step { .. },
            )
            | None => {}
        }
        Ok(Position(sequence))
    }

    /// Leaves a name behind that says that a run begins of which nothing may be stored. On a full
    /// disk there often is room for that yet.
    pub(super) fn mark(&mut self) -> io::Result<()> {
        if Files::list(&*self.disk).is_ok_and(|files| files.marks.len() >= MOST_MARKS) {
            return Ok(());
        }
        self.number += 1;
        self.disk.create(&file_name(self.number, MARK))?;
        self.disk.sync_folder()
    }

    /// What is known of an entry.
    pub(super) fn standing(&self, position: Position) -> Standing {
        if self.void.iter().any(|void| void.contains(&position.0)) {
            Standing::Void
        } else if self.durable >= position.0 {
            Standing::Durable
        } else {
            Standing::Waiting
        }
    }

    /// The sync that makes all entries durable.
    pub(super) fn sync(&self) -> Result<Sync, JournalError> {
        let (None, Some(segment)) = (&self.failure, &self.segment) else {
            return Err(self.refusal());
        };
        Ok(Sync {
            file: Arc::clone(&segment.file),
            name: segment.name.clone(),
            upto: self.last,
        })
    }

    /// Takes in how a sync went.
    pub(super) fn settle(&mut self, sync: &Sync, done: io::Result<()>) -> Result<(), JournalError> {
        match done {
            Ok(()) => {
                self.durable = self.durable.max(sync.upto);
                // Another write may have gone wrong meanwhile.
                if self.failure.is_some()
                    && let Some(void) = self.void.pop()
                    && *void.end() > sync.upto
                {
                    self.void
                        .push(*void.start().max(&(sync.upto + 1))..=*void.end());
                }
                Ok(())
            }
            Err(error) => {
                let failed = JournalError::io("sync", self.disk.path(), &sync.name, again(&error));
                self.fail(error);
                Err(failed)
            }
        }
    }

    /// Makes all entries durable while others wait for the lock; nobody may sync without it.
    pub(super) fn sync_here(&mut self) -> Result<(), JournalError> {
        let sync = self.sync()?;
        if self.durable == self.last {
            return Ok(());
        }
        let done = sync.file.sync_data();
        self.settle(&sync, done)
    }

    /// Sees whether the segment is still there. If not, all it holds is lost with it, and nothing is
    /// taken before all zones are written anew.
    pub(super) fn look(&mut self) {
        let segment = self
            .segment
            .as_ref()
            .filter(|_| self.failure.is_none() && !self.closed);
        let checked = segment.map(|segment| segment.check(&*self.disk));
        if let Some(Err(error)) = checked {
            self.fail(error);
        }
    }

    /// Whether it is time for a new image: the segment has grown beyond the last one, or nothing is
    /// taken any more.
    pub(super) fn wants_image(&self) -> bool {
        let most = self.sizes.segment.max(self.image_size);
        let grown = self
            .segment
            .as_ref()
            .is_some_and(|segment| segment.at > most);
        !self.closed && !self.imaging && (self.owed || self.failure.is_some() || grown)
    }

    /// Whether this call for an image is one of those that pass.
    pub(super) fn pauses(&mut self) -> bool {
        let pauses = self.pause > 0;
        self.pause = self.pause.saturating_sub(1);
        pauses
    }

    /// Begins a new segment, and an image to stand beside it; nobody may sync meanwhile.
    pub(super) fn rotate(&mut self) -> Result<Rotation, JournalError> {
        if self.closed {
            return Err(self.refusal());
        }
        if self.failure.is_none() {
            self.sync_here()?;
        }
        let failed = self.failure.as_ref().map(|failure| failure.number);
        let unused = |segment: &&Growing| {
            segment.is_empty() && failed.is_none_or(|failed| segment.number > failed)
        };
        let number = match self.segment.as_ref().filter(unused) {
            Some(segment) => segment.number,
            None => self.begin_segment().inspect_err(|_| self.give_up())?,
        };
        self.imaging = true;
        Ok(Rotation {
            number,
            last: self.last,
            durable: self.durable,
            ceilings: self.ceilings.clone(),
        })
    }

    /// Takes in how writing the image of a rotation went, and how many bytes it has.
    pub(super) fn image_done(
        &mut self,
        number: u64,
        written: Result<u64, JournalError>,
    ) -> Result<(), JournalError> {
        self.imaging = false;
        self.image_size = written.inspect_err(|_| self.give_up())?;
        (self.owed, self.tries) = (false, 0);
        let failed = self.failure.as_ref().map(|failure| failure.number);
        if failed.is_some_and(|failed| failed < number) {
            self.failure = None;
            self.durable = self.last;
        }
        Ok(())
    }

    /// The image of a rotation will not be written.
    pub(super) fn image_dropped(&mut self) {
        self.imaging = false;
        self.give_up();
    }

    /// Lets ever more calls pass before the next image: each one asks for all zones.
    fn give_up(&mut self) {
        self.tries = (self.tries + 1).min(MOST_TRIES);
        self.pause = (1 << self.tries) - 1;
    }

    /// Trusts no file any more.
    fn fail(&mut self, source: io::Error) {
        if self.durable < self.last && self.failure.is_none() {
            self.void.push(self.durable + 1..=self.last);
        }
        self.failure = Some(Failure {
            number: self.number,
            source,
        });
    }

    fn begin_segment(&mut self) -> Result<u64, JournalError> {
        // A number is used once, whatever became of its file.
        self.number += 1;
        let number = self.number;
        let name = file_name(number, SEGMENT);
        let header = Header {
            kind: Kind::Segment,
            version: VERSION,
            number,
            first: self.last + 1,
            durable: self.durable,
            salt: self.disk.random(),
        };
        let made = Growing::begin(&*self.disk, &name, header, self.sizes.step).inspect_err(|_| {
            // Left behind it would do no harm: it holds no entry.
            self.disk.remove(&name).ok();
        });
        self.segment = Some(made?);
        Ok(number)
    }

    #[cfg(test)]
    pub(super) fn is_untrusted(&self) -> bool {
        self.failure.is_some()
    }

    /// Why nothing is taken.
    pub(super) fn refusal(&self) -> JournalError {
        let path = self.disk.path().to_owned();
        match &self.failure {
            Some(failure) => JournalError::Untrusted {
                path,
                source: again(&failure.source),
            },
            None if self.closed => JournalError::Closed { path },
            None => JournalError::Untrusted {
                path,
                source: io::Error::other("the entry was lost earlier"),
            },
        }
    }
}

/// A larger buffer is not kept.
const MOST_BUFFER: usize = 1 << 20;
/// As a power of two: the most calls for an image that pass, a minute's.
const MOST_TRIES: u32 = 6;
