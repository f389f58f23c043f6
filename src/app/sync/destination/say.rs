//! What is said of names: in the log once until it changes, and on their objects.

use plan::RowName;
use plan::brake::Verdict;

use super::look::NAMES_A_LOCK;
use super::task::Destination;
use crate::app::sync::own_zones::Loss;
use crate::app::sync::pass::{self, Decided};

impl Destination {
    pub(super) fn say_conflicts(&mut self, decided: &mut Decided) {
        for conflict in decided.plan.conflicts.drain(..) {
            let text = pass::lost_to(&conflict);
            if self.say_once(&text) {
                self.reports.lost(&conflict, &text);
            }
        }
        for endpoint in decided.homeless.drain(..) {
            let text = format!(
                "{}: a CNAME cannot stand at the apex of a zone",
                endpoint.name
            );
            if self.say_once(&text) {
                self.reports.homeless(&endpoint, &text);
            }
        }
        for skipped in decided.plan.skipped.drain(..) {
            let owner = skipped.foreign_owner().to_owned();
            let name = &skipped.current.name;
            tracing::debug!(destination = self.name, %name, owner, "record is not ours, it is left alone");
            self.status.skip(&skipped);
        }
        for (endpoint, reason) in decided.denied.drain(..) {
            let text = format!("{} {}: {reason}", endpoint.name, endpoint.rtype);
            if self.say_once(&text) {
                self.reports.homeless(&endpoint, &text);
            }
        }
        let (names, some) = std::mem::take(&mut decided.nowhere);
        if names > 0 {
            let such_as = some.join(" ");
            tracing::warn!(
                destination = self.name,
                names,
                such_as,
                "names are in no zone of this server; --zone names one more"
            );
        }
        let withheld = std::mem::take(&mut decided.plan.withheld);
        self.status.keep_back(&withheld.create);
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

    /// Says what a name was lost to, unless that was said before. Tells whether it was news.
    fn say_once(&mut self, text: &str) -> bool {
        let news = self.conflicts.insert(text.to_owned()) && !self.told.contains(text);
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
                "too many deletes at once, they are held; if they are meant, `zonewright brake release` lets them go"
            );
        } else if verdict.freed {
            tracing::info!(destination, zone, "deletes are no longer held");
        }
    }
}

/// Losses that are said one by one; a cut may hide all names of a zone.
const LOSSES_SAID: usize = 10;
