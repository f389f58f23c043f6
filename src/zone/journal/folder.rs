//! A real folder as a [`Disk`], held by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, fallocate};

use super::{Disk, DiskFile, JournalError};

/// A folder that no other process uses as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The system lets go of the lock when this is closed, however the process ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none, and takes it for this process.
    ///
    /// # Errors
    /// When it cannot be made or locked, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        make_folder(path)?;
        let failed = |error| JournalError::io("lock", path, LOCK, error);
        let mut lock = open_lock(&path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Who it is only makes the message better.
                let read = lock.take(32).read_to_string(&mut text);
                return Err(JournalError::InUse {
                    path: path.to_owned(),
                    pid: read.ok().and_then(|_| text.trim().parse().ok()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // On a full or read-only disk the lock holds all the same.
        let noted = lock
            .set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        noted.ok();
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }
}

/// Makes a folder that is not there; it lasts, and so does each folder above it that was missing.
fn make_folder(path: &Path) -> Result<(), JournalError> {
    let missing = path.ancestors().take_while(|folder| !folder.is_dir());
    let missing: Vec<&Path> = missing
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.map_err(|error| JournalError::io("make folder", path, "", error))?;
    for parent in missing.into_iter().filter_map(Path::parent) {
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        let synced = File::open(parent).and_then(|parent| parent.sync_all());
        synced.map_err(|error| JournalError::io("sync folder", parent, "", error))?;
    }
    Ok(())
}

/// On a read-only disk what is stored can still be read, so the lock must be had there too.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = options();
    match options.truncate(false).open(path) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => File::open(path),
        opened => opened,
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

impl Disk for Folder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::open(self.path.join(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = options().truncate(true).open(self.path.join(name))?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn changed(&self, name: &str) -> io::Result<u64> {
        let seconds = std::fs::metadata(self.path.join(name))?.mtime();
        u64::try_from(seconds).map_err(io::Error::other)
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn random(&self) -> u64 {
        // Keys of the standard library's tables come from the system's random source.
        RandomState::new().hash_one(())
    }
}

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn identity(&self) -> io::Result<[u64; 2]> {
        let about = self.metadata()?;
        Ok([about.dev(), about.ino()])
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn preallocate(&self, from: u64, to: u64) -> io::Result<()> {
        let number = |value| i64::try_from(value).map_err(io::Error::other);
        let (from, len) = (number(from)?, number(to.saturating_sub(from))?);
        Ok(fallocate(self, FallocateFlags::empty(), from, len)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }
}

/// The file that a process locks; it holds the number of the process.
const LOCK: &str = "lock";
