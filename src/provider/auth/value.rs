//! A secret that is given, or that a file holds.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use plan::{ErrorKind, ProviderError};

use super::fault;
use super::file::read;
use crate::client::Secret;

/// Where a secret comes from.
#[derive(Clone)]
pub enum Value {
    /// A file, read each time: secrets that are mounted change under a running process, and such a
    /// file is small.
    File(PathBuf),
    /// Settings.
    Given(Secret),
    /// A text in a JSON file, read each time.
    Member(PathBuf, &'static str),
}

impl Value {
    /// As settings write it: `file:PATH`, or the secret itself.
    #[must_use]
    pub fn from_setting(text: &str) -> Self {
        match text.strip_prefix("file:") {
            Some(path) => Self::File(path.into()),
            None => Self::Given(text.trim().into()),
        }
    }

    /// The secret as it is now, without blanks around it.
    ///
    /// # Errors
    /// The file cannot be read, or nothing is in it.
    pub fn read(&self) -> Result<Secret, ProviderError> {
        let path = match self {
            Self::File(path) => path,
            Self::Given(secret) => return Ok(secret.clone()),
            Self::Member(path, name) => return member(path, name),
        };
        let whole = read(path)?;
        let secret = Secret::new(whole.expose().trim());
        if secret.is_empty() {
            let message = format!("file \"{}\" is empty; expected a secret", path.display());
            return Err(fault(ErrorKind::Config, message));
        }
        Ok(secret)
    }
}

/// A text in a JSON file.
fn member(path: &Path, name: &str) -> Result<Secret, ProviderError> {
    let text = read(path)?;
    // Some tools write a mark of the byte order first.
    let text = text.expose().trim_start_matches('\u{feff}');
    let file: Option<HashMap<String, serde_json::Value>> = serde_json::from_str(text).ok();
    let found = file.and_then(|mut file| match file.remove(name)? {
        serde_json::Value::String(text) if !text.is_empty() => Some(Secret::new(text)),
        _ => None,
    });
    let missing = || {
        let message = format!("file \"{}\" has no \"{name}\"", path.display());
        fault(ErrorKind::Config, message)
    };
    found.ok_or_else(missing)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Given(secret) => secret.fmt(f),
            Self::Member(path, name) => write!(f, "{name} in {}", path.display()),
        }
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::Given(secret)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Given(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let value = Value::from_setting(&format!("file:{}", path.display()));
        let error = value.read().unwrap_err();
        assert_eq!(error.message, format!("read \"{}\"", path.display()));
        for token in ["one", "two\n"] {
            std::fs::write(&path, token).unwrap();
            assert_eq!(value.read().unwrap().expose(), token.trim());
        }
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(value.read().unwrap_err().kind, ErrorKind::Config);
        let given = Value::from_setting("hunter22");
        assert_eq!(format!("{given:?}"), "***");
        assert_eq!(given.read().unwrap().expose(), "hunter22");
    }
}
