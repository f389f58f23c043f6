//! The log: appends to the current segment, shares syncs, and begins new segments.
//!
//! One lock guards the end of the log. The thread that syncs for others does so without it, so that
//! entries are added meanwhile; they wait for the next one.
//!
//! A sync that did not succeed says nothing of what is on the disk, and the next one would succeed
//! without having written it. So from then on nothing is taken, and what was not durable is void,
//! until all zones stand in a new image beside a new segment.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use wire::{Name, Serial};

use super::error::again;
use super::frame::{self, HEADER_LEN, Header, Kind};
use super::recover::{SEGMENT, file_name, recover};
use super::state::newer;
use super::{
    Disk, DiskFile, Entry, Journal, JournalError, Position, Recovered, Rotation, Stored, image,
    payload,
};

/// The journal of all zones in one folder.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    sizes: Sizes,
    end: Mutex<End>,
    /// A sync is over.
    synced: Condvar,
}

/// How large things become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Blocks of a segment are set aside by so many bytes.
    pub(super) step: u64,
    /// A segment of fewer bytes asks for no image.
    pub(super) segment: u64,
}

/// The end of the log.
#[derive(Debug)]
struct End {
    segment: Option<Segment>,
    /// The highest number of any file.
    number: u64,
    /// The last entry.
    last: u64,
    /// All entries up to this one are durable, or void.
    durable: u64,
    /// Entries that were never known durable and are in no image.
    void: Vec<RangeInclusive<u64>>,
    ceilings: BTreeMap<Name, Serial>,
    /// Somebody syncs.
    syncing: bool,
    /// An image is being written.
    imaging: bool,
    /// An image was asked for that is not there yet.
    owed: bool,
    /// How often in a row no image could be written.
    tries: u32,
    /// So many calls of [`Journal::tidy`] do nothing, since the last ones were in vain.
    pause: u32,
    image_size: u64,
    /// Why nothing is taken.
    failure: Option<Failure>,
    closed: bool,
    /// Room for one frame, kept between entries.
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    name: String,
    file: Arc<dyn DiskFile>,
    salt: u64,
    /// Where the next frame goes.
    at: u64,
    /// How far blocks are set aside.
    allocated: u64,
}

/// Files up to some number are not trusted any more.
#[derive(Debug)]
struct Failure {
    number: u64,
    source: io::Error,
}

impl Log {
    /// Reads what a folder holds and begins a new segment and image in it.
    ///
    /// If that cannot be written, what was read is given all the same, with a note; the log then
    /// takes nothing until a later [`Self::rotate`] and [`Self::finish_image`].
    ///
    /// # Errors
    /// When the folder cannot be read, is damaged or of a later version. No file is changed then.
    pub fn open(disk: Arc<dyn Disk>) -> Result<(Self, Recovered), JournalError> {
        Self::open_with(disk, SIZES)
    }

    pub(super) fn open_with(
        disk: Arc<dyn Disk>,
        sizes: Sizes,
    ) -> Result<(Self, Recovered), JournalError> {
        let found = recover(&*disk)?;
        let mut recovered = Recovered {
            zones: found.state.finish(found.clean),
            clean: found.clean,
            notes: found.notes,
        };
        let ceilings = recovered.zones.iter();
        let log = Self {
            sizes,
            end: Mutex::new(End {
                segment: None,
                number: found.number,
                last: found.last,
                durable: found.durable,
                void: Vec::new(),
                ceilings: ceilings
                    .map(|(zone, stored)| (zone.clone(), stored.ceiling))
                    .collect(),
                syncing: false,
                imaging: false,
                owed: false,
                tries: 0,
                pause: 0,
                image_size: 0,
                // What was read may be in the system's memory only, from a process whose sync went
                // wrong: it is not built on before all of it was written anew.
                failure: Some(Failure {
                    number: found.number,
                    source: io::Error::other("no image was written since the start"),
                }),
                closed: false,
                buffer: Vec::new(),
            }),
            synced: Condvar::new(),
            disk,
        };
        let begun = log.rotate().and_then(|rotation| {
            let zones = recovered.zones.iter();
            let zones = zones.map(|(zone, stored)| (zone.clone(), stored));
            log.finish_image(rotation, zones)
        });
        if let Err(error) = begun {
            recovered.notes.push(chain(&error));
            // Without a durable mark that serials are in use again, they are not exact next time.
            recovered.clean = false;
            for stored in recovered.zones.values_mut() {
                stored.serial = stored.ceiling.next();
            }
        }
        Ok((log, recovered))
    }

    /// Whether it is time for [`Self::rotate`]: the segment has grown beyond the last image, or
    /// nothing is taken any more. In the latter case it says so until it works again: do not ask in
    /// a tight loop.
    #[must_use]
    pub fn wants_image(&self) -> bool {
        let end = self.lock();
        let grown = |segment: &Segment| segment.at > self.sizes.segment.max(end.image_size);
        !end.closed
            && !end.imaging
            && (end.owed || end.failure.is_some() || end.segment.as_ref().is_some_and(grown))
    }

    /// Begins a new segment; all that was added before is durable then. Capture all zones before
    /// anything is added, then write them by [`Self::finish_image`], from any thread.
    ///
    /// # Errors
    /// When the segment cannot be begun; the log goes on as it was.
    pub fn rotate(&self) -> Result<Rotation, JournalError> {
        let mut end = self.lock_when_quiet();
        if end.closed {
            return Err(self.closed());
        }
        if end.failure.is_none() {
            self.sync(&mut end)?;
        }
        let failed = end.failure.as_ref().map(|failure| failure.number);
        let unused = |segment: &&Segment| {
            segment.at == HEADER_LEN as u64 && failed.is_none_or(|failed| segment.number > failed)
        };
        let number = match end.segment.as_ref().filter(unused) {
            Some(segment) => segment.number,
            None => self
                .begin_segment(&mut end)
                .inspect_err(|_| end.give_up())?,
        };
        end.imaging = true;
        Ok(Rotation {
            number,
            last: end.last,
            durable: end.durable,
            ceilings: end.ceilings.clone(),
        })
    }

    /// Writes what all zones were at a rotation: their serials and all contributions but those of
    /// the static layer. The older files go then.
    ///
    /// All that was added before the rotation must be in it, but for what flushing says is lost.
    /// A zone that is not among them is forgotten, so those that were recovered but are not served
    /// at present must be given too.
    ///
    /// # Errors
    /// When the image is not durable; the older files stay, and nothing is lost.
    pub fn finish_image<S: Borrow<Stored>>(
        &self,
        rotation: Rotation,
        zones: impl Iterator<Item = (Name, S)>,
    ) -> Result<(), JournalError> {
        let written = image::write(&*self.disk, &rotation, zones);
        let mut end = self.lock();
        end.imaging = false;
        end.image_size = written.inspect_err(|_| end.give_up())?;
        (end.owed, end.tries) = (false, 0);
        if end
            .failure
            .as_ref()
            .is_some_and(|failure| failure.number < rotation.number)
        {
            end.failure = None;
            end.durable = end.last;
        }
        drop(end);
        // Files that stay take room only; the next image takes them along.
        image::remove_older(&*self.disk, rotation.number).ok();
        Ok(())
    }

    /// Makes all durable and marks serials as exact. Nothing is taken any more after that.
    ///
    /// # Errors
    /// When the mark is not durable; the next start takes serials above the ceilings then.
    pub fn close(&self) -> Result<(), JournalError> {
        let mut end = self.lock_when_quiet();
        if end.closed {
            return Ok(());
        }
        self.sync(&mut end)?;
        self.add(&mut end, None)?;
        self.sync(&mut end)?;
        end.closed = true;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn is_untrusted(&self) -> bool {
        self.lock().failure.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, End> {
        // All steps under the lock leave a whole state behind.
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end, while nobody syncs.
    fn lock_when_quiet(&self) -> MutexGuard<'_, End> {
        let guard = self.synced.wait_while(self.lock(), |end| end.syncing);
        guard.unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry, or the end.
    fn add(&self, end: &mut End, entry: Option<&Entry<'_>>) -> Result<Position, JournalError> {
        if end.closed {
            return Err(self.closed());
        }
        let (None, Some(segment)) = (&end.failure, &mut end.segment) else {
            return Err(self.untrusted(end));
        };
        let sequence = end.last + 1;
        let lag = end.last - end.durable;
        end.buffer.clear();
        let start = frame::begin(&mut end.buffer);
        match entry {
            Some(entry) => payload::write(&mut end.buffer, lag, entry),
            None => payload::write_end(&mut end.buffer, lag),
        }
        let finished = frame::finish(&mut end.buffer, start, segment.salt, sequence);
        finished.map_err(|bytes| JournalError::TooBig {
            path: self.disk.path().to_owned(),
            bytes: bytes as u64,
            most: frame::MOST_PAYLOAD.into(),
        })?;
        let after = segment.at + end.buffer.len() as u64;
        // Without room nothing is written, so that nothing is to be taken back.
        let allocated = segment.allocate(after, self.sizes.step);
        let failed = |error| JournalError::io("write to", self.disk.path(), &segment.name, error);
        allocated.map_err(failed)?;
        let (file, at) = (Arc::clone(&segment.file), segment.at);
        let written = file.write_at(&end.buffer, at);
        if end.buffer.capacity() > MOST_BUFFER {
            end.buffer = Vec::new();
        }
        if let Err(error) = written {
            let failed = failed(again(&error));
            // A part of a frame may be a whole one, if what is missing is zeros.
            if file.sync_data().is_ok() {
                end.durable = end.last;
            }
            end.fail(error);
            return Err(failed);
        }
        segment.at = after;
        end.last = sequence;
        match entry {
            Some(Entry::Ceiling { zone, serial }) => match end.ceilings.get_mut(zone) {
                Some(ceiling) => *ceiling = newer(Some(*ceiling), *serial),
                None => drop(end.ceilings.insert(Name::clone(zone), *serial)),
            },
            Some(Entry::Forget { zone }) => drop(end.ceilings.remove(zone)),
            Some(Entry::Commit { .. }) | None => {}
        }
        Ok(Position(sequence))
    }

    /// Makes all entries durable while others wait for the lock.
    fn sync(&self, end: &mut End) -> Result<(), JournalError> {
        let (None, Some(segment)) = (&end.failure, &end.segment) else {
            return Err(self.untrusted(end));
        };
        if end.durable == end.last {
            return Ok(());
        }
        let synced = segment.file.sync_data();
        let name = segment.name.clone();
        self.settle(end, synced, end.last, &name)
    }

    /// Takes in how a sync went.
    fn settle(
        &self,
        end: &mut End,
        synced: io::Result<()>,
        upto: u64,
        name: &str,
    ) -> Result<(), JournalError> {
        let Err(error) = synced else {
            end.durable = end.durable.max(upto);
            return Ok(());
        };
        let failed = JournalError::io("sync", self.disk.path(), name, again(&error));
        end.fail(error);
        Err(failed)
    }

    fn begin_segment(&self, end: &mut End) -> Result<u64, JournalError> {
        // A number is used once, whatever became of its file.
        end.number += 1;
        let number = end.number;
        let name = file_name(number, SEGMENT);
        let header = Header {
            kind: Kind::Segment,
            number,
            first: end.last + 1,
            durable: end.durable,
            salt: self.disk.random(),
        };
        match self.make_segment(&name, header) {
            Ok(segment) => {
                end.segment = Some(segment);
                Ok(number)
            }
            Err(error) => {
                // Left behind it would do no harm: it holds no entry.
                self.disk.remove(&name).ok();
                Err(error)
            }
        }
    }

    fn make_segment(&self, name: &str, header: Header) -> Result<Segment, JournalError> {
        let failed = |action| move |error| JournalError::io(action, self.disk.path(), name, error);
        let file = self.disk.create(name).map_err(failed("make file"))?;
        let mut segment = Segment {
            number: header.number,
            name: name.to_owned(),
            file: file.into(),
            salt: header.salt,
            at: HEADER_LEN as u64,
            allocated: 0,
        };
        let allocated = segment.allocate(segment.at, self.sizes.step);
        allocated.map_err(failed("set blocks aside for"))?;
        let written = segment.file.write_at(&header.to_bytes(), 0);
        written.map_err(failed("write to"))?;
        segment.file.sync_data().map_err(failed("sync"))?;
        let synced = self.disk.sync_folder();
        synced.map_err(|error| JournalError::io("sync folder", self.disk.path(), "", error))?;
        Ok(segment)
    }

    fn closed(&self) -> JournalError {
        JournalError::Closed {
            path: self.disk.path().to_owned(),
        }
    }

    fn untrusted(&self, end: &End) -> JournalError {
        JournalError::Untrusted {
            path: self.disk.path().to_owned(),
            source: match &end.failure {
                Some(failure) => again(&failure.source),
                None => io::Error::other("an earlier write went wrong"),
            },
        }
    }
}

impl Journal for Log {
    fn append(&self, entry: Entry<'_>) -> Result<Position, JournalError> {
        self.add(&mut self.lock(), Some(&entry))
    }

    fn flush(&self, upto: Position) -> Result<(), JournalError> {
        let mut end = self.lock();
        loop {
            if end.void.iter().any(|void| void.contains(&upto.0)) {
                return Err(self.untrusted(&end));
            }
            if end.durable >= upto.0 {
                return Ok(());
            }
            if !end.syncing {
                break;
            }
            let waited = self.synced.wait(end);
            end = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let (None, Some(segment)) = (&end.failure, &end.segment) else {
            return Err(self.untrusted(&end));
        };
        let (file, name, last) = (Arc::clone(&segment.file), segment.name.clone(), end.last);
        end.syncing = true;
        drop(end);
        let synced = file.sync_data();
        let mut end = self.lock();
        end.syncing = false;
        let settled = self.settle(&mut end, synced, last, &name);
        drop(end);
        self.synced.notify_all();
        settled
    }

    fn tidy(
        self: Arc<Self>,
        renew: bool,
        capture: &mut dyn FnMut() -> Vec<(Name, Stored)>,
    ) -> Result<bool, JournalError> {
        let mut end = self.lock();
        end.owed |= renew;
        if end.pause > 0 {
            end.pause -= 1;
            return Ok(false);
        }
        drop(end);
        if !self.wants_image() {
            return Ok(false);
        }
        let rotation = self.rotate()?;
        let zones = capture().into_iter();
        let log = Arc::clone(&self);
        // An image that cannot be written is owed still, and the next call begins another.
        let write = move || log.finish_image(rotation, zones).is_ok();
        let thread = std::thread::Builder::new().name("journal-image".to_owned());
        match thread.spawn(write) {
            Ok(_) => Ok(true),
            Err(error) => {
                self.lock().imaging = false;
                let path = self.disk.path();
                Err(JournalError::io("start a thread for", path, "", error))
            }
        }
    }
}

impl End {
    /// Lets ever more calls pass before the next image: each one asks for all zones.
    fn give_up(&mut self) {
        self.tries = (self.tries + 1).min(6);
        self.pause = (1 << self.tries) - 1;
    }

    /// Trusts no file any more.
    fn fail(&mut self, source: io::Error) {
        if self.durable < self.last {
            self.void.push(self.durable + 1..=self.last);
        }
        self.failure = Some(Failure {
            number: self.number,
            source,
        });
    }
}

impl Segment {
    /// Sets blocks aside up to a place, or fails if there are none. On a file system that cannot do
    /// that, writing takes them.
    fn allocate(&mut self, upto: u64, step: u64) -> io::Result<()> {
        if upto <= self.allocated {
            return Ok(());
        }
        let mut to = upto.next_multiple_of(step);
        let mut allocated = self.file.preallocate(self.allocated, to);
        if allocated.as_ref().is_err_and(is_full) {
            to = upto.next_multiple_of(step.min(LEAST_STEP));
            allocated = self.file.preallocate(self.allocated, to);
        }
        if let Err(error) = allocated
            && is_full(&error)
        {
            return Err(error);
        }
        self.allocated = to;
        Ok(())
    }
}

/// Whether only room was lacking.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded | io::ErrorKind::StorageFull
    )
}

/// An error with its causes, as one line.
fn chain(error: &JournalError) -> String {
    let source = std::error::Error::source(error);
    let source = source.map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

const SIZES: Sizes = Sizes {
    step: 16 << 20,
    segment: 32 << 20,
};
/// What is set aside on a disk that is almost full.
const LEAST_STEP: u64 = 64 << 10;
/// A larger buffer is not kept.
const MOST_BUFFER: usize = 1 << 20;
