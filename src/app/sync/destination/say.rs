//! What is said of names: in the log once until it changes, and on their objects.

use std::collections::BTreeSet;

use plan::brake::Verdict;
use plan::{ChangeSet, Endpoint, ErrorKind, ProviderError, RowName};

use super::look::NAMES_A_LOCK;
use super::state::Destination;
use crate::app::sync::own_zones::Loss;
use crate::app::sync::pass::{self, Decided};
use crate::app::telemetry;

impl Destination {
    /// Says what was decided against whom, and forgets it.
    pub(super) fn say_decided(&mut self, decided: &mut Decided) {
        for conflict in decided.plan.conflicts.drain(..) {
            let text = pass::lost_to(&conflict);
            if self.say_once(&conflict.loser, &text) {
                self.reports.lost(&conflict, &text);
            }
        }
        let denied = decided.denied.drain(..);
        for (endpoint, reason) in denied.chain(decided.impossible.drain(..)) {
            let text = format!("{} {}: {reason}", endpoint.name, endpoint.rtype);
            if self.say_once(&endpoint, &text) {
                self.reports.homeless(&endpoint, &text);
            }
        }
        for skipped in decided.plan.skipped.drain(..) {
            let owner = skipped.foreign_owner().to_owned();
            let name = &skipped.current.name;
            tracing::debug!(destination = self.name, %name, owner, "record is not ours, it is left alone");
            self.status.skip(&skipped);
        }
        decided.plan.withheld = ChangeSet::default();
    }

    /// Leaves what objects may ask for that cannot be read, and says of which names something is left.
    pub(super) fn spare(
        &mut self,
        changes: &mut ChangeSet,
        looked: Option<&[RowName]>,
        complete: bool,
    ) {
        // The number first: doubts that come in between lead to another look.
        let number = self.model.doubted();
        let doubts = self.model.doubts();
        let unclaimed = &mut self.unclaimed;
        let news = unclaimed.spare(changes, looked, (&doubts, number), complete);
        if news.is_empty() {
            return;
        }
        let such_as = news.iter().map(RowName::as_str).take(SUCH_AS);
        tracing::warn!(
            destination = self.name,
            names = news.len(),
            such_as = such_as.collect::<Vec<_>>().join(" "),
            "names that objects may ask for that cannot be read stay as they are"
        );
    }

    /// Says which of these names, or of all, are in no zone, unless that was said before.
    pub(super) fn say_nowhere(&mut self, found: Vec<RowName>, looked: Option<&[RowName]>) {
        let mut before = BTreeSet::new();
        match looked {
            None => before = std::mem::take(&mut self.nowhere),
            Some(names) => before.extend(names.iter().filter_map(|name| self.nowhere.take(name))),
        }
        let news = found.iter().filter(|name| !before.contains(*name));
        let news: Vec<&str> = news.map(RowName::as_str).collect();
        if !news.is_empty() {
            let such_as: Vec<&str> = news.iter().copied().take(SUCH_AS).collect();
            tracing::warn!(
                destination = self.name,
                names = news.len(),
                such_as = such_as.join(" "),
                "names are in no zone of this server; --zone names one more"
            );
        }
        self.nowhere.extend(found);
    }

    /// A change is refused: it waits for the next full pass, and the others are made.
    pub(super) fn refuse(&mut self, name: &RowName, changes: &ChangeSet, error: &ProviderError) {
        let reason = telemetry::chain(error);
        if self.refused.say(name, &reason) {
            tracing::warn!(destination = self.name, %name, reason, "change is refused, the others are made");
            self.reports.failed(|other| other == name, changes, error);
        }
    }

    /// The destination takes none of these changes now: said on the objects of those that are not
    /// made, once for each reason. Somebody else's change in between is no reason, for it is looked
    /// at again at once.
    pub(super) fn say_failed(&self, changes: &ChangeSet, error: &ProviderError) {
        let known = self.status.numbers().last_error;
        if error.kind == ErrorKind::Conflict || known == Some(telemetry::chain(error)) {
            return;
        }
        let registry = self.shadow.registry();
        let asked = |endpoint: &&Endpoint| !registry.is_own(endpoint);
        let created = changes.create.iter().filter(asked);
        let deleted = changes.delete.iter().filter(asked);
        let updated = changes.update.iter().filter(|update| asked(&&update.new));
        let open = ChangeSet {
            create: created
                .filter(|made| !self.shadow.has(made))
                .cloned()
                .collect(),
            update: updated.cloned().collect(),
            delete: deleted
                .filter(|gone| self.shadow.has(gone))
                .cloned()
                .collect(),
        };
        self.reports
            .failed(|name| !self.refused.has(name), &open, error);
    }

    /// Says what is there and not answered, of these names or of all, unless that was said before.
    pub(super) fn say_losses(&mut self, names: Option<&[RowName]>) {
        let Some(own) = &self.own else { return };
        let names = names.filter(|names| names.len() <= NAMES_A_LOCK);
        let (found, before) = match names {
            None => (own.losses(), std::mem::take(&mut self.losses)),
            Some(names) => {
                let found = names.iter().flat_map(|name| own.losses_at(name)).collect();
                let (before, others) = std::mem::take(&mut self.losses)
                    .into_iter()
                    .partition(|loss| names.contains(&loss.name));
                self.losses = others;
                (found, before)
            }
        };
        let news: Vec<&Loss> = found.iter().filter(|loss| !before.contains(loss)).collect();
        let (shown, more) = news.split_at(news.len().min(LOSSES_SAID));
        for loss in shown {
            tracing::warn!(destination = self.name, "{}", loss.text);
        }
        if !more.is_empty() {
            let (destination, names) = (&self.name, more.len());
            tracing::warn!(
                destination,
                names,
                "as many more are not answered, explain tells of each"
            );
        }
        for loss in news {
            let row = self.model.read().desired.row(&loss.name);
            for endpoint in row.iter().filter(|endpoint| endpoint.rtype == loss.rtype) {
                self.reports.homeless(endpoint, &loss.text);
            }
        }
        self.losses.extend(found);
    }

    /// Says why an endpoint does not get its name, unless that was said before. Tells whether it was
    /// news.
    fn say_once(&mut self, loser: &Endpoint, text: &str) -> bool {
        let news = self.lost.say(&RowName::new(&loser.name), text);
        if news {
            tracing::warn!(destination = self.name, "{text}");
        }
        news
    }

    pub(super) fn say_brake(&self, zone: &str, verdict: Verdict) {
        let (destination, held) = (&self.name, verdict.held);
        if verdict.tripped {
            tracing::error!(
                destination,
                zone,
                held,
                "too many deletes within an interval, they are held; if they are meant, `zonewright brake release` lets them go"
            );
            self.reports.braked(destination, zone, held);
        } else if verdict.freed {
            tracing::info!(destination, zone, "deletes are no longer held");
        }
    }
}

/// So many names are named; of the others the number is enough.
const SUCH_AS: usize = 3;

/// Losses that are said one by one; a cut may hide all names of a zone.
const LOSSES_SAID: usize = 10;
