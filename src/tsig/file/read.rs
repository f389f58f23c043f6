//! The one function that reads from a disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::KeyFileError;
use crate::Keys;

/// No file of keys is larger; a device or a log is.
const MAX_LEN: u64 = 1 << 20;

impl Keys {
    /// Reads a file of keys.
    ///
    /// # Errors
    /// When it cannot be read, or for the first fault in its text.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Read {
            path: path.to_owned(),
            source,
        };
        let no_text = || KeyFileError::NoText {
            path: path.to_owned(),
        };
        let mut bytes = Zeroizing::new(Vec::new());
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_LEN + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let text = str::from_utf8(&bytes).ok();
        let text = text.filter(|_| bytes.len() as u64 <= MAX_LEN);
        Self::from_text(text.ok_or_else(no_text)?).map_err(|error| KeyFileError::Text {
            path: path.to_owned(),
            error,
        })
    }
}
