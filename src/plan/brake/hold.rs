//! The brake itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::losses::{self, Loss, Losses};
use super::{BrakeRules, Pass, Verdict};
use crate::group::GroupKey;
use crate::{ChangeSet, Endpoint, RowName};

/// Holds deletes at one destination.
#[derive(Debug)]
pub struct Brake {
    rules: BrakeRules,
    /// Only zones of which something is known.
    zones: HashMap<Box<str>, Zone>,
    /// Names whose deletes are held no longer, though no pass has looked at them since.
    loose: Vec<RowName>,
}

#[derive(Debug, Default)]
struct Zone {
    losses: Losses,
    /// What was allowed when the brake tripped.
    limit: usize,
}

impl Brake {
    /// A brake that holds nothing yet.
    #[must_use]
    pub fn new(rules: BrakeRules) -> Self {
        Self {
            rules,
            zones: HashMap::new(),
            loose: Vec::new(),
        }
    }

    /// Takes deletes that are to be held out of a pass's changes, which are those of one zone, not
    /// written by the registry yet. `owned` counts the records that we own in the zone, up to a
    /// number where it may end; it is asked only if it matters.
    pub fn hold(
        &mut self,
        zone: &str,
        changes: &mut ChangeSet,
        pass: Pass<'_>,
        owned: impl FnOnce(usize) -> usize,
    ) -> Verdict {
        let rules = self.rules;
        if !rules.enabled {
            return Verdict::default();
        }
        let created = losses::created(changes);
        let wanted: HashSet<Loss> = losses::lost(changes, &created)
            .map(|(loss, _)| loss)
            .collect();
        if wanted.len() <= rules.floor && !self.zones.contains_key(zone) {
            return Verdict::default();
        }
        let state = self.zones.entry(zone.into()).or_default();
        let held_before = !state.losses.held.is_empty();
        state.losses.forget(&wanted, &pass);
        state.losses.age(pass.now, rules.window);
        let lost = state.losses.count(&wanted, &created);
        // Counting what we own takes long, and while deletes are held it does not become much less.
        let is_known = held_before && pass.names.is_some();
        if lost <= rules.floor || (is_known && lost <= state.limit) {
            self.loose.extend(state.losses.let_go(&wanted));
        } else if !is_known {
            let enough = rules.enough(lost);
            let lately = state.losses.lately(&created);
            // What went lately was ours when the window began.
            let whole = owned(enough.saturating_sub(lately)).saturating_add(lately);
            state.limit = rules.floor.max(whole.saturating_mul(rules.percent) / 100);
            if whole >= enough {
                self.loose.extend(state.losses.let_go(&wanted));
            } else {
                state.losses.hold(&wanted, &pass, rules.wait);
            }
        } else {
            state.losses.hold(&wanted, &pass, rules.wait);
        }
        let held = &state.losses.held;
        let verdict = Verdict {
            taken: losses::take(changes, |loss| held.contains_key(loss)),
            held: held.len(),
            tripped: !held_before && !held.is_empty(),
            freed: held_before && held.is_empty(),
        };
        if state.losses.is_empty() {
            self.zones.remove(zone);
        }
        verdict
    }

    /// Some of these changes, written by the registry or not, were made now. Deletes among them
    /// count for the length of a window, unless the brake has let them go or their names come back.
    pub fn made<'z>(
        &mut self,
        changes: &ChangeSet,
        is_made: impl Fn(&Endpoint) -> bool,
        zone_of: impl Fn(&RowName) -> &'z str,
        now: Duration,
    ) {
        if !self.rules.enabled || (changes.delete.is_empty() && self.zones.is_empty()) {
            return;
        }
        let create = changes.create.iter().filter(|endpoint| is_made(endpoint));
        let back: HashSet<GroupKey> = create.map(GroupKey::of).collect();
        let window = self.rules.window;
        self.zones.retain(|_, zone| {
            zone.losses.back(&back);
            zone.losses.age(now, window);
            !zone.losses.is_empty()
        });
        let created = losses::created(changes);
        for (loss, endpoint) in losses::lost(changes, &created) {
            if is_made(endpoint) {
                let zone = zone_of(&loss.0.name);
                let state = self.zones.entry(zone.into()).or_default();
                state.losses.made(loss, now);
            }
        }
    }

    /// Lets go of all that is held in a zone, or in all of them: it goes with the next pass. Tells
    /// how many deletes these are.
    pub fn release(&mut self, zone: Option<&str>) -> usize {
        let mut count = 0;
        for (name, Zone { losses, .. }) in &mut self.zones {
            if zone.is_none_or(|zone| *zone == **name) {
                count += losses.release();
            }
        }
        count
    }

    /// Names whose deletes are held no longer and that the pass did not look at: the next one has to.
    pub fn take_loose(&mut self) -> Vec<RowName> {
        std::mem::take(&mut self.loose)
    }

    /// The zones with held deletes, with how many; sorted.
    #[must_use]
    pub fn held(&self) -> Vec<(&str, usize)> {
        let zones = self.zones.iter();
        let mut list: Vec<(&str, usize)> = zones
            .map(|(name, zone)| (&**name, zone.losses.held.len()))
            .filter(|(_, held)| *held > 0)
            .collect();
        list.sort_unstable();
        list
    }

    /// Whether a delete of a name is held in a zone.
    #[must_use]
    pub fn holds(&self, zone: &str, name: &RowName) -> bool {
        self.held_in(zone).any(|held| held == name)
    }

    /// All names in a zone with held deletes, sorted: a pass has to look at these again.
    #[must_use]
    pub fn names(&self, zone: &str) -> Vec<RowName> {
        let mut names: Vec<RowName> = self.held_in(zone).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn held_in(&self, zone: &str) -> impl Iterator<Item = &RowName> {
        let held = self.zones.get(zone).map(|zone| zone.losses.held.keys());
        held.into_iter().flatten().map(|(group, _)| &group.name)
    }
}
