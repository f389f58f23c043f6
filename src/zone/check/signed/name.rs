//! The names of a zone that it answers for, each with its RRsets: not what is below a delegation.

use wire::{NameRef, Rtype};

use super::super::rrset::Rrset;
use crate::records::Records;

/// A name with its RRsets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a, 'r> {
    pub(super) owner: NameRef<'r>,
    pub(super) apex: NameRef<'r>,
    pub(super) runs: &'a [Rrset<'r>],
}

impl<'r> Node<'_, 'r> {
    pub(super) fn of_type(&self, rtype: Rtype) -> Option<Rrset<'r>> {
        let mut runs = self.runs.iter();
        runs.find(|run| run.first().rtype == rtype).copied()
    }

    /// Whether it is delegated, which leaves the zone with NS, DS and NSEC there.
    pub(super) fn is_cut(&self) -> bool {
        super::is_cut(self, self.apex)
    }

    /// Whether it is no name of its own: it says which hashes there are not.
    pub(super) fn is_hash(&self) -> bool {
        self.of_type(Rtype::NSEC3).is_some()
    }

    /// The RRsets that the zone signs here.
    pub(super) fn signed(&self) -> impl Iterator<Item = &Rrset<'r>> {
        let is_cut = self.is_cut();
        self.runs.iter().filter(move |run| {
            let rtype = run.first().rtype;
            match is_cut {
                true => matches!(rtype, Rtype::DS | Rtype::NSEC),
                false => rtype != Rtype::RRSIG,
            }
        })
    }

    /// The types that a record which denies all others lists here, in rising order.
    pub(super) fn types(&self) -> Vec<Rtype> {
        let is_cut = self.is_cut();
        let mut types: Vec<Rtype> = self.runs.iter().map(|run| run.first().rtype).collect();
        types.retain(|rtype| match is_cut {
            true => matches!(*rtype, Rtype::NS | Rtype::DS | Rtype::NSEC),
            false => !matches!(*rtype, Rtype::RRSIG),
        });
        // A signature that is missing is reported as such.
        if self.signed().next().is_some() {
            types.push(Rtype::RRSIG);
        }
        types.sort_by_key(|rtype| rtype.0);
        types
    }
}

/// Calls for each name that the zone answers for, in canonical order.
pub(super) fn each<'r>(records: &'r Records, mut visit: impl FnMut(&Node<'_, 'r>)) {
    let apex = records.apex().as_ref();
    let mut cut: Option<NameRef<'r>> = None;
    let mut runs = Vec::new();
    let mut from = 0;
    while let Some(first) = records.get(from) {
        let mut to = from + 1;
        while records.same_owner(from, to) {
            to += 1;
        }
        let (owner, start) = (first.owner, std::mem::replace(&mut from, to));
        if cut.is_some_and(|cut| owner.is_at_or_below(cut)) {
            continue;
        }
        runs.clear();
        let mut at = start;
        while at < to
            && let Some(run) = Rrset::at(records, at, to)
        {
            at += run.len();
            runs.push(run);
        }
        let node = Node {
            owner,
            apex,
            runs: &runs,
        };
        if node.is_cut() {
            cut = Some(owner);
        }
        visit(&node);
    }
}
