//! One pass over names of a destination: what is wanted, what is there, what to do about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plan::address_map::{AddressMap, map_addresses};
use plan::brake::{Brake, Pass, Verdict};
use plan::claims::Claims;
use plan::diff::{self, Conflict, Embeddable, Plan, embeddable};
use plan::merge::retain_properties;
use plan::registry::Shadow;
use plan::{ChangeSet, Endpoint, RowName};

use wire::Rtype;

use super::embedded;
use super::model::Inner;

/// What decides, at one destination, about what all objects ask for.
#[derive(Debug)]
pub(super) struct Judge {
    /// The provider, as users type it: its properties stay.
    pub(super) provider: &'static str,
    /// Managed types, filters, policy, owner.
    pub(super) rules: diff::Rules,
    /// Addresses that are published as others.
    pub(super) maps: Vec<AddressMap>,
    /// Which namespaces may have which names.
    pub(super) claims: Claims,
    /// Apexes of the zones there, normalized, the longest first. Empty if they are not known.
    pub(super) zones: Vec<Box<str>>,
    /// The zones are our own: a row has to be one that a zone can hold.
    pub(super) embedded: bool,
}

/// What was decided about some names.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub(super) plan: Plan,
    /// What an object may not have, and why.
    pub(crate) denied: Vec<(Endpoint, String)>,
    /// Names that are wanted on our own server, but are in no zone of it: how many, and some of them.
    pub(crate) nowhere: (usize, Vec<Box<str>>),
    /// Names of our own zones that nobody could have there.
    pub(super) homeless: Vec<Endpoint>,
}

impl Judge {
    /// What is wanted at a name, before the provider has adjusted it.
    pub(super) fn wanted(&self, inner: &Inner, name: &RowName, out: &mut Decided) -> Vec<Endpoint> {
        let apex = self.is_apex(name);
        let denied = RefCell::new(Vec::new());
        let admit = |endpoint: &Endpoint| {
            self.claims.admit(endpoint, apex).map_err(|reason| {
                let reason = reason.to_string();
                denied.borrow_mut().push((endpoint.clone(), reason.clone()));
                reason.into()
            })
        };
        let mut row = if self.claims.list.is_empty() && !self.claims.guarded {
            inner.desired.row(name)
        } else {
            inner.desired.row_where(name, &admit)
        };
        let covered = |(endpoint, _): &(Endpoint, String)| self.rules.covers(endpoint);
        out.denied
            .extend(denied.into_inner().into_iter().filter(covered));
        if self.embedded {
            self.note_nowhere(&row, out);
        }
        row.retain(|endpoint| self.rules.covers(endpoint));
        for endpoint in &mut row {
            let _others = retain_properties(endpoint, self.provider);
            map_addresses(endpoint, &self.maps);
        }
        if !self.embedded {
            return row;
        }
        row.retain(|endpoint| match embedded::storable(endpoint) {
            Ok(()) => true,
            Err(reason) => {
                out.denied.push((endpoint.clone(), reason));
                false
            }
        });
        let Embeddable {
            winners,
            losers,
            homeless,
        } = embeddable(row, apex);
        out.plan.conflicts.extend(losers);
        out.homeless.extend(homeless);
        winners
    }

    /// Notes a name that the settings let pass but that no zone holds.
    fn note_nowhere(&self, row: &[Endpoint], out: &mut Decided) {
        let settings = self.rules.filters.first();
        let lost = row.iter().find(|endpoint| {
            self.rules.manages(endpoint.rtype)
                && endpoint.rtype != Rtype::PTR
                && settings.is_none_or(|filter| filter.matches(&endpoint.name))
                && self.zone_of(&endpoint.name).is_empty()
        });
        if let Some(endpoint) = lost {
            let (count, some) = &mut out.nowhere;
            *count += 1;
            if some.len() < NOWHERE_NAMED {
                some.push(endpoint.name.clone());
            }
        }
    }

    /// What to do at these names, for what is wanted there.
    pub(super) fn decide(
        &self,
        shadow: &Shadow,
        names: &[RowName],
        wanted: Vec<Endpoint>,
        out: &mut Decided,
    ) {
        let current = names.iter().flat_map(|name| shadow.row(name)).collect();
        out.plan.append(diff::plan(current, wanted, &self.rules));
    }

    /// The zone that a name is in, for the brake; empty if that is not known.
    pub(super) fn zone_of(&self, name: &str) -> &str {
        let name = plan::name::normalize(name);
        let mut zones = self.zones.iter();
        let zone = zones.find(|zone| plan::name::is_at_or_below(&name, zone));
        zone.map_or("", |zone| zone)
    }

    fn is_apex(&self, name: &RowName) -> bool {
        self.zones.iter().any(|zone| **zone == *name.as_str())
    }
}

/// Takes out what must not be done while some objects are not known: whatever takes something away.
/// What is left stands whatever the missing objects say. Tells the names that have to wait.
pub(super) fn only_additions(changes: &mut ChangeSet) -> BTreeSet<RowName> {
    let mut waiting = BTreeSet::new();
    let mut lost: BTreeSet<(RowName, Box<str>)> = BTreeSet::new();
    for gone in changes.delete.drain(..) {
        waiting.insert(RowName::new(&gone.name));
        lost.insert(place(&gone));
    }
    changes.create.retain(|made| !lost.contains(&place(made)));
    changes.update.retain(|update| {
        let old = &mut update.old.targets.iter();
        let adds = old.all(|target| update.new.targets.contains(target));
        if !adds {
            waiting.insert(RowName::new(&update.old.name));
        }
        adds
    });
    waiting
}

fn place(endpoint: &Endpoint) -> (RowName, Box<str>) {
    (
        RowName::new(&endpoint.name),
        endpoint.set_identifier.clone(),
    )
}

/// Holds mass deletes, zone by zone. Tells what came of it in each zone that had deletes.
pub(super) fn brake(
    brake: &mut Brake,
    judge: &Judge,
    shadow: &Shadow,
    changes: &mut ChangeSet,
    names: Option<&[RowName]>,
    (now, complete): (Duration, bool),
) -> Vec<(Box<str>, Verdict)> {
    if changes.delete.is_empty() && brake.held().is_empty() {
        return Vec::new();
    }
    let mut by_zone: BTreeMap<Box<str>, ChangeSet> = BTreeMap::new();
    let all = std::mem::take(changes);
    for made in all.create {
        by_zone
            .entry(judge.zone_of(&made.name).into())
            .or_default()
            .create
            .push(made);
    }
    for update in all.update {
        by_zone
            .entry(judge.zone_of(&update.new.name).into())
            .or_default()
            .update
            .push(update);
    }
    for gone in all.delete {
        by_zone
            .entry(judge.zone_of(&gone.name).into())
            .or_default()
            .delete
            .push(gone);
    }
    for (zone, _) in brake.held() {
        by_zone.entry(zone.into()).or_default();
    }
    let mut verdicts = Vec::new();
    for (zone, mut part) in by_zone {
        let owned = |enough: usize| {
            let ours = shadow.endpoints().filter(|endpoint| {
                let rules = &judge.rules;
                let is_here = || *judge.zone_of(&endpoint.name) == *zone;
                rules.owns(endpoint) && rules.covers(endpoint) && is_here()
            });
            ours.take(enough).count()
        };
        let pass = Pass {
            now,
            names,
            complete,
        };
        let verdict = brake.hold(&zone, &mut part, pass, owned);
        if verdict != Verdict::default() {
            verdicts.push((zone, verdict));
        }
        changes.append(&mut part);
    }
    verdicts
}

/// Why an endpoint did not get its name, for people.
pub(super) fn lost_to(conflict: &Conflict) -> String {
    let Conflict {
        loser,
        winner,
        lost,
    } = conflict;
    let from = |endpoint: &Endpoint| {
        endpoint
            .origins
            .first()
            .map_or_else(|| "?".to_owned(), ToString::to_string)
    };
    format!(
        "{} {} {} of {} loses to {} {} of {}: {lost}",
        loser.name,
        loser.rtype,
        loser.targets.join(","),
        from(loser),
        winner.rtype,
        winner.targets.join(","),
        from(winner),
    )
}

/// So many names of no zone are named; of the others the number is enough.
const NOWHERE_NAMED: usize = 3;
