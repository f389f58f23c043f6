//! Files as they are on the disk right now, so that a change can be told.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::way::way;

/// What tells one version of a file from another. The time of the last change of the inode covers
/// permissions; the inode covers symbolic links that lead elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A file that a zone was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// As it was named.
    pub(crate) path: PathBuf,
    /// The links that led to it, and last where it is.
    pub(crate) way: Vec<PathBuf>,
    fingerprint: Option<Fingerprint>,
}

impl File {
    /// The file as it is now.
    pub(crate) fn look(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            way: way(path),
            fingerprint: fingerprint(path),
        }
    }

    /// Whether it is no longer what it was.
    pub(crate) fn has_changed(&self) -> bool {
        fingerprint(&self.path) != self.fingerprint
    }

    /// Whether there is nothing under its name now.
    pub(crate) fn is_missing(&self) -> bool {
        fingerprint(&self.path).is_none()
    }

    /// Whether a path means this file.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        self.path == path || self.way.iter().any(|entry| entry == path)
    }
}

fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Fingerprint {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_contents_links_and_existence_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zone");
        let missing = File::look(&path);
        assert!(!missing.has_changed());
        std::fs::write(&path, "1").unwrap();
        assert!(missing.has_changed());
        let link = folder.path().join("link.zone");
        std::os::unix::fs::symlink("a.zone", &link).unwrap();
        let file = File::look(&link);
        assert!(!file.has_changed());
        assert!(file.is_at(&link));
        assert!(file.is_at(&path.canonicalize().unwrap()));
        std::fs::write(&path, "12").unwrap();
        assert!(file.has_changed(), "what a link leads to is the file");
        std::fs::remove_file(&path).unwrap();
        assert!(file.is_missing());
    }
}
