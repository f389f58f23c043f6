//! Events of files: folders in, a nudge to the keeper of zones out.
//!
//! Folders are watched, not files: editors, `git` and Kubernetes' volumes replace files and links by
//! renaming. What an event means is left to whoever is nudged, who compares the files themselves;
//! this only tells a file that is still being written from one that is complete.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Something happened to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nudge {
    /// Something was written, made, renamed or removed, and is complete.
    Done(Vec<PathBuf>),
    /// Events were lost.
    Lost,
    /// Someone is writing to these files.
    Writing(Vec<PathBuf>),
}

/// Watches folders.
#[derive(Debug)]
pub(crate) struct Watcher {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
}

impl Watcher {
    /// A watcher that nudges by a channel. Where the system has none to give, changes are found by
    /// the slow poll only.
    pub(crate) fn new<T: Send + 'static>(
        keeper: SyncSender<T>,
        wrap: impl Fn(Nudge) -> T + Send + 'static,
    ) -> Self {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Some(nudge) = judge(event) else {
                return;
            };
            match keeper.try_send(wrap(nudge)) {
                // A full channel is full of nudges, and each of them leads to a look at all files.
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::warn!(%error, "files are not watched, changes are found every ten seconds");
        });
        Self {
            watcher: watcher.ok(),
            folders: BTreeSet::new(),
        }
    }

    /// Watches exactly these folders from now on. Those that cannot be watched are tried again at
    /// the next call.
    pub(crate) fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        for gone in self.folders.difference(&folders) {
            // A folder that was removed is no longer watched anyway.
            let _gone_already = watcher.unwatch(gone).is_err();
        }
        let mut watched: BTreeSet<PathBuf> = self.folders.intersection(&folders).cloned().collect();
        for new in folders {
            if watched.contains(&new) {
                continue;
            }
            match watcher.watch(&new, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(new);
                }
                Err(error) => {
                    tracing::debug!(folder = %new.display(), %error, "folder is not watched");
                }
            }
        }
        self.folders = watched;
    }

    /// Forgets a folder whose watch may be gone with it, so that the next call watches it anew.
    pub(crate) fn forget(&mut self, paths: &[PathBuf]) {
        for path in paths {
            self.folders.remove(path);
        }
    }
}

fn judge(event: notify::Result<Event>) -> Option<Nudge> {
    let Ok(event) = event else {
        return Some(Nudge::Lost);
    };
    if event.need_rescan() {
        return Some(Nudge::Lost);
    }
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Metadata(_) | ModifyKind::Name(_))
        | EventKind::Remove(_) => Some(Nudge::Done(event.paths)),
        // A new file is about to be written; a link, or a second name of a file, is complete.
        EventKind::Create(_) if !event.paths.iter().all(|path| is_link(path)) => {
            Some(Nudge::Writing(event.paths))
        }
        EventKind::Create(_) => Some(Nudge::Done(event.paths)),
        EventKind::Modify(_) => Some(Nudge::Writing(event.paths)),
        EventKind::Access(_) | EventKind::Any | EventKind::Other => None,
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| !metadata.is_file() || metadata.nlink() > 1)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Duration;

    use super::*;

    /// Waits for a nudge about a file; others may come before it.
    fn wait_for(nudges: &Receiver<Nudge>, expected: &Nudge) {
        loop {
            let nudge = nudges.recv_timeout(Duration::from_secs(10)).unwrap();
            if nudge == *expected {
                return;
            }
        }
    }

    #[test]
    fn writing_renaming_and_removing_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, nudges) = sync_channel(100);
        let mut watcher = Watcher::new(sender, |nudge| nudge);
        watcher.follow(BTreeSet::from([folder.path().to_owned()]));
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        std::fs::write(&old, "text").unwrap();
        wait_for(&nudges, &Nudge::Writing(vec![old.clone()]));
        wait_for(&nudges, &Nudge::Done(vec![old.clone()]));
        std::fs::rename(&old, &new).unwrap();
        wait_for(&nudges, &Nudge::Done(vec![new.clone()]));
        std::os::unix::fs::symlink("new", &old).unwrap();
        wait_for(&nudges, &Nudge::Done(vec![old]));
        std::fs::remove_file(&new).unwrap();
        wait_for(&nudges, &Nudge::Done(vec![new]));
    }
}
