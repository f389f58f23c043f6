//! What a zone holds, as it was listed and as we have changed it since.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::ledger::{Effect, Loose};
use crate::record::{Found, Key};
use crate::zones::Zone;

/// A zone and what is in it.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) zone: Zone,
    sets: BTreeMap<Key, Found>,
    /// When it was read; never, if it is not.
    read: Option<Instant>,
    /// Why it could not be read the last time.
    pub(super) failure: Option<String>,
    /// Whether something was done of which we do not know what came.
    pub(super) doubtful: bool,
    /// Whether there are edits that are not published.
    pub(super) unpublished: bool,
    /// Ownership records that may be there without their records.
    pub(super) loose: Vec<Loose>,
    /// Names with edits that are accepted but not made: what stands for each of them.
    pub(super) pending: BTreeMap<Box<str>, Box<str>>,
}

impl Contents {
    /// A zone that was not read yet. Edits of a process before us may not be published.
    pub(super) fn new(zone: Zone) -> Self {
        Self {
            zone,
            sets: BTreeMap::new(),
            read: None,
            failure: None,
            doubtful: false,
            unpublished: true,
            loose: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    /// Takes a whole listing.
    pub(super) fn take(&mut self, found: Vec<Found>) {
        let found = found.into_iter();
        self.sets = found.map(|it| (it.rrset.key.clone(), it)).collect();
        self.read = Some(Instant::now());
        self.failure = None;
        self.doubtful = false;
    }

    /// Whether what is known is not older than that, and nothing of it is in doubt.
    pub(super) fn is_fresh(&self, age: tokio::time::Duration) -> bool {
        !self.doubtful && self.read.is_some_and(|read| read.elapsed() <= age)
    }

    /// An RRset.
    pub(super) fn get(&self, key: &Key) -> Option<&Found> {
        self.sets.get(key)
    }

    /// What there is at a name.
    pub(super) fn at<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Found> {
        let first = Key {
            name: name.into(),
            rtype: wire::Rtype(0),
            set: Box::default(),
        };
        let from = self.sets.range(first..);
        let at = from.take_while(move |(key, _)| *key.name == *name);
        at.map(|(_, found)| found)
    }

    /// All RRsets.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Found> {
        self.sets.values()
    }

    /// Takes over what was made.
    pub(super) fn apply(&mut self, effects: Vec<Effect>) {
        for (key, after) in effects {
            match after {
                Some(found) => self.sets.insert(key, found),
                None => self.sets.remove(&key),
            };
        }
    }
}
