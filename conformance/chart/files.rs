//! The files of the chart and of these trials.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The chart's folder.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/zonewright")
}

/// A file beside these trials.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The values files that the chart brings as examples, in order, with the part of their name before
/// `-values.yaml`.
pub(crate) fn examples() -> Result<Vec<(String, PathBuf)>, String> {
    let folder = chart().join("ci");
    let entries = fs::read_dir(&folder).map_err(|error| say(&folder, &error))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| say(&folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(stem) = name.strip_suffix("-values.yaml") {
            found.push((stem.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

/// A file as text.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| say(path, &error))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| say(path, &error))
}

/// The documents of a YAML text, empty ones left out.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let all: Vec<Value> =
        serde_saphyr::from_multiple(text).map_err(|error| format!("read YAML: {error}"))?;
    Ok(all.into_iter().filter(|one| !one.is_null()).collect())
}

/// Whether to write what is expected, in place of comparing with it.
pub(crate) fn writes() -> bool {
    std::env::var_os("CHART_WRITE").is_some_and(|value| value == "1")
}

fn say(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
