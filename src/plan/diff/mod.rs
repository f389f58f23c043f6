//! Desired against current: what to create, update and delete.
//!
//! ```text
//! current ─┐ filters, managed types                       ┌─→ changes
//!          ├────────────────────────→ rows → conflicts → differences → ownership → policy
//! desired ─┘                                              └─→ skipped, conflicts, withheld
//! ```
//!
//! A row is a name with a set identifier. Rows don't see each other, so planning some names gives
//! what planning all gives, restricted to these names. Changes come out by name, then by type.

mod compare;
mod embeddable;
mod resolve;
mod row;

use wire::Rtype;

use crate::filter::DomainFilter;
use crate::name::normalize;
use crate::{ChangeSet, Endpoint, Labels};

pub(crate) use compare::differs;
pub use compare::same_targets;
pub use embeddable::{Embeddable, embeddable};
pub use resolve::{Conflict, Lost, Tie};

/// What a plan goes by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which kinds of changes are made.
    pub policy: Policy,
    /// The types that are looked at.
    pub managed: Vec<Rtype>,
    /// Types that are not looked at even so.
    pub excluded: Vec<Rtype>,
    /// The names that are looked at: those that pass all filters.
    pub filters: Vec<DomainFilter>,
    /// Who we are. Without an owner everything is ours.
    pub owner: Option<Box<str>>,
    /// Whose records become ours where they are desired.
    pub previous_owner: Option<Box<str>>,
    /// Who wins a name that several want.
    pub tie: Tie,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            policy: Policy::Sync,
            managed: vec![Rtype::A, Rtype::AAAA, Rtype::CNAME],
            excluded: Vec::new(),
            filters: Vec::new(),
            owner: None,
            previous_owner: None,
            tie: Tie::Targets,
        }
    }
}

impl Rules {
    /// Whether a type is looked at.
    #[must_use]
    pub fn manages(&self, rtype: Rtype) -> bool {
        self.managed.contains(&rtype) && !self.excluded.contains(&rtype)
    }

    /// Whether an endpoint is looked at: its type is managed and its name passes all filters.
    #[must_use]
    pub fn covers(&self, endpoint: &Endpoint) -> bool {
        self.manages(endpoint.rtype)
            && self
                .filters
                .iter()
                .all(|filter| filter.matches(&endpoint.name))
    }

    /// Whether a record is ours, by its labels.
    #[must_use]
    pub fn owns(&self, endpoint: &Endpoint) -> bool {
        let owner = endpoint.labels.value(Labels::OWNER);
        self.owner.is_none() || owner == self.owner.as_deref()
    }

    /// Whether a record is only ours because we take over from its owner, and does not say so yet.
    fn takes_over(&self, endpoint: &Endpoint) -> bool {
        let previous = endpoint.labels.value(Labels::PREVIOUS_OWNER);
        previous.is_some() && previous == self.previous_owner.as_deref()
    }
}

/// Which kinds of changes are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Creates only.
    CreateOnly,
    /// None: what would be done is withheld.
    None,
    /// All.
    #[default]
    Sync,
    /// All but deletes.
    UpsertOnly,
}

/// What to do, and what was decided on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to do.
    pub changes: ChangeSet,
    /// What the policy does not let us do.
    pub withheld: ChangeSet,
    /// What others own where we want something.
    pub skipped: Vec<Skipped>,
    /// Endpoints that lost their name to another.
    pub conflicts: Vec<Conflict>,
}

impl Plan {
    /// Adds another plan's contents.
    pub fn append(&mut self, mut other: Self) {
        self.changes.append(&mut other.changes);
        self.withheld.append(&mut other.withheld);
        self.skipped.append(&mut other.skipped);
        self.conflicts.append(&mut other.conflicts);
    }
}

/// A record that keeps us from what we want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How it does.
    pub reason: Skip,
    /// The record.
    pub current: Endpoint,
    /// What is wanted there.
    pub wanted: Vec<Endpoint>,
}

/// How a record keeps us from what we want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It is at the same name and not ours, so nothing is created beside it.
    HeldBack,
    /// It is not ours, so it is not changed or deleted.
    Foreign,
    /// It belongs to whom we take over from, and nobody wants it here: it stays.
    Previous,
}

impl Skipped {
    /// Who owns the record, as external-dns's metric has it: the owner, else the set identifier.
    #[must_use]
    pub fn foreign_owner(&self) -> &str {
        let owner = self.current.labels.value(Labels::OWNER);
        owner.unwrap_or(&self.current.set_identifier)
    }

    /// The name without its first label, unless only one would be left.
    #[must_use]
    pub fn parent_domain(&self) -> &str {
        let name = &*self.current.name;
        match name.split_once('.') {
            Some((_, parent)) if parent.contains('.') => parent,
            _ => name,
        }
    }
}

/// What to do about these names: all that a destination has there against all that should be there.
#[must_use]
pub fn plan(current: Vec<Endpoint>, desired: Vec<Endpoint>, rules: &Rules) -> Plan {
    let covered = |endpoints: Vec<Endpoint>, current: bool| {
        let endpoints = endpoints.into_iter();
        endpoints
            .filter(|endpoint| rules.covers(endpoint))
            .map(move |endpoint| Entry {
                name: normalize(&endpoint.name).into(),
                current,
                endpoint,
            })
    };
    let mut entries: Vec<Entry> = covered(current, true).collect();
    entries.extend(covered(desired, false));
    entries.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut plan = Plan::default();
    let mut entries = entries.into_iter().peekable();
    while let Some(first) = entries.next() {
        let mut row = row::Row::default();
        while let Some(next) = entries.next_if(|next| next.key() == first.key()) {
            row.add(next.current, next.endpoint);
        }
        row.add_first(first.current, first.endpoint);
        row.plan(rules, &mut plan);
    }
    hold_back(&mut plan, rules.policy);
    plan
}

struct Entry {
    name: Box<str>,
    current: bool,
    endpoint: Endpoint,
}

impl Entry {
    fn key(&self) -> (&str, &str) {
        (&self.name, &self.endpoint.set_identifier)
    }
}

fn hold_back(plan: &mut Plan, policy: Policy) {
    let changes = &mut plan.changes;
    let held = &mut plan.withheld;
    if policy == Policy::None {
        held.create.append(&mut changes.create);
    }
    if matches!(policy, Policy::None | Policy::CreateOnly) {
        held.update.append(&mut changes.update);
    }
    if policy != Policy::Sync {
        held.delete.append(&mut changes.delete);
    }
}

#[cfg(test)]
mod tests;
