//! What the journal asks of a disk, so that tests can put one that forgets in its place.

use std::fmt::Debug;
use std::io;
use std::path::Path;

/// One folder of files. What is done to names lasts from the next [`Disk::sync_folder`] on.
pub trait Disk: Send + Sync + Debug {
    /// Where it is, for messages.
    fn path(&self) -> &Path;

    /// The names of all files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file for reading.
    ///
    /// # Errors
    /// When there is none, or it may not be read.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Makes an empty file, in place of one with this name.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, in place of one that has it.
    ///
    /// # Errors
    /// When it cannot be renamed; either name may be there then.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away.
    ///
    /// # Errors
    /// When it cannot be taken away.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// When something was written to a file last, in seconds since 1970.
    ///
    /// # Errors
    /// When there is none, or the disk does not say.
    fn changed(&self, name: &str) -> io::Result<u64>;

    /// Makes all that was done to names durable.
    ///
    /// # Errors
    /// When any of it may not be.
    fn sync_folder(&self) -> io::Result<()>;

    /// Random bits, which nobody who sends records can guess.
    fn random(&self) -> u64;
}

/// One file. What is written lasts from the next [`DiskFile::sync_data`] on.
pub trait DiskFile: Send + Sync + Debug {
    /// How many bytes it has.
    ///
    /// # Errors
    /// When the disk does not say.
    fn size(&self) -> io::Result<u64>;

    /// What tells it from all other files, under whatever name it stands.
    ///
    /// # Errors
    /// When the disk does not say.
    fn identity(&self) -> io::Result<[u64; 2]>;

    /// Reads bytes from a place on; gives how many, none at the end.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;

    /// Writes all bytes to a place.
    ///
    /// # Errors
    /// When not all of them were written; some may be.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Sets blocks aside for the bytes of a range, which are zero until they are written.
    ///
    /// # Errors
    /// When there are none, or the file system cannot do that; writing may work all the same.
    fn preallocate(&self, from: u64, to: u64) -> io::Result<()>;

    /// Makes all that was written durable.
    ///
    /// # Errors
    /// When any of it may not be, now or ever: another call does not help.
    fn sync_data(&self) -> io::Result<()>;
}
