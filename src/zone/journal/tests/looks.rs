//! A look at the folder once a second: whether what was begun in it is still there.

use std::sync::Arc;

use wire::Serial;

use super::sim::{Faults, Sim};
use super::{name, open_small};
use crate::journal::{Entry, Folder, Journal, JournalError, Log, Position};

fn add(log: &Log, serial: u32) -> Result<Position, JournalError> {
    log.append(Entry::Commit {
        zone: &name("example.org."),
        serial: Serial(serial),
        changes: &[],
    })
}

#[test]
fn a_folder_that_is_taken_away_is_noticed_and_a_new_one_is_filled() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let (log, _) = Log::open(Arc::new(Folder::open(&path).unwrap()), 0).unwrap();
    let log = Arc::new(log);
    add(&log, 1).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    let mut none = Vec::new;
    assert!(log.clone().tidy(false, &mut none).is_err());
    assert!(add(&log, 2).is_err());
    std::fs::create_dir(&path).unwrap();
    // Some calls pass after one that was in vain.
    let mut begun = (0..8).map(|_| log.clone().tidy(false, &mut none).unwrap());
    assert!(begun.any(|begun| begun));
    while log.is_untrusted() {
        std::thread::yield_now();
    }
    add(&log, 2).unwrap();
    assert!(std::fs::read_dir(&path).unwrap().count() >= 2);
}

#[test]
fn a_folder_that_cannot_be_looked_at_just_now_is_taken_to_be_there() {
    let disk = Sim::new(1);
    let (log, _) = open_small(&disk);
    let log = Arc::new(log);
    disk.set_faults(Faults::NoOpen);
    assert!(!log.clone().tidy(false, &mut Vec::new).unwrap());
    assert!(!log.is_untrusted());
    add(&log, 1).unwrap();
}
