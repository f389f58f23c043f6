//! The places on the disk whose events matter, and the folders to watch for them.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// Where something must happen for a look at the files to be worth it.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The folders that are watched.
    pub(super) folders: BTreeSet<PathBuf>,
    /// Files, and links on the way to them.
    entries: HashSet<PathBuf>,
    /// Folders of zones: whatever happens in them matters.
    whole: HashSet<PathBuf>,
}

impl Places {
    /// The entries that files depend on, and the ways to folders of zones.
    pub(super) fn new(
        of_files: impl Iterator<Item = PathBuf>,
        of_folders: impl Iterator<Item = Vec<PathBuf>>,
    ) -> Self {
        let mut entries: HashSet<PathBuf> = of_files.collect();
        let mut whole = HashSet::new();
        for way in of_folders {
            whole.extend(way.last().filter(|end| end.is_dir()).cloned());
            entries.extend(way);
        }
        let above = entries.iter().filter_map(|entry| entry.parent());
        let folders = above.map(Path::to_owned).chain(whole.iter().cloned());
        Self {
            folders: folders.collect(),
            entries,
            whole,
        }
    }

    /// Whether an event of these paths may change what is served.
    pub(super) fn matter(&self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| {
            self.entries.contains(path)
                || self.folders.contains(path)
                || path
                    .parent()
                    .is_some_and(|folder| self.whole.contains(folder))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_on_the_way_matter() {
        let folder = tempfile::tempdir().unwrap();
        let zones = folder.path().canonicalize().unwrap();
        let files = ["/tmp-of-all/link", "/volume/..data"].map(PathBuf::from);
        let places = Places::new(files.into_iter(), std::iter::once(vec![zones.clone()]));
        let matter = |path: &str| places.matter(&[PathBuf::from(path)]);
        assert!(matter("/tmp-of-all/link") && matter("/volume/..data") && matter("/volume"));
        assert!(!matter("/tmp-of-all/other") && !matter("/elsewhere"));
        assert!(places.matter(&[zones.join("new.zone")]));
        assert!(places.folders.contains(&zones));
    }
}
