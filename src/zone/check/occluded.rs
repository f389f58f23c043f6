//! Records below a delegation: they are never answers, and only addresses of servers are of use.

use std::collections::{HashMap, HashSet};

use wire::{Name, NameRef, Rtype};

use super::finding::{Findings, Part, Spot, Text};
use crate::records::{Record, Records};

/// What stands below delegations and is not yet known to be glue.
#[derive(Debug, Default)]
pub(super) struct Occluded {
    /// Positions of addresses by their owner in lower case.
    addresses: HashMap<Name, Vec<usize>>,
    /// Names of them that are delegated themselves.
    cuts: HashSet<Name>,
}

impl Occluded {
    /// Takes note of a record below the delegation whose NS records are given.
    pub(super) fn add(
        &mut self,
        record: &Record<'_>,
        position: usize,
        cut: &[Record<'_>],
        findings: &mut Findings,
    ) {
        if !matches!(record.rtype, Rtype::A | Rtype::AAAA) {
            if let Some(cut) = cut.first() {
                report(record, cut, findings);
            }
            return;
        }
        let names = |cut: &Record<'_>| NameRef::read(cut.rdata).is_ok_and(|n| n == record.owner);
        if !cut.iter().any(names) {
            let owner = record.owner.to_lowercase();
            if cut.first().is_some_and(|cut| cut.owner == record.owner) {
                self.cuts.insert(owner.clone());
            }
            self.addresses.entry(owner).or_default().push(position);
        }
    }

    /// Reports addresses that no NS record of the zone names.
    pub(super) fn check(mut self, records: &Records, findings: &mut Findings) {
        if self.addresses.is_empty() {
            return;
        }
        for record in records.iter().filter(|record| record.rtype == Rtype::NS) {
            if let Ok(target) = NameRef::read(record.rdata) {
                self.addresses.remove(&target.to_lowercase());
            }
        }
        let cuts = &self.cuts;
        let mut positions: Vec<usize> = self.addresses.into_values().flatten().collect();
        positions.sort_unstable();
        for record in positions.into_iter().filter_map(|at| records.get(at)) {
            findings.warning(Spot::of(&record, Part::Owner), || {
                let place = match cuts.contains(&record.owner.to_lowercase()) {
                    true => "at",
                    false => "below",
                };
                Text::new(format!(
                    "{} at \"{}\" is {place} a delegation, and no NS record names it",
                    record.rtype, record.owner
                ))
                .hint("it is never an answer; it belongs into the delegated zone")
            });
        }
    }
}

/// Reports a record that cannot be glue.
pub(super) fn report(record: &Record<'_>, cut: &Record<'_>, findings: &mut Findings) {
    findings.warning(Spot::of(record, Part::Owner), || {
        let place = if record.owner == cut.owner {
            "at"
        } else {
            "below"
        };
        Text::new(format!(
            "{} at \"{}\" is {place} the delegation of \"{}\" and never an answer",
            record.rtype, record.owner, cut.owner
        ))
        .related(cut, Part::Type, "delegated here")
        .hint("it belongs into the delegated zone")
    });
}
