//! The segment that grows: where its next frame goes, and the blocks set aside for it.

use std::io;
use std::sync::Arc;

use super::frame::{HEADER_LEN, Header};
use super::{Disk, DiskFile, JournalError};

/// The segment that entries are added to.
#[derive(Debug)]
pub(super) struct Growing {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) salt: u64,
    /// Where the next frame goes.
    pub(super) at: u64,
    /// How far blocks are set aside.
    allocated: u64,
}

impl Growing {
    /// Makes a segment, with its header and its name durable.
    pub(super) fn begin(
        disk: &dyn Disk,
        name: &str,
        header: Header,
        step: u64,
    ) -> Result<Self, JournalError> {
        let failed = |action| move |error| JournalError::io(action, disk.path(), name, error);
        let file = disk.create(name).map_err(failed("make file"))?;
        let mut segment = Self {
            number: header.number,
            name: name.to_owned(),
            file: file.into(),
            salt: header.salt,
            at: HEADER_LEN as u64,
            allocated: 0,
        };
        let allocated = segment.allocate(segment.at, step);
        allocated.map_err(failed("set blocks aside for"))?;
        let written = segment.file.write_at(&header.to_bytes(), 0);
        written.map_err(failed("write to"))?;
        segment.file.sync_data().map_err(failed("sync"))?;
        let synced = disk.sync_folder();
        synced.map_err(|error| JournalError::io("sync folder", disk.path(), "", error))?;
        Ok(segment)
    }

    /// Whether its name still stands for it; a folder that was taken away takes all with it that is
    /// written to files without a name. Where that cannot be seen just now (no descriptor is left, say)
    /// it is taken to be there.
    pub(super) fn check(&self, disk: &dyn Disk) -> io::Result<()> {
        let named = match disk.open(&self.name) {
            Ok(file) => file.identity(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => return Ok(()),
        };
        match named.ok().zip(self.file.identity().ok()) {
            Some((named, own)) if named != own => {
                Err(io::Error::other("another file has its name"))
            }
            _ => Ok(()),
        }
    }

    /// Whether no entry was added yet.
    pub(super) fn is_empty(&self) -> bool {
        self.at == HEADER_LEN as u64
    }

    /// Sets blocks aside up to a place, or fails if there are none. On a file system that cannot do
    /// that, writing takes them.
    pub(super) fn allocate(&mut self, upto: u64, step: u64) -> io::Result<()> {
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

/// What is set aside on a disk that is almost full.
const LEAST_STEP: u64 = 64 << 10;
