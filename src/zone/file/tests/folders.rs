//! The files of `zones/good` load; those of `zones/bad` are reported as the `.err` beside them says.
//!
//! With `ZONES_WRITE=1` in the environment the `.err` files are written instead of compared.

use std::fs;
use std::path::{Path, PathBuf};

use wire::Name;

use super::super::{Loaded, load, parse_str, print};

const ZONES: &str = "../../zones";

fn zone_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(ZONES).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "zone")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    files
}

/// The origin is in the first line, or else in the name of the file.
fn load_file(path: &Path) -> (Name, Loaded) {
    let text = fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&text);
    let first = text.lines().next().unwrap_or_default();
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned() + ".";
    let origin = first.strip_prefix("; origin: ").unwrap_or(&stem);
    let origin = Name::from_text(origin.as_bytes(), None).unwrap();
    let loaded = load(path, &origin);
    (origin, loaded)
}

#[test]
fn good_zones_load_without_a_word_and_print_back() {
    for path in zone_files("good") {
        let (origin, loaded) = load_file(&path);
        assert_eq!(loaded.report.render(false), "", "{}", path.display());
        let records = loaded.records.unwrap();
        let mut text = String::new();
        print(origin.as_ref(), records.iter(), &mut text).unwrap();
        let again = parse_str(text.as_bytes(), "printed", &origin);
        assert_eq!(again.report.render(false), "", "{}", path.display());
        let again = again.records.unwrap();
        assert_eq!(again.len(), records.len());
        for (one, other) in records.iter().zip(again.iter()) {
            assert_eq!(
                (one.owner, one.rtype, one.ttl),
                (other.owner, other.rtype, other.ttl)
            );
            assert_eq!(one.rdata, other.rdata);
        }
    }
}

#[test]
fn bad_zones_are_reported_word_for_word() {
    let write = std::env::var_os("ZONES_WRITE").is_some();
    let mut wrong = Vec::new();
    for path in zone_files("bad") {
        let (_, loaded) = load_file(&path);
        let found = loaded.report.render(false).replace(ZONES, "zones");
        assert_eq!(loaded.records.is_some(), loaded.report.errors() == 0);
        let expected = path.with_extension("err");
        if write {
            fs::write(&expected, &found).unwrap();
        } else if found != fs::read_to_string(&expected).unwrap_or_default() {
            wrong.push(format!("{}:\n{found}", path.display()));
        } else if found.is_empty() {
            wrong.push(format!("{}: nothing found", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
