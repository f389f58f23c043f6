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
use plan::{ChangeSet, Endpoint, RowName, Update};

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
    pub(super) denied: Vec<(Endpoint, String)>,
    /// What none of our own zones can hold, and why.
    pub(super) impossible: Vec<(Endpoint, String)>,
    /// Names that are wanted on our own server, but are in no zone of it.
    pub(super) nowhere: Vec<RowName>,
}

impl Judge {
    /// What is wanted at a name, before the provider has adjusted it.
    pub(super) fn wanted(&self, inner: &Inner, name: &RowName, out: &mut Decided) -> Vec<Endpoint> {
        let apex = self.has_zone(name.as_str());
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
            self.note_nowhere(name, &row, out);
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
                out.impossible.push((endpoint.clone(), reason));
                false
            }
        });
        let Embeddable {
            mut winners,
            losers,
            homeless,
        } = embeddable(row, apex);
        out.plan.conflicts.extend(losers);
        let homeless = homeless.into_iter();
        out.impossible
            .extend(homeless.map(|endpoint| (endpoint, AT_APEX.to_owned())));
        out.impossible
            .extend(winners.iter_mut().filter_map(embedded::cut));
        winners
    }

    /// Notes a name that the settings let pass but that no zone holds.
    fn note_nowhere(&self, name: &RowName, row: &[Endpoint], out: &mut Decided) {
        let settings = self.rules.filters.first();
        let is_lost = row.iter().any(|endpoint| {
            self.rules.manages(endpoint.rtype)
                && endpoint.rtype != Rtype::PTR
                && settings.is_none_or(|filter| filter.matches(&endpoint.name))
                && self.zone_of(&endpoint.name).is_empty()
        });
        if is_lost {
            out.nowhere.push(name.clone());
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

    /// Whether there is a zone with this apex, normalized.
    pub(super) fn has_zone(&self, apex: &str) -> bool {
        self.zones.iter().any(|zone| **zone == *apex)
    }
}

/// Takes out what only adds: it stands whatever objects that are not known may say, and it takes
/// nothing away that a brake could hold.
pub(super) fn additions(changes: &mut ChangeSet) -> ChangeSet {
    let lost: BTreeSet<_> = changes.delete.iter().map(place).collect();
    let adds = |update: &mut Update| {
        let mut old = update.old.targets.iter();
        old.all(|target| update.new.targets.contains(target))
    };
    ChangeSet {
        create: changes
            .create
            .extract_if(.., |made| lost.is_empty() || !lost.contains(&place(made)))
            .collect(),
        update: changes.update.extract_if(.., adds).collect(),
        delete: Vec::new(),
    }
}

/// The names that changes are about.
pub(super) fn names(changes: &ChangeSet) -> impl Iterator<Item = RowName> {
    let updated = changes.update.iter().map(|update| &update.old);
    let all = changes.create.iter().chain(updated).chain(&changes.delete);
    all.map(|endpoint| RowName::new(&endpoint.name))
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

/// Why a CNAME that is alone at its name is not made.
const AT_APEX: &str = "a CNAME cannot stand at the apex of a zone";
