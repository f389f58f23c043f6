//! What tells a file from what it was before.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a file was like when it was looked at; links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<[i64; 6]>);

impl Stamp {
    /// Looks at a file. One that is not there has a stamp too.
    #[must_use]
    pub fn of(file: &Path) -> Self {
        let number = |number: u64| i64::from_ne_bytes(number.to_ne_bytes());
        let data = file.metadata().ok();
        Self(data.map(|data| {
            [
                number(data.ino()),
                number(data.size()),
                data.mtime(),
                data.mtime_nsec(),
                // Rights that were missing may be there now.
                data.ctime(),
                data.ctime_nsec(),
            ]
        }))
    }
}
