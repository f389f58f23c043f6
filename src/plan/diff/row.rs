//! One row: a name with a set identifier, all that is there and all that should be.

use wire::Rtype;

use super::compare::differs;
use super::resolve::{drop_cnames, winner};
use super::{Plan, Rules, Skip, Skipped};
use crate::{ChangeSet, Endpoint, Labels, Update};

/// What is and what should be at one name.
#[derive(Default)]
pub(super) struct Row {
    current: Vec<Endpoint>,
    candidates: Vec<Endpoint>,
}

impl Row {
    pub(super) fn add(&mut self, current: bool, endpoint: Endpoint) {
        if current {
            self.current.push(endpoint);
        } else {
            self.candidates.push(endpoint);
        }
    }

    /// Adds an endpoint before the others.
    pub(super) fn add_first(&mut self, current: bool, endpoint: Endpoint) {
        let list = if current {
            &mut self.current
        } else {
            &mut self.candidates
        };
        list.insert(0, endpoint);
    }

    pub(super) fn plan(mut self, rules: &Rules, plan: &mut Plan) {
        if self.candidates.is_empty() {
            self.release(rules, plan);
            return;
        }
        if self.candidates.len() > 1 {
            drop_cnames(&mut self.candidates, &mut plan.conflicts);
        }
        let (changes, foreign) = self.differences(rules, plan);
        let ChangeSet {
            create,
            update,
            delete,
        } = changes;
        plan.changes.update.extend(update);
        plan.changes.delete.extend(delete);
        if foreign.is_empty() {
            plan.changes.create.extend(create);
        } else if !create.is_empty() {
            plan.skipped
                .extend(foreign.into_iter().map(|current| Skipped {
                    reason: Skip::HeldBack,
                    current,
                    wanted: create.clone(),
                }));
        }
    }

    /// Nobody wants the name any more: what is ours goes.
    fn release(self, rules: &Rules, plan: &mut Plan) {
        let mut deletes: Vec<Endpoint> = Vec::with_capacity(self.current.len());
        for current in self.current {
            if !rules.owns(&current) || is_known(&deletes, &current, rules) {
                continue;
            }
            if rules.takes_over(&current) {
                // Its owner may still want it: only what is desired here is taken over.
                plan.skipped.push(Skipped {
                    reason: Skip::Previous,
                    current,
                    wanted: Vec::new(),
                });
                continue;
            }
            deletes.push(current);
        }
        deletes.sort_by_key(|endpoint| endpoint.rtype);
        plan.changes.delete.append(&mut deletes);
    }

    /// Changes type by type, creates not looked over yet; and the records that are not ours.
    fn differences(self, rules: &Rules, plan: &mut Plan) -> (ChangeSet, Vec<Endpoint>) {
        let mut changes = ChangeSet::default();
        let foreign = self.current.iter().filter(|current| !rules.owns(current));
        let foreign: Vec<Endpoint> = foreign.cloned().collect();
        let types = self.current.iter().chain(&self.candidates);
        let mut types: Vec<Rtype> = types.map(|endpoint| endpoint.rtype).collect();
        types.sort_unstable();
        types.dedup();
        let (mut current, mut candidates) = (self.current, self.candidates);
        for rtype in types {
            let of_type = |endpoint: &mut Endpoint| endpoint.rtype == rtype;
            // Of several records of one type the last one counts, as in external-dns.
            let current = current.extract_if(.., of_type).last();
            let candidates: Vec<Endpoint> = candidates.extract_if(.., of_type).collect();
            let winner = winner(candidates, current.as_ref(), rules.tie, &mut plan.conflicts);
            match (current, winner) {
                (None, None) => {}
                (None, Some(winner)) => changes.create.push(winner),
                (Some(current), None) if rules.owns(&current) => changes.delete.push(current),
                (Some(current), None) => plan.skipped.push(foreign_record(current, None)),
                (Some(current), Some(mut new)) => {
                    if !differs(&new, &current) && !rules.takes_over(&current) {
                        continue;
                    }
                    if !rules.owns(&current) {
                        plan.skipped.push(foreign_record(current, Some(new)));
                        continue;
                    }
                    let owner = current.labels.value(Labels::OWNER).unwrap_or_default();
                    new.labels.set(Labels::OWNER, owner);
                    changes.update.push(Update { old: current, new });
                }
            }
        }
        (changes, foreign)
    }
}

fn foreign_record(current: Endpoint, wanted: Option<Endpoint>) -> Skipped {
    Skipped {
        reason: Skip::Foreign,
        current,
        wanted: Vec::from_iter(wanted),
    }
}

/// Whether a record with the same key is to be deleted already. Without an owner external-dns asks
/// for such a delete twice; once is enough.
fn is_known(deletes: &[Endpoint], endpoint: &Endpoint, rules: &Rules) -> bool {
    rules.owner.is_some()
        && deletes.iter().any(|other| {
            other.rtype == endpoint.rtype
                && other.name == endpoint.name
                && other.set_identifier == endpoint.set_identifier
        })
}
