//! The brake on mass deletes: accidents (an upgrade, a wrong filter, a lost permission) look like
//! nobody wanting anything any more.
//!
//! Per zone of one destination. When a pass would delete more than a share of what we own there, its
//! deletes are held. A held delete goes once it was wanted for the whole waiting time with all
//! sources complete, or when somebody releases the brake; it is forgotten as soon as it is not wanted
//! any more. While deletes are held, further ones join them. A name that gets another type in the same
//! pass is not a loss and never held.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use wire::Rtype;

use crate::group::GroupKey;
use crate::{ChangeSet, Endpoint, Labels, RowName};

/// When deletes are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrakeRules {
    /// Whether they are at all.
    pub enabled: bool,
    /// So many deletes a pass are never held.
    pub floor: usize,
    /// Nor are so many of a hundred records that we own.
    pub percent: usize,
    /// How long a delete is held.
    pub wait: Duration,
}

impl BrakeRules {
    /// The usual rules, for full passes at this interval.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            enabled: true,
            floor: 20,
            percent: 30,
            wait: interval.saturating_mul(3),
        }
    }
}

/// One pass over a zone.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The time, from any start.
    pub now: Duration,
    /// The names that the pass looked at; none for all of the zone.
    pub names: Option<&'a [RowName]>,
    /// Whether all sources were complete.
    pub complete: bool,
}

/// What the brake did with a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many deletes of the pass were taken out of it.
    pub taken: usize,
    /// How many deletes are held now, of this pass and those before.
    pub held: usize,
    /// Whether the brake was free before and holds now.
    pub tripped: bool,
    /// Whether it held before and is free now.
    pub freed: bool,
}

/// Holds deletes at one destination.
#[derive(Debug)]
pub struct Brake {
    rules: BrakeRules,
    zones: HashMap<Box<str>, Held>,
}

/// The held deletes of a zone, each with the time since when it was wanted without a break.
#[derive(Debug, Default)]
struct Held {
    since: HashMap<Loss, Duration>,
    /// Somebody released the brake: what is held now goes.
    released: HashSet<Loss>,
}

/// A record that would be lost.
type Loss = (GroupKey, Rtype);

impl Brake {
    /// A brake that holds nothing yet.
    #[must_use]
    pub fn new(rules: BrakeRules) -> Self {
        Self {
            rules,
            zones: HashMap::new(),
        }
    }

    /// Takes deletes that are to be held out of a pass's changes, which are those of one zone, not
    /// written by the registry yet. `owned` tells how many records we own in the zone; it is asked
    /// only if it matters.
    pub fn hold(
        &mut self,
        zone: &str,
        changes: &mut ChangeSet,
        pass: Pass<'_>,
        owned: impl FnOnce() -> usize,
    ) -> Verdict {
        if !self.rules.enabled {
            return Verdict::default();
        }
        let losses: HashSet<Loss> = losses(changes);
        let known = self.zones.contains_key(zone);
        if !known && losses.len() <= self.rules.floor {
            return Verdict::default();
        }
        let held = self.zones.entry(zone.into()).or_default();
        held.forget(&losses, pass.names);
        let before = held.since.len();
        let all = before
            + losses
                .iter()
                .filter(|loss| !held.since.contains_key(loss))
                .count();
        let limit = self.rules.floor.max(if all > self.rules.floor {
            owned().saturating_mul(self.rules.percent) / 100
        } else {
            0
        });
        if all <= limit {
            self.zones.remove(zone);
            return Verdict {
                freed: known,
                ..Verdict::default()
            };
        }
        let wait = self.rules.wait;
        let go = held.judge(&losses, pass, wait);
        let taken = take(changes, |loss| !go.contains(loss));
        let verdict = Verdict {
            taken,
            held: held.since.len(),
            tripped: !known,
            freed: known && held.since.is_empty(),
        };
        if held.since.is_empty() {
            self.zones.remove(zone);
        }
        verdict
    }

    /// Lets go of all that is held in a zone, or in all of them: it goes with the next pass. Tells
    /// how many deletes these are.
    pub fn release(&mut self, zone: Option<&str>) -> usize {
        let mut count = 0;
        for (name, held) in &mut self.zones {
            if zone.is_none_or(|zone| *zone == **name) {
                count += held.since.len();
                held.released.extend(held.since.keys().cloned());
            }
        }
        count
    }

    /// The zones with held deletes, with how many; sorted.
    #[must_use]
    pub fn held(&self) -> Vec<(&str, usize)> {
        let zones = self.zones.iter();
        let mut list: Vec<(&str, usize)> = zones
            .map(|(zone, held)| (&**zone, held.since.len()))
            .collect();
        list.sort_unstable();
        list
    }

    /// Whether a delete of a name is held in a zone.
    #[must_use]
    pub fn holds(&self, zone: &str, name: &RowName) -> bool {
        let held = self.zones.get(zone);
        held.is_some_and(|held| held.since.keys().any(|(group, _)| group.name == *name))
    }

    /// All names in a zone with held deletes, sorted: a pass has to look at these again.
    #[must_use]
    pub fn names(&self, zone: &str) -> Vec<RowName> {
        let held = self.zones.get(zone).into_iter();
        let names = held.flat_map(|held| held.since.keys());
        let mut names: Vec<RowName> = names.map(|(group, _)| group.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Held {
    /// Drops what the pass looked at and does not want deleted.
    fn forget(&mut self, losses: &HashSet<Loss>, names: Option<&[RowName]>) {
        let seen = |loss: &Loss| names.is_none_or(|names| names.contains(&loss.0.name));
        self.since
            .retain(|loss, _| losses.contains(loss) || !seen(loss));
        let since = &self.since;
        self.released.retain(|loss| since.contains_key(loss));
    }

    /// Takes a pass's losses in, and tells which of them may go.
    fn judge(&mut self, losses: &HashSet<Loss>, pass: Pass<'_>, wait: Duration) -> HashSet<Loss> {
        if !pass.complete {
            // What was wanted while something was missing does not count.
            for since in self.since.values_mut() {
                *since = pass.now;
            }
        }
        let mut go = HashSet::new();
        for loss in losses {
            let since = *self.since.entry(loss.clone()).or_insert(pass.now);
            let stood = pass.complete && pass.now.saturating_sub(since) >= wait;
            if stood || self.released.contains(loss) {
                self.since.remove(loss);
                self.released.remove(loss);
                go.insert(loss.clone());
            }
        }
        go
    }
}

/// The records that a change set loses: deletes in groups where nothing is created.
fn losses(changes: &ChangeSet) -> HashSet<Loss> {
    let created: HashSet<GroupKey> = changes.create.iter().map(GroupKey::of).collect();
    let deletes = changes.delete.iter().filter(|endpoint| !is_text(endpoint));
    let losses = deletes.map(|endpoint| (GroupKey::of(endpoint), endpoint.rtype));
    losses
        .filter(|(group, _)| !created.contains(group))
        .collect()
}

/// Takes deletes out of changes, and tells how many.
fn take(changes: &mut ChangeSet, is_held: impl Fn(&Loss) -> bool) -> usize {
    let losses = losses(changes);
    let before = changes.delete.len();
    changes.delete.retain(|endpoint| {
        let loss = (GroupKey::of(endpoint), endpoint.rtype);
        !(losses.contains(&loss) && is_held(&loss))
    });
    before - changes.delete.len()
}

fn is_text(endpoint: &Endpoint) -> bool {
    endpoint.labels.value(Labels::OWNED_RECORD).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn deletes(range: std::ops::Range<usize>) -> ChangeSet {
        let delete =
            range.map(|at| Endpoint::new(&format!("{at}.example"), Rtype::A, ["192.0.2.1"]));
        ChangeSet {
            delete: delete.collect(),
            ..ChangeSet::default()
        }
    }

    fn pass(minutes: u32) -> Pass<'static> {
        Pass {
            now: MINUTE * minutes,
            names: None,
            complete: true,
        }
    }

    fn brake() -> Brake {
        Brake::new(BrakeRules::new(MINUTE))
    }

    /// One pass: how many deletes go, and whether the brake tripped or let go.
    fn run(brake: &mut Brake, count: usize, owned: usize, pass: Pass<'_>) -> (usize, Verdict) {
        let mut changes = deletes(0..count);
        let verdict = brake.hold("example", &mut changes, pass, || owned);
        (changes.delete.len(), verdict)
    }

    #[test]
    fn only_many_deletes_are_held() {
        let cases = [
            (20, 20, 20),
            (21, 21, 0),
            (21, 70, 21),
            (21, 69, 0),
            (30, 100, 30),
            (31, 100, 0),
            (3000, 10_000, 3000),
            (0, 0, 0),
        ];
        for (count, owned, goes) in cases {
            let (gone, verdict) = run(&mut brake(), count, owned, pass(0));
            assert_eq!(gone, goes, "{count} of {owned}");
            assert_eq!(verdict.tripped, goes < count);
            assert_eq!(verdict.held, count - goes);
        }
    }

    #[test]
    fn what_stood_long_enough_goes() {
        let mut brake = brake();
        assert_eq!(run(&mut brake, 50, 50, pass(0)).0, 0);
        assert_eq!(run(&mut brake, 50, 50, pass(2)).0, 0);
        assert_eq!(brake.held(), [("example", 50)]);
        let (gone, verdict) = run(&mut brake, 50, 50, pass(3));
        assert_eq!(gone, 50);
        assert!(verdict.freed);
        assert!(brake.held().is_empty());
    }

    #[test]
    fn time_with_a_source_missing_does_not_count() {
        let mut brake = brake();
        run(&mut brake, 50, 50, pass(0));
        let missing = Pass {
            complete: false,
            ..pass(2)
        };
        assert_eq!(run(&mut brake, 50, 50, missing).0, 0);
        assert_eq!(run(&mut brake, 50, 50, pass(4)).0, 0);
        assert_eq!(run(&mut brake, 50, 50, pass(5)).0, 50);
    }

    #[test]
    fn names_that_are_wanted_again_free_the_brake() {
        let mut brake = brake();
        run(&mut brake, 50, 50, pass(0));
        let (gone, verdict) = run(&mut brake, 10, 50, pass(1));
        assert_eq!(gone, 10);
        assert!(verdict.freed);
    }

    #[test]
    fn a_pass_over_some_names_leaves_the_others_held() {
        let mut brake = brake();
        run(&mut brake, 50, 50, pass(0));
        let names = [RowName::new("1.example"), RowName::new("77.example")];
        let some = Pass {
            names: Some(&names),
            ..pass(1)
        };
        let mut changes = deletes(77..78);
        let verdict = brake.hold("example", &mut changes, some, || 50);
        assert_eq!((changes.delete.len(), verdict.held), (0, 50));
        assert!(!brake.holds("example", &names[0]));
        assert!(brake.holds("example", &names[1]));
        assert_eq!(brake.names("example").len(), 50);
    }

    #[test]
    fn releasing_lets_go_with_the_next_pass() {
        let mut brake = brake();
        run(&mut brake, 50, 50, pass(0));
        assert_eq!(brake.release(Some("other")), 0);
        assert_eq!(brake.release(None), 50);
        let (gone, verdict) = run(&mut brake, 50, 50, pass(1));
        assert_eq!(gone, 50);
        assert!(verdict.freed);
    }

    #[test]
    fn a_change_of_type_is_no_loss() {
        let mut changes = deletes(0..50);
        let names = changes.delete.iter().map(|endpoint| endpoint.name.clone());
        let create = names.map(|name| Endpoint::new(&name, Rtype::CNAME, ["lb.example"]));
        changes.create = create.collect();
        let verdict = brake().hold("example", &mut changes, pass(0), || 50);
        assert_eq!(verdict, Verdict::default());
        assert_eq!(changes.delete.len(), 50);
    }

    #[test]
    fn a_brake_that_is_off_holds_nothing() {
        let rules = BrakeRules {
            enabled: false,
            ..BrakeRules::new(MINUTE)
        };
        assert_eq!(run(&mut Brake::new(rules), 500, 500, pass(0)).0, 500);
    }
}
