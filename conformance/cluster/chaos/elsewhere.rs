//! What copies wrote elsewhere: one writer after the other, and nothing taken away that should stay.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster_peers::Recorder;

use crate::cluster::copies::{LONG, ZONE};
use crate::process::site::check;

/// How writers came after each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overlap {
    /// The latest that one has begun to write after the next one had.
    pub(super) begun: Duration,
    /// How many such writes there were.
    pub(super) count: usize,
    /// The latest that what it had begun before was answered.
    pub(super) answered: Duration,
}

/// Writes of each copy: when they began, and when they were answered.
pub(super) type Writes = Vec<Vec<(Instant, Option<Instant>)>>;

/// How the writes of two leaders overlap, one of which has come after the other.
pub(super) fn overlap(writes: &Writes, since: Instant, before: usize, after: usize) -> Overlap {
    let of = |copy: usize| {
        let writes = writes.get(copy).into_iter().flatten();
        writes.filter(move |(begin, _)| *begin >= since)
    };
    let Some((first, _)) = of(after).next() else {
        return Overlap::default();
    };
    let mut overlap = Overlap::default();
    for (begin, answered) in of(before) {
        if begin > first {
            overlap.begun = overlap.begun.max(*begin - *first);
            overlap.count += 1;
        } else if let Some(answered) = answered {
            overlap.answered = overlap
                .answered
                .max(answered.saturating_duration_since(*first));
        }
    }
    overlap
}

/// Waits until what is there is what should be.
pub(super) fn look(recorder: &Recorder, wanted: &BTreeMap<String, String>) -> Result<(), String> {
    let wanted: BTreeMap<String, &str> = wanted
        .iter()
        .map(|(name, address)| (format!("{name}.{ZONE}"), &**address))
        .collect();
    let came = recorder.wait_for(LONG, |records| {
        let mut found = BTreeMap::new();
        for one in records.iter().filter(|one| one.record_type == "A") {
            let target = one.targets.first().map_or("", |target| &**target);
            found.insert(one.dns_name.clone(), target);
        }
        found == wanted
    });
    check(came.is_some(), || {
        format!("elsewhere: {:?}, not {wanted:?}", recorder.records())
    })
}

/// Whether only what was to go was ever taken away. Gives how many writes there were.
pub(super) fn judge(recorder: &Recorder, gone: &[String]) -> Result<usize, String> {
    let gone: BTreeSet<String> = gone.iter().map(|name| format!("{name}.{ZONE}")).collect();
    let applied = recorder.applied();
    for one in applied.iter().flat_map(|applied| &applied.changes.delete) {
        let wrong = one.record_type == "A" && !gone.contains(&one.dns_name);
        check(!wrong, || format!("a wrong delete: {one:?}"))?;
    }
    Ok(applied.len())
}
