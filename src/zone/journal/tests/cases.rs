//! Single cases: what is written, cut and said.

use std::sync::Arc;

use wire::Serial;

use super::{Says, change, name};
use crate::journal::{Entry, Folder, Journal, Log};

#[test]
fn what_was_flushed_is_there_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let zone = name("example.org.");
    for round in 0..3_u32 {
        let disk = Folder::open(&path).unwrap();
        let (log, recovered) = Log::open(Arc::new(disk)).unwrap();
        assert_eq!(recovered.notes, Vec::<String>::new());
        assert!(!recovered.clean);
        let count = recovered
            .zones
            .get(&zone)
            .map_or(0, |stored| stored.changes.len());
        assert_eq!(count, round as usize);
        let changes = [change(
            &format!("host-{round}.example.org."),
            Says::Address(round),
        )];
        let serial = Serial(10 * (round + 1));
        let entry = Entry::Commit {
            zone: &zone,
            serial,
            changes: &changes,
        };
        let position = log.append(entry).unwrap();
        log.flush(position).unwrap();
    }
}
