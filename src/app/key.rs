//! `zonewright key new`: a key with a random secret, printed or written where only its owner reads it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use config::{NewKey, Quoted};
use tsig::{Algorithm, Key};

use super::telemetry;

/// Makes a key.
///
/// # Errors
/// When it cannot be written, or there is a file already.
pub(super) fn make(new: &NewKey) -> anyhow::Result<ExitCode> {
    let algorithm: Algorithm = new.algorithm.parse()?;
    let key = Key::generate(new.name.as_ref(), algorithm, getrandom::fill);
    let text = key
        .map_err(|error| anyhow!("take random bytes from the system: {error}"))?
        .to_text();
    match &new.file {
        None => telemetry::print(text.as_bytes())?,
        Some(path) => write(path, text.as_bytes())?,
    }
    if algorithm.is_weak() {
        telemetry::say(&format!(
            "warning: {algorithm} is weak; use it only for clients that know nothing better\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a new file that only its owner may read.
fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let shown = path.to_string_lossy();
    let shown = Quoted(&shown);
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!(
            "file {shown} is there already, and may hold a key that is in use\n  hint: name a new file"
        ),
        _ => anyhow::Error::new(error).context(format!("make file {shown}")),
    })?;
    file.write_all(text)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("write key to {shown}"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::PermissionsExt;

    use config::Command;
    use tsig::Keys;

    use super::*;

    fn asked(arguments: &[&str]) -> NewKey {
        let arguments = ["key", "new"].iter().chain(arguments);
        match config::parse(arguments.map(OsString::from), &|_| None) {
            Ok(Command::Key(new)) => new,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_written_for_its_owner_only_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        for algorithm in Algorithm::ALL {
            let path = folder.path().join(algorithm.as_str());
            let path_text = path.to_string_lossy();
            let new = asked(&[
                "Up.Example",
                "--algorithm",
                algorithm.as_str(),
                "--file",
                &path_text,
            ]);
            make(&new).unwrap();
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let keys = Keys::read(&path).unwrap();
            let key = keys.get(&new.name).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let before = std::fs::read(&path).unwrap();
            let error = make(&new).unwrap_err().to_string();
            assert!(error.contains("is there already"), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
        let missing = folder.path().join("missing/key");
        let error = make(&asked(&["a", "--file", &missing.to_string_lossy()])).unwrap_err();
        assert!(error.to_string().starts_with("make file"), "{error}");
    }
}
