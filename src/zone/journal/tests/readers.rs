//! Readers while a commit waits for its journal: they see the old version, at once.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use wire::{Name, Rtype, Serial, Ttl};

use crate::Store;
use crate::journal::{Entry, Journal, JournalError, Position, Stored};
use crate::records::{Place, Records};

use super::{Says, change, name};

/// A journal that takes nothing before somebody else has read the zone.
#[derive(Debug)]
struct Reading {
    store: Weak<Store>,
    apex: Name,
    /// Which serial each of them saw; none, if reading took too long.
    seen: Mutex<Vec<Option<Serial>>>,
}

impl Reading {
    fn read(&self) {
        let (store, apex) = (self.store.upgrade().unwrap(), self.apex.clone());
        let (say, hear) = channel();
        std::thread::spawn(move || {
            let snapshot = store.snapshot();
            say.send(snapshot.zone(apex.as_ref()).map(crate::Zone::serial))
        });
        let seen = hear.recv_timeout(Duration::from_secs(10)).ok().flatten();
        self.seen.lock().unwrap().push(seen);
    }
}

impl Journal for Reading {
    fn append(&self, _: Entry<'_>) -> Result<Position, JournalError> {
        self.read();
        Ok(Position(1))
    }

    fn flush(&self, _: Position) -> Result<(), JournalError> {
        self.read();
        Ok(())
    }

    fn flushes(&self) -> u64 {
        0
    }

    fn tidy(
        self: Arc<Self>,
        _: bool,
        _: &mut dyn FnMut() -> Vec<(Name, Stored)>,
    ) -> Result<bool, JournalError> {
        Ok(false)
    }
}

#[test]
fn a_commit_under_way_keeps_no_reader_waiting() {
    let apex = name("example.");
    let soa = [&[0, 0][..], &[0, 0, 0, 1], &[0; 16]].concat();
    let mut records = Records::new(apex.clone());
    let ttl = Ttl::from_secs(60);
    records.push(apex.as_ref(), Rtype::SOA, ttl, &soa, Place::default());
    let store = Arc::new(Store::new([1, 2]));
    store.replace_static(&records).unwrap();
    let journal = Arc::new(Reading {
        store: Arc::downgrade(&store),
        apex: apex.clone(),
        seen: Mutex::default(),
    });
    store.keep_in(Arc::clone(&journal) as Arc<dyn Journal>, BTreeMap::new());
    let change = change("www.example.", Says::Address(1));
    let committed = store.commit(&apex, vec![change]).unwrap();
    let seen = journal.seen.lock().unwrap();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|seen| *seen == Some(Serial(1))), "{seen:?}");
    assert_eq!(committed.serial, Serial(2));
}
