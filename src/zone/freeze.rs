//! What people ask of the store: to hold updates of a zone back, and to write all to the disk now.
//!
//! A zone that is frozen goes on changing with its file and with the names of objects; clients are
//! refused. That is kept in memory only: a restart thaws all.

use wire::{Name, Serial};

use crate::journal::{Entry, JournalError};
use crate::propose::StoreError;
use crate::store::{Store, Writers};

/// Why nothing was written to the disk.
#[derive(Debug, thiserror::Error)]
pub enum FlushError {
    /// It could not be made durable.
    #[error("write zones to the disk")]
    Journal(#[source] JournalError),
    /// There is no journal.
    #[error("nothing is kept on a disk: no --data-dir is set")]
    NoJournal,
    /// It is no zone of ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Refuses updates of a zone from now on; none is on its way when this returns. Gives the serial,
    /// and whether that is new.
    ///
    /// # Errors
    /// There is no such zone, or it is a copy.
    pub fn freeze(&self, apex: &Name) -> Result<(Serial, bool), StoreError> {
        let _settled = self.settle();
        let mut writers = self.lock();
        let serial = writers.own(apex)?;
        Ok((serial, writers.frozen.insert(apex.clone())))
    }

    /// Takes updates of a zone again. Gives the serial, and whether that is new.
    ///
    /// # Errors
    /// There is no such zone, or it is a copy.
    pub fn thaw(&self, apex: &Name) -> Result<(Serial, bool), StoreError> {
        let mut writers = self.lock();
        let serial = writers.own(apex)?;
        Ok((serial, writers.frozen.remove(apex)))
    }

    /// Whether updates of a zone are refused.
    #[must_use]
    pub fn is_frozen(&self, apex: &Name) -> bool {
        self.lock().frozen.contains(apex)
    }

    /// Waits until all that is published of a zone is on the disk, and with it all that was published
    /// before. Gives the serial.
    ///
    /// # Errors
    /// It is no zone of ours, or the disk does not do it.
    pub fn flush(&self, apex: &Name) -> Result<Serial, FlushError> {
        let journal = self.journal.get().ok_or(FlushError::NoJournal)?;
        let writers = self.lock();
        let serial = writers.own(apex)?;
        let writer = writers.zones.get(apex).map(|(_, writer)| writer);
        let shown = writer.and_then(|writer| writers.shown_of(apex, writer));
        let Some(shown) = shown else {
            return Ok(serial);
        };
        let position = journal.append(Entry::Shown { zone: apex, shown });
        drop(writers);
        let flushed = position.and_then(|position| journal.flush(position));
        flushed.map_err(FlushError::Journal)?;
        Ok(serial)
    }
}

impl Writers {
    /// The serial of a zone that is ours to change.
    fn own(&self, apex: &Name) -> Result<Serial, StoreError> {
        let apex = apex.clone();
        if self.copies.contains(&apex) {
            return Err(StoreError::IsCopy { apex });
        }
        if self.masks.contains_key(&apex) {
            return Err(StoreError::Behind { apex });
        }
        match self.served(&apex) {
            Some((_, writer)) => Ok(writer.zone.serial),
            None => Err(StoreError::NoZone { apex }),
        }
    }
}
