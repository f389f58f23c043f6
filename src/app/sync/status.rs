//! How a destination fares: written by its task, read by metrics and questions at any time.
//!
//! What is counted by type is carried along with every change, so that nobody has to walk all
//! records to know it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plan::diff::{Skip, Skipped};
use plan::registry::Shadow;
use plan::{Endpoint, RowName};
use provider::layer::Meter;
use wire::Rtype;

use crate::app::clock::Moment;

/// How a destination fares.
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) meter: Arc<Meter>,
    /// The time from events to what was made of them.
    pub(crate) latency: Latency,
    numbers: Mutex<Numbers>,
    tally: Mutex<Tally>,
}

/// What is shown of a destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// A full pass has been made with all objects known.
    pub(crate) synced: bool,
    /// Names held.
    pub(crate) names: usize,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) refused: usize,
    pub(crate) conflicts: usize,
    /// Deletes that the brake holds.
    pub(crate) held: usize,
    /// Passes that failed in a row.
    pub(crate) failures: u64,
    pub(crate) passes: u64,
    pub(crate) idle_passes: u64,
    /// Full passes that took an earlier listing, and that made one; without a time for which
    /// listings are kept neither is counted.
    pub(crate) cache_hits: u64,
    pub(crate) cache_misses: u64,
    /// Change sets given to a destination whose listings are kept.
    pub(crate) cache_applies: u64,
    pub(crate) last_error: Option<String>,
    /// When the last pass began, in seconds since 1970.
    pub(crate) last_begun: u64,
    /// When the last pass that went well ended, in seconds since 1970.
    pub(crate) last_done: u64,
}

/// Records by type, and those that are in the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// What is there.
    pub(crate) records: BTreeMap<Rtype, i64>,
    /// What is there and wanted.
    pub(crate) verified: BTreeMap<Rtype, i64>,
    /// Wanted records that the running full pass has found there or made.
    seen: Option<BTreeMap<Rtype, i64>>,
    skipped: BTreeMap<RowName, Vec<Mismatch>>,
}

/// A record of somebody else where something is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mismatch {
    pub(crate) rtype: Rtype,
    pub(crate) owner: String,
    pub(crate) domain: String,
}

impl Status {
    /// The numbers now.
    pub(crate) fn numbers(&self) -> Numbers {
        self.numbers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Numbers)) {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The records by type, there and verified.
    pub(crate) fn tally(&self) -> (BTreeMap<Rtype, i64>, BTreeMap<Rtype, i64>) {
        let tally = self.counts();
        (tally.records.clone(), tally.verified.clone())
    }

    /// How many records of others are in the way, by all that is told of them.
    pub(crate) fn mismatches(&self) -> BTreeMap<Mismatch, u64> {
        let mut counts = BTreeMap::new();
        for mismatch in self.counts().skipped.values().flatten() {
            *counts.entry(mismatch.clone()).or_default() += 1;
        }
        counts
    }

    /// A pass begins.
    pub(super) fn begin(&self, now: Moment) {
        self.change(|numbers| numbers.last_begun = now.unix_seconds());
        self.counts().seen = None;
    }

    /// The pass that has begun is over everything: what is wanted is counted anew.
    pub(super) fn recount(&self) {
        let mut tally = self.counts();
        tally.seen = Some(BTreeMap::new());
        tally.skipped.clear();
    }

    /// A pass went well.
    pub(super) fn end(&self, now: Moment) {
        self.change(|numbers| numbers.last_done = now.unix_seconds());
        let mut tally = self.counts();
        if let Some(seen) = tally.seen.take() {
            tally.verified = seen;
        }
    }

    /// The place was listed.
    pub(super) fn listed(&self, shadow: &Shadow) {
        let mut counts = BTreeMap::new();
        for endpoint in shadow.endpoints() {
            *counts.entry(endpoint.rtype).or_insert(0) += 1;
        }
        self.counts().records = counts;
    }

    /// This is wanted at the names that the pass looks at now.
    pub(super) fn wanted(&self, wanted: &[Endpoint], shadow: &Shadow) {
        if let Some(seen) = &mut self.counts().seen {
            add(seen, wanted.iter().filter(|wanted| shadow.has(wanted)), 1);
        }
    }

    /// The names are looked at anew, so what was in the way is in the way no longer.
    pub(super) fn look_at(&self, names: &[RowName]) {
        let mut tally = self.counts();
        if !tally.skipped.is_empty() {
            for name in names {
                tally.skipped.remove(name);
            }
        }
    }

    /// A record of somebody else is in the way.
    pub(super) fn skip(&self, skipped: &Skipped) {
        if skipped.reason == Skip::Previous {
            return;
        }
        let mut tally = self.counts();
        let mismatch = Mismatch {
            rtype: skipped.current.rtype,
            owner: skipped.foreign_owner().to_owned(),
            domain: skipped.parent_domain().to_owned(),
        };
        let name = RowName::new(&skipped.current.name);
        tally.skipped.entry(name).or_default().push(mismatch);
    }

    /// Changes were made.
    pub(super) fn made(&self, created: &[&Endpoint], updated: usize, deleted: &[&Endpoint]) {
        self.change(|numbers| {
            numbers.created += created.len() as u64;
            numbers.updated += updated as u64;
            numbers.deleted += deleted.len() as u64;
        });
        let mut tally = self.counts();
        let tally = &mut *tally;
        add(&mut tally.records, created.iter().copied(), 1);
        add(&mut tally.records, deleted.iter().copied(), -1);
        match &mut tally.seen {
            // What a full pass deletes was not seen as wanted.
            Some(seen) => add(seen, created.iter().copied(), 1),
            None => {
                add(&mut tally.verified, created.iter().copied(), 1);
                add(&mut tally.verified, deleted.iter().copied(), -1);
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add<'a>(
    counts: &mut BTreeMap<Rtype, i64>,
    endpoints: impl Iterator<Item = &'a Endpoint>,
    count: i64,
) {
    for endpoint in endpoints {
        *counts.entry(endpoint.rtype).or_default() += count;
    }
}

/// A histogram of times; kept without a lock.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Latency {
    /// Counts a time.
    pub(crate) fn observe(&self, time: Duration) {
        let at = BOUNDS.partition_point(|bound| *bound < time);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Relaxed);
        }
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(micros, Relaxed);
    }

    /// The times counted so far: up to each bound, beyond all bounds, and all together.
    pub(crate) fn read(&self) -> Times {
        let mut bounds = BOUNDS.iter().map(|bound| Some(*bound)).chain([None]);
        let buckets: Vec<(Option<Duration>, u64)> = self
            .buckets
            .iter()
            .map(|bucket| (bounds.next().flatten(), bucket.load(Relaxed)))
            .collect();
        Times {
            count: buckets.iter().map(|(_, count)| count).sum(),
            sum: Duration::from_micros(self.microseconds.load(Relaxed)),
            buckets,
        }
    }
}

/// What a histogram holds.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// Times above the bound before and up to this one.
    pub(crate) buckets: Vec<(Option<Duration>, u64)>,
    pub(crate) count: u64,
    pub(crate) sum: Duration,
}

const BOUNDS: [Duration; 15] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_their_buckets() {
        let latency = Latency::default();
        for micros in [0, 500, 501, 30_000_000, 30_000_001, 90_000_000] {
            latency.observe(Duration::from_micros(micros));
        }
        let times = latency.read();
        let filled: Vec<_> = times
            .buckets
            .iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        let expected = [
            (Some(Duration::from_micros(500)), 2),
            (Some(Duration::from_millis(1)), 1),
            (Some(Duration::from_secs(30)), 1),
            (None, 2),
        ];
        assert_eq!(filled, expected.iter().collect::<Vec<_>>());
        assert_eq!((times.count, times.sum.as_micros()), (6, 150_001_002));
    }

    #[test]
    fn records_are_counted_along_with_changes() {
        let status = Status::default();
        let endpoint = |name: &str, rtype| Endpoint::new(name, rtype, ["192.0.2.1"]);
        let (a, b) = (
            endpoint("a.example", Rtype::A),
            endpoint("b.example", Rtype::A),
        );
        let mut shadow = Shadow::default();
        let _names = shadow.load(vec![a.clone(), endpoint("c.example", Rtype::MX)]);
        let now = crate::app::clock::now();
        let read = |status: &Status| {
            let (records, verified) = status.tally();
            let count = |of: &BTreeMap<Rtype, i64>| of.get(&Rtype::A).copied().unwrap_or_default();
            (count(&records), count(&verified))
        };
        status.begin(now);
        status.recount();
        status.listed(&shadow);
        status.wanted(&[a.clone(), b.clone()], &shadow);
        status.made(&[&b], 0, &[]);
        status.end(now);
        assert_eq!(read(&status), (2, 2));
        status.begin(now);
        status.wanted(std::slice::from_ref(&a), &shadow);
        status.made(&[], 1, &[&a]);
        status.end(now);
        assert_eq!(read(&status), (1, 1));
        let numbers = status.numbers();
        assert_eq!(
            (numbers.created, numbers.updated, numbers.deleted),
            (1, 1, 1)
        );
    }
}
