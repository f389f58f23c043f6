//! Which files manifests are read from, and in which order.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file to read, or why a path cannot be followed.
pub(super) type Found = Result<PathBuf, (PathBuf, String)>;

/// The files of a path: itself, or what a folder and the folders in it hold, sorted by path.
///
/// Files of a folder count by their endings. Names that begin with a dot are passed over: editors
/// and version control keep theirs there, and a mounted ConfigMap its versions, to which the visible
/// links lead.
pub(super) fn files(path: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    match fs::metadata(path) {
        Err(error) => found.push(Err((path.to_owned(), error.to_string()))),
        Ok(about) if about.is_dir() => walk(path, &mut HashSet::new(), &mut found),
        Ok(_) => found.push(Ok(path.to_owned())),
    }
    found
}

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    // A pipe or a device would hold up all others.
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    let size = about.len();
    if size > MAX_SIZE {
        return Err(format!("{size} bytes are more than the {MAX_SIZE} allowed"));
    }
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    })
}

fn walk(folder: &Path, above: &mut HashSet<PathBuf>, found: &mut Vec<Found>) {
    let mut fail = |error: io::Error| found.push(Err((folder.to_owned(), error.to_string())));
    // A link to a folder above would lead around for ever.
    let real = match fs::canonicalize(folder) {
        Ok(real) => real,
        Err(error) => return fail(error),
    };
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return fail(error),
    };
    if !above.insert(real.clone()) {
        return;
    }
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            walk(&path, above, found);
        } else if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            found.push(Ok(path));
        }
    }
    above.remove(&real);
}

/// Endings of the files that are read.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// The largest file: a listing of a large cluster fits, a disk does not.
const MAX_SIZE: u64 = 1 << 30;
