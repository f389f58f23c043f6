//! Several want one name and type: who gets it.

use std::fmt;
use std::sync::Arc;

use wire::Rtype;

use super::compare::by_targets;
use crate::{Endpoint, Labels, ObjectRef};

/// Who wins a name that several want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tie {
    /// Who has it now, by the `resource` label; else who has the least targets. As external-dns.
    #[default]
    Targets,
    /// The oldest object, then the first one by namespace and name: for destinations that do not
    /// remember who has it.
    Age,
}

/// An endpoint that does not get its name, and who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who loses.
    pub loser: Endpoint,
    /// Who wins.
    pub winner: Endpoint,
    /// Why.
    pub lost: Lost,
}

/// Why an endpoint lost its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It is a CNAME at the apex of a zone, where other records must be.
    Apex,
    /// It is a CNAME beside records of other types.
    BesideOthers,
    /// The winner's object has the record now.
    Holder,
    /// The winner has less targets, or lesser ones.
    Targets,
    /// The winner's object is older, or comes first by its name.
    Younger,
    /// It is another target of a type that has one only.
    SecondTarget,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apex => "a CNAME cannot be at the apex of a zone",
            Self::BesideOthers => "a CNAME cannot be beside other types",
            Self::Holder => "the record belongs to the other object already",
            Self::Targets => "the other endpoint's targets come first",
            Self::Younger => "the other object is older, or comes first by name",
            Self::SecondTarget => "there can be one target only",
        })
    }
}

/// Takes CNAME candidates away where there are candidates of other types too.
pub(super) fn drop_cnames(candidates: &mut Vec<Endpoint>, conflicts: &mut Vec<Conflict>) {
    let Some(other) = candidates
        .iter()
        .find(|candidate| candidate.rtype != Rtype::CNAME)
        .cloned()
    else {
        return;
    };
    let is_cname = |candidate: &mut Endpoint| candidate.rtype == Rtype::CNAME;
    conflicts.extend(candidates.extract_if(.., is_cname).map(|loser| Conflict {
        loser,
        winner: other.clone(),
        lost: Lost::BesideOthers,
    }));
}

/// The candidate that gets the record; `current` is what is there now. All are of one type.
pub(super) fn winner(
    mut candidates: Vec<Endpoint>,
    current: Option<&Endpoint>,
    tie: Tie,
    conflicts: &mut Vec<Conflict>,
) -> Option<Endpoint> {
    if candidates.len() < 2 {
        return candidates.pop();
    }
    let mut lost = match tie {
        Tie::Age => {
            candidates.sort_by(|a, b| age(a).cmp(&age(b)).then_with(|| by_targets(a, b)));
            Lost::Younger
        }
        Tie::Targets => {
            candidates.sort_by(by_targets);
            Lost::Targets
        }
    };
    let mut at = 0;
    if let Some(current) = current
        && tie == Tie::Targets
    {
        let resource = |endpoint: &Endpoint| -> Box<str> {
            endpoint
                .labels
                .value(Labels::RESOURCE)
                .unwrap_or_default()
                .into()
        };
        let holder = resource(current);
        if let Some(found) = candidates
            .iter()
            .position(|other| resource(other) == holder)
        {
            at = found;
            lost = Lost::Holder;
        }
    }
    let winner = candidates.remove(at);
    conflicts.extend(candidates.into_iter().map(|loser| Conflict {
        loser,
        winner: winner.clone(),
        lost,
    }));
    Some(winner)
}

/// How old an endpoint's oldest object is, then which one it is. Objects that do not say when they
/// were made count as the youngest.
pub(super) fn age(endpoint: &Endpoint) -> Age<'_> {
    let key = |origin: &'_ Arc<ObjectRef>| (origin.created == 0, origin.created);
    let oldest = endpoint.origins.iter().min_by(|a, b| {
        let times = key(a).cmp(&key(b));
        times.then_with(|| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)))
    });
    match oldest {
        Some(origin) => Age(
            false,
            key(origin),
            &origin.namespace,
            &origin.name,
            origin.kind,
        ),
        None => Age(true, (true, 0), "", "", ""),
    }
}

/// Sorts the oldest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age<'a>(bool, (bool, i64), &'a str, &'a str, &'a str);
