//! What becomes of a name at one destination.

use plan::diff::{Policy, Skip, Skipped};
use plan::{Endpoint, RowName};

use super::answer::{Action, Change, Place, Record, State};
use crate::app::sync::destination::Destination;
use crate::app::sync::pass::{self, Decided};
use crate::app::telemetry;

impl Destination {
    /// All about a name here. Asks the provider for its form of what is wanted, as a pass does.
    pub(in crate::app::sync) async fn explain(&self, name: &RowName) -> Place {
        let mut decided = Decided::default();
        let (mut place, wanted) = {
            let inner = self.model.read();
            let wanted = self.judge.wanted(&inner, name, &mut decided);
            let apex = self.judge.zones.iter().any(|zone| **zone == *name.as_str());
            let claims = &self.judge.claims;
            let admit = |endpoint: &Endpoint| {
                claims
                    .admit(endpoint, apex)
                    .map_err(|denied| denied.to_string().into())
            };
            let (row, steps) = inner.desired.row_traced(name, Some(&admit));
            let place = Place {
                steps: steps.iter().map(ToString::to_string).collect(),
                outside: row
                    .iter()
                    .filter_map(|endpoint| self.outside(endpoint))
                    .collect(),
                ..Place::default()
            };
            (place, wanted)
        };
        let wanted = match self.provider.adjust(wanted.clone()).await {
            Ok(adjusted) => adjusted,
            Err(error) => {
                place.steps.push(telemetry::chain(&error));
                wanted
            }
        };
        let complete = self.model.is_complete();
        let current = self.shadow.row(name);
        place.wanted = wanted.iter().map(Record::of).collect();
        place.current = current.iter().map(Record::of).collect();
        place.provider = self.judge.provider.to_owned();
        place.policy = policy(self.judge.rules.policy).to_owned();
        place.owner = self.judge.rules.owner.as_deref().map(str::to_owned);
        let zone = self.judge.zone_of(name.as_str());
        place.zone = (!zone.is_empty()).then(|| zone.to_owned());
        let held = self
            .brake
            .held()
            .into_iter()
            .find(|(other, _)| *other == zone);
        place.held = held.map_or(0, |(_, count)| count);
        self.judge.decide(
            &self.shadow,
            std::slice::from_ref(name),
            wanted,
            &mut decided,
        );
        let refusal = self.refused.get(name);
        let not_yet = Why {
            refused: refusal.is_some(),
            held: self.brake.holds(zone, name),
            complete: complete && !self.unclaimed.has(name),
        };
        place.changes = changes(&decided, &not_yet);
        for change in &mut place.changes {
            if change.state == State::Refused {
                change.reason = refusal.cloned();
            }
        }
        place.conflicts = decided.plan.conflicts.iter().map(pass::lost_to).collect();
        let impossible = decided.impossible.iter();
        place.conflicts.extend(
            impossible.map(|(endpoint, reason)| {
                format!("{} {}: {reason}", endpoint.name, endpoint.rtype)
            }),
        );
        if let Some(own) = &self.own {
            let losses = own.losses_at(name).into_iter();
            place.hidden = losses.map(|loss| loss.text).collect();
            let beside = own.beside(name).into_iter();
            let beside = beside.map(|(layer, endpoint)| Record {
                layer: Some(layer.to_owned()),
                ..Record::of(&endpoint)
            });
            place.beside = beside.collect();
        }
        place.foreign = decided.plan.skipped.iter().map(foreign).collect();
        place.state = state(&place, self.shadow.is_listed());
        place
    }

    /// Why an endpoint is not looked at here; none if it is.
    fn outside(&self, endpoint: &Endpoint) -> Option<String> {
        let rules = &self.judge.rules;
        if rules.covers(endpoint) {
            return None;
        }
        let rtype = endpoint.rtype;
        let mut filters = rules.filters.iter();
        let reason = if rules.excluded.contains(&rtype) {
            format!("type {rtype} is excluded (--exclude-record-types)")
        } else if !rules.managed.contains(&rtype) {
            format!("type {rtype} is not managed (--managed-record-types)")
        } else if filters
            .next()
            .is_some_and(|filter| !filter.matches(&endpoint.name))
        {
            "the name does not pass the domain filter".to_owned()
        } else if let Some(filter) = filters.find(|filter| !filter.matches(&endpoint.name)) {
            let zones = filter.include().join(", ");
            let zones = if zones.is_empty() {
                String::new()
            } else {
                format!(" ({zones})")
            };
            format!("the name is in none of the zones there{zones}")
        } else {
            "it is not looked at there".to_owned()
        };
        Some(format!(
            "{} {rtype} {}: {reason}",
            endpoint.name,
            endpoint.targets.join(",")
        ))
    }
}

/// What may keep a change from being made.
struct Why {
    refused: bool,
    held: bool,
    /// All objects are known that may ask for the name.
    complete: bool,
}

/// All changes that are not made yet, each with the reason.
fn changes(decided: &Decided, why: &Why) -> Vec<Change> {
    let mut all = Vec::new();
    let parts = [
        (&decided.plan.changes, false),
        (&decided.plan.withheld, true),
    ];
    for (changes, withheld) in parts {
        let mut add = |action, old: Option<&Endpoint>, new: Option<&Endpoint>| {
            let takes_away = match (old, new) {
                (Some(_), None) => true,
                (Some(old), Some(new)) => old
                    .targets
                    .iter()
                    .any(|target| !new.targets.contains(target)),
                _ => false,
            };
            let state = if withheld {
                State::Withheld
            } else if why.refused {
                State::Refused
            } else if takes_away && !why.complete {
                State::Waiting
            } else if action == Action::Delete && why.held {
                State::Held
            } else {
                State::Pending
            };
            let (old, new) = (old.map(Record::of), new.map(Record::of));
            all.push(Change {
                action,
                state,
                reason: None,
                old,
                new,
            });
        };
        for gone in &changes.delete {
            add(Action::Delete, Some(gone), None);
        }
        for made in &changes.create {
            add(Action::Create, None, Some(made));
        }
        for update in &changes.update {
            add(Action::Update, Some(&update.old), Some(&update.new));
        }
    }
    all
}

/// How it stands, in one word.
fn state(place: &Place, listed: bool) -> State {
    if !listed {
        return State::Unread;
    }
    let worst = [
        State::Refused,
        State::Held,
        State::Waiting,
        State::Withheld,
        State::Pending,
    ];
    let has = |state: &State| place.changes.iter().any(|change| change.state == *state);
    if let Some(state) = worst.into_iter().find(has) {
        return state;
    }
    match (place.wanted.is_empty(), place.current.is_empty()) {
        _ if !place.foreign.is_empty() && !place.wanted.is_empty() => State::Blocked,
        (true, true) if !place.outside.is_empty() => State::Outside,
        (true, true) if !place.beside.is_empty() => State::NotOurs,
        (true, true) => State::Nothing,
        (true, false) => State::NotOurs,
        (false, _) if !place.hidden.is_empty() => State::Hidden,
        (false, _) => State::AsWanted,
    }
}

fn foreign(skipped: &Skipped) -> String {
    let owner = match skipped.foreign_owner() {
        "" => "nobody we know".to_owned(),
        owner => format!("\"{owner}\""),
    };
    let current = &skipped.current;
    let what = format!("{} {} belongs to {owner}", current.name, current.rtype);
    match skipped.reason {
        Skip::Foreign => format!("{what}, it is left alone"),
        Skip::HeldBack => format!("{what}, nothing is made beside it"),
        Skip::Previous => format!("{what}, whom we take over from; nobody wants it here, it stays"),
    }
}

/// The policy as users type it.
fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::CreateOnly => "create-only",
        Policy::None => "none",
        Policy::Sync => "sync",
        Policy::UpsertOnly => "upsert-only",
    }
}
