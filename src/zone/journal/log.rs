//! The log: many threads add entries and wait for them, and old files are replaced beside.
//!
//! One lock guards the end of the log. The thread that syncs for others does so without it, so that
//! entries are added meanwhile; they wait for the next sync.

use std::borrow::Borrow;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use wire::Name;

use super::end::{End, Sizes, Standing};
use super::recover::recover;
use super::{Disk, Entry, Journal, JournalError, Position, Recovered, Rotation, Stored, image};

/// The journal of all zones in one folder.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    end: Mutex<End>,
    /// A sync is over.
    synced: Condvar,
    /// How often that happened for others.
    flushes: AtomicU64,
}

impl Log {
    /// Reads what a folder holds and begins a new segment and image in it.
    ///
    /// If that cannot be written, what was read is given all the same, with a note; the log then
    /// takes nothing until [`Journal::tidy`] has written all zones. The next start is told, if a
    /// name finds room, to begin above what this run may show; else it goes by the time since
    /// anything was written, for which `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When the folder cannot be read, is damaged or of a later version. No file is changed then.
    pub fn open(disk: Arc<dyn Disk>, now: u64) -> Result<(Self, Recovered), JournalError> {
        Self::open_with(disk, now, SIZES)
    }

    pub(super) fn open_with(
        disk: Arc<dyn Disk>,
        now: u64,
        sizes: Sizes,
    ) -> Result<(Self, Recovered), JournalError> {
        let mut found = recover(&*disk)?;
        // A clock that stepped back tells nothing.
        let silent = found.written.map_or(0, |then| now.saturating_sub(then));
        let state = std::mem::take(&mut found.state);
        let zones = state.finish(found.clean, found.unsaved, silent);
        let ceilings = zones.iter();
        let ceilings = ceilings.map(|(zone, stored)| (zone.clone(), stored.ceiling));
        let end = End::new(Arc::clone(&disk), sizes, &found, ceilings.collect());
        let log = Self {
            disk,
            end: Mutex::new(end),
            synced: Condvar::new(),
            flushes: AtomicU64::new(0),
        };
        let mut recovered = Recovered {
            zones,
            clean: found.clean,
            notes: found.notes,
        };
        let begun = log.rotate().and_then(|rotation| {
            let zones = recovered.zones.iter();
            let zones = zones.map(|(zone, stored)| (zone.clone(), stored));
            log.finish_image(rotation, zones)
        });
        if let Err(error) = begun {
            recovered.notes.push(chain(&error));
            // Where there is no room for that either, availability goes before serials.
            if log.lock().mark().is_err() {
                recovered.notes.push(NO_TRACE.to_owned());
            }
        }
        Ok((log, recovered))
    }

    /// Makes all durable and marks serials as exact. Nothing is taken any more after that.
    ///
    /// # Errors
    /// When the mark may not be durable; the next start takes serials above the ceilings then.
    pub fn close(&self) -> Result<(), JournalError> {
        let mut end = self.lock_when_quiet();
        if end.closed {
            return Ok(());
        }
        end.sync_here()?;
        end.add(None)?;
        end.sync_here()?;
        end.closed = true;
        Ok(())
    }

    /// Begins a new segment; all that was added before is durable then, or void. Capture all zones
    /// before anything is added, then write them by [`Self::finish_image`], from any thread.
    pub(super) fn rotate(&self) -> Result<Rotation, JournalError> {
        self.lock_when_quiet().rotate()
    }

    /// Writes what all zones were at a rotation. The older files go then.
    ///
    /// All that was added before the rotation must be in it, but for what flushing says is lost. A
    /// zone that is not among them is forgotten.
    pub(super) fn finish_image<S: Borrow<Stored>>(
        &self,
        rotation: Rotation,
        zones: impl Iterator<Item = (Name, S)>,
    ) -> Result<(), JournalError> {
        let written = image::write(&*self.disk, &rotation, zones);
        self.lock().image_done(rotation.number, written)?;
        // Files that stay take room only; the next image takes them along.
        image::remove_older(&*self.disk, rotation.number).ok();
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn is_untrusted(&self) -> bool {
        self.lock().is_untrusted()
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
}

impl Journal for Log {
    fn append(&self, entry: Entry<'_>) -> Result<Position, JournalError> {
        self.lock().add(Some(&entry.kept()))
    }

    fn flush(&self, upto: Position) -> Result<(), JournalError> {
        let waits = |end: &mut End| end.syncing && end.standing(upto) == Standing::Waiting;
        let guard = self.synced.wait_while(self.lock(), waits);
        let mut end = guard.unwrap_or_else(PoisonError::into_inner);
        match end.standing(upto) {
            Standing::Durable => return Ok(()),
            Standing::Void => return Err(end.refusal()),
            Standing::Waiting => {}
        }
        let sync = end.sync()?;
        end.syncing = true;
        drop(end);
        let done = sync.file.sync_data();
        self.flushes.fetch_add(1, Relaxed);
        let mut end = self.lock();
        end.syncing = false;
        let settled = end.settle(&sync, done);
        drop(end);
        self.synced.notify_all();
        settled
    }

    fn flushes(&self) -> u64 {
        self.flushes.load(Relaxed)
    }

    fn tidy(
        self: Arc<Self>,
        renew: bool,
        capture: &mut dyn FnMut() -> Vec<(Name, Stored)>,
    ) -> Result<bool, JournalError> {
        let mut end = self.lock_when_quiet();
        end.look();
        end.owed |= renew;
        if let Some(error) = end.image_error.take() {
            return Err(error);
        }
        if end.pauses() || !end.wants_image() {
            return Ok(false);
        }
        let rotation = end.rotate()?;
        drop(end);
        let zones = capture().into_iter();
        let log = Arc::clone(&self);
        // An image that cannot be written is owed still, and a later call begins another.
        let write = move || {
            let error = log.finish_image(rotation, zones).err();
            log.lock().image_error = error;
        };
        let thread = std::thread::Builder::new().name("journal-image".to_owned());
        match thread.spawn(write) {
            Ok(_) => Ok(true),
            Err(error) => {
                self.lock().image_dropped();
                let path = self.disk.path();
                Err(JournalError::io("start a thread for", path, "", error))
            }
        }
    }
}

/// An error with its causes, as one line.
fn chain(error: &JournalError) -> String {
    let source = std::error::Error::source(error);
    let source = source.map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

const NO_TRACE: &str = "this run leaves no trace in the data folder while nothing can be written to it: a \
    zone that a later run finds as it was before has its serial of before again, and others go on above \
    what was shown only if that was at most 16 versions a second and the clock does not step back";

const SIZES: Sizes = Sizes {
    step: 16 << 20,
    segment: 32 << 20,
};
