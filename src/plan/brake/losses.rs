//! What a zone has lost, or would lose.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use wire::Rtype;

use super::Pass;
use crate::group::GroupKey;
use crate::{ChangeSet, Endpoint, Labels, RowName};

/// A record that is lost, or would be.
pub(super) type Loss = (GroupKey, Rtype);

/// The losses of one zone.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Deletes that are held, each with the time since when it was wanted without a break.
    pub(super) held: HashMap<Loss, Duration>,
    /// Deletes that may go: somebody released them, or they stood long enough. Kept until they are
    /// made, since a destination may not take them at once.
    free: HashSet<Loss>,
    /// Deletes that were made lately, each with the time.
    gone: HashMap<Loss, Duration>,
}

impl Losses {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.free.is_empty() && self.gone.is_empty()
    }

    /// Drops what the pass looked at and does not want deleted.
    pub(super) fn forget(&mut self, wanted: &HashSet<Loss>, pass: &Pass<'_>) {
        let seen = |loss: &Loss| {
            let names = pass.names;
            names.is_none_or(|names| names.binary_search(&loss.0.name).is_ok())
        };
        let stays = |loss: &Loss| wanted.contains(loss) || !seen(loss);
        self.held.retain(|loss, _| stays(loss));
        self.free.retain(stays);
    }

    /// Drops what was made too long ago to count, unless deletes are held because of it.
    pub(super) fn age(&mut self, now: Duration, window: Duration) {
        if self.held.is_empty() {
            let counts = |at: Duration| now.saturating_sub(at) < window;
            self.gone.retain(|_, at| counts(*at));
        }
    }

    /// How many were lost lately and are not there, when these names are there again.
    pub(super) fn lately(&self, created: &HashSet<GroupKey>) -> usize {
        let gone = self.gone.keys();
        gone.filter(|(group, _)| !created.contains(group)).count()
    }

    /// How many are lost with what is wanted now, by the same count. What may go is no loss.
    pub(super) fn count(&self, wanted: &HashSet<Loss>, created: &HashSet<GroupKey>) -> usize {
        let further = wanted
            .iter()
            .filter(|loss| !self.free.contains(*loss) && !self.held.contains_key(*loss));
        let held = self.held.keys().filter(|loss| !self.free.contains(*loss));
        let unmade = held.chain(further);
        // What was made and is wanted again after all counts once.
        self.lately(created) + unmade.filter(|loss| !self.gone.contains_key(*loss)).count()
    }

    /// Holds what a pass wants deleted, but for what may go.
    pub(super) fn hold(&mut self, wanted: &HashSet<Loss>, pass: &Pass<'_>, wait: Duration) {
        if !pass.complete {
            // What was wanted while something was missing does not count.
            for since in self.held.values_mut() {
                *since = pass.now;
            }
        }
        for loss in wanted {
            if self.free.contains(loss) {
                self.held.remove(loss);
                continue;
            }
            let since = *self.held.entry(loss.clone()).or_insert(pass.now);
            if pass.complete && pass.now.saturating_sub(since) >= wait {
                self.held.remove(loss);
                self.free.insert(loss.clone());
            }
        }
        if self.held.is_empty() {
            // Whoever let all of it go, or the time that it stood, speaks for what went before too.
            self.gone.clear();
        }
    }

    /// Holds nothing any more. Tells the names that the pass, which wants these deleted, did not look
    /// at.
    pub(super) fn let_go<'a>(
        &'a mut self,
        wanted: &'a HashSet<Loss>,
    ) -> impl Iterator<Item = RowName> + 'a {
        let held = self.held.drain().map(|(loss, _)| loss);
        let others = held.filter(|loss| !wanted.contains(loss));
        others.map(|(group, _)| group.name)
    }

    /// Somebody lets go of all that is held, and knows what went before.
    pub(super) fn release(&mut self) -> usize {
        self.free.extend(self.held.keys().cloned());
        self.gone.clear();
        self.held.len()
    }

    /// A delete was made.
    pub(super) fn made(&mut self, loss: Loss, now: Duration) {
        if !self.free.remove(&loss) {
            self.gone.insert(loss, now);
        }
    }

    /// Names are there again.
    pub(super) fn back(&mut self, created: &HashSet<GroupKey>) {
        self.gone.retain(|(group, _), _| !created.contains(group));
    }
}

/// The groups that a change set brings.
pub(super) fn created(changes: &ChangeSet) -> HashSet<GroupKey> {
    let create = changes.create.iter().filter(|endpoint| !is_text(endpoint));
    create.map(GroupKey::of).collect()
}

/// The records that a change set loses: deletes in groups where nothing is created.
pub(super) fn lost<'a>(
    changes: &'a ChangeSet,
    created: &HashSet<GroupKey>,
) -> impl Iterator<Item = (Loss, &'a Endpoint)> {
    let deletes = changes.delete.iter().filter(|endpoint| !is_text(endpoint));
    let losses = deletes.map(|endpoint| ((GroupKey::of(endpoint), endpoint.rtype), endpoint));
    losses.filter(|((group, _), _)| !created.contains(group))
}

/// Takes the deletes that pass a test out of changes, and tells how many these are.
pub(super) fn take(changes: &mut ChangeSet, is_held: impl Fn(&Loss) -> bool) -> usize {
    let before = changes.delete.len();
    changes.delete.retain(|endpoint| {
        is_text(endpoint) || !is_held(&(GroupKey::of(endpoint), endpoint.rtype))
    });
    before - changes.delete.len()
}

fn is_text(endpoint: &Endpoint) -> bool {
    endpoint.labels.value(Labels::OWNED_RECORD).is_some()
}
