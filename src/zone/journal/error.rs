//! What can go wrong with the journal, with what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wire::Name;

use super::frame;

/// Why the journal could not do something.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It was closed.
    #[error("journal \"{path}\" is closed", path = path.display())]
    Closed {
        /// The folder.
        path: PathBuf,
    },
    /// What was durable is not there any more.
    #[error("\"{path}\": damaged at byte {byte}: {what}. {advice}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        byte: u64,
        /// What was expected there.
        what: &'static str,
        /// What to do, and what is lost then.
        advice: String,
    },
    /// It is not in files, and its place did not take what it was given.
    #[error("write to the journal in the cluster")]
    Elsewhere(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The zone has as much there as it may have.
    #[error(
        "the journal has {bytes} bytes of the zone \"{zone}\"; at most {most} are kept. Take records away, or let one server with a volume write this zone"
    )]
    Full {
        /// The zone.
        zone: Name,
        /// How much it has.
        bytes: u64,
        /// How much it may have.
        most: u64,
    },
    /// An update writes more than can be kept as one piece.
    #[error(
        "the update writes {bytes} bytes of the zone \"{zone}\" at once; at most {most} can be stored"
    )]
    Large {
        /// The zone.
        zone: Name,
        /// How much it writes.
        bytes: u64,
        /// How much it may write.
        most: u64,
    },
    /// The system did not do what it was asked for.
    #[error("{action} \"{path}\"{hint}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What to do about it.
        hint: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process uses the folder.
    #[error(
        "data folder \"{path}\" is in use by {holder}. Stop it, or give each process a folder of its own (--data-dir)",
        path = path.display(),
        holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process, if it says so.
        pid: Option<u32>,
    },
    /// The file is of a later version of this program.
    #[error(
        "\"{path}\" has format {version}, this program knows formats up to {known}. Run the program that wrote it, or give another --data-dir",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// Ours.
        known: u32,
    },
    /// An entry is larger than a frame can be.
    #[error("entry of {bytes} bytes for the journal \"{path}\"; at most {most} fit", path = path.display())]
    TooBig {
        /// The folder.
        path: PathBuf,
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        most: u64,
    },
    /// Something went wrong before; nothing is taken until a whole new image stands.
    #[error("journal \"{path}\" takes nothing until all zones are written to it anew, since an earlier write may be lost", path = path.display())]
    Untrusted {
        /// The folder.
        path: PathBuf,
        /// What went wrong then.
        #[source]
        source: io::Error,
    },
}

impl JournalError {
    /// Whether it says the same as another one, but for the number of a file: each attempt is made on a
    /// file of its own.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Io {
                    action,
                    path,
                    source,
                    ..
                },
                Self::Io {
                    action: other_action,
                    path: other_path,
                    source: other_source,
                    ..
                },
            ) => {
                let folder = path.parent() == other_path.parent();
                folder && action == other_action && source.kind() == other_source.kind()
            }
            _ => self.to_string() == other.to_string(),
        }
    }

    /// Whether there is no room for it, for this zone alone; nothing of it was written.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Large { .. })
    }

    /// An error of the system, with a hint for those that a user can do something about.
    pub(super) fn io(action: &'static str, path: &Path, name: &str, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull => {
                ": the disk is full. Free some space or make the volume larger"
            }
            io::ErrorKind::QuotaExceeded => ": the quota is used up. Free some space or raise it",
            io::ErrorKind::PermissionDenied => {
                ": not permitted. The folder must belong to the user that the server runs as"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                ": the file system is read-only. Mount it writable, or give another --data-dir"
            }
            _ => "",
        };
        let path = if name.is_empty() {
            path.to_owned()
        } else {
            path.join(name)
        };
        Self::Io {
            action,
            path,
            hint,
            source,
        }
    }

    /// A payload of so many bytes does not fit.
    pub(super) fn too_big(path: &Path, bytes: usize) -> Self {
        Self::TooBig {
            path: path.to_owned(),
            bytes: bytes as u64,
            most: frame::MOST_PAYLOAD.into(),
        }
    }
}

/// The same error of the system once more, for the next one who asks.
pub(super) fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(
        || io::Error::new(error.kind(), error.to_string()),
        io::Error::from_raw_os_error,
    )
}
