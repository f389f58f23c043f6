//! The way that a path takes: every link on it, and where it ends.
//!
//! A file changes when it is written to, and also when a link far away from it is made to lead
//! elsewhere: Kubernetes replaces the link `..data` of a volume, and a zone file may be a link into
//! that volume. Each of these places is an entry of some folder, and folders can be watched.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The entries of folders that decide what a path leads to: the links on its way, in order, and
/// last what it leads to, or the first entry that is missing. All are absolute, and no folder in
/// front of an entry is a link.
pub(super) fn way(path: &Path) -> Vec<PathBuf> {
    let mut entries = Vec::new();
    let Ok(start) = std::path::absolute(path) else {
        return entries;
    };
    // Steps to go, the next one last.
    let mut steps: Vec<OsString> = steps(&start).collect();
    let mut here = PathBuf::from("/");
    let mut links = 0;
    while let Some(step) = steps.pop() {
        if step == ".." {
            here.pop();
            continue;
        }
        let entry = here.join(&step);
        let Ok(about) = entry.symlink_metadata() else {
            entries.push(entry);
            return entries;
        };
        if !about.is_symlink() {
            here = entry;
            continue;
        }
        links += 1;
        let target = std::fs::read_link(&entry).unwrap_or_default();
        entries.push(entry);
        if links > MOST_LINKS {
            return entries;
        }
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        steps.extend(self::steps(&target));
    }
    entries.push(here);
    entries
}

/// The steps of a path, last one first; `.` and the root are none.
fn steps(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().rev().filter_map(|step| match step {
        Component::Normal(_) | Component::ParentDir => Some(step.as_os_str().to_owned()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    })
}

/// The kernel follows 40, then it takes them for a circle.
const MOST_LINKS: usize = 40;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_missing_entries_are_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let at = |path: &str| root.join(path);
        std::fs::create_dir_all(at("volume/..1/deep")).unwrap();
        std::fs::write(at("volume/..1/a.zone"), "").unwrap();
        std::fs::create_dir(at("zones")).unwrap();
        symlink("..1", at("volume/..data")).unwrap();
        symlink(at("volume/..data/a.zone"), at("zones/a.zone")).unwrap();
        symlink("../volume", at("zones/up")).unwrap();
        symlink("circle", at("circle")).unwrap();
        let shown = |path: &str| -> String {
            let way = way(&at(path));
            let entries = way.iter().map(|entry| {
                let entry = entry.strip_prefix(&root).unwrap();
                entry.to_string_lossy().into_owned()
            });
            entries.collect::<Vec<_>>().join(" ")
        };
        for (path, expected) in [
            ("volume/..1/a.zone", "volume/..1/a.zone"),
            (
                "zones/a.zone",
                "zones/a.zone volume/..data volume/..1/a.zone",
            ),
            ("zones/up/..data", "zones/up volume/..data volume/..1"),
            ("zones/up/../x", "zones/up x"),
            ("none/a.zone", "none"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
        assert_eq!(way(&at("circle")).len(), MOST_LINKS + 1);
    }
}
