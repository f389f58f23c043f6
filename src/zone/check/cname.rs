//! Chains of CNAMEs in the zone that lead back to where they began.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use wire::NameRef;

use super::finding::{Findings, Part, Spot, Text, at_line};
use crate::records::{Record, Records};

/// The most steps that are followed: resolvers give up around that number.
const MAX_STEPS: usize = 16;

/// The CNAMEs of the zone by the hash of their owner.
#[derive(Debug, Default)]
pub(super) struct Cnames(HashMap<u64, usize>);

impl Cnames {
    /// Remembers the CNAME at a position.
    pub(super) fn add(&mut self, owner: NameRef<'_>, position: usize) {
        self.0.insert(hash(owner), position);
    }

    /// Reports each loop once, at the CNAME that comes first in the zone.
    pub(super) fn check(&self, records: &Records, findings: &mut Findings) {
        let mut positions: Vec<usize> = self.0.values().copied().collect();
        positions.sort_unstable();
        for start in positions {
            let Some(first) = records.get(start) else {
                continue;
            };
            let mut last = first;
            for step in 1..=MAX_STEPS {
                let Some((at, next)) = self.follow(records, &last) else {
                    break;
                };
                if at == start {
                    report(&first, &last, step, findings);
                }
                // A loop that an earlier CNAME is part of was or will be reported there.
                if at <= start {
                    break;
                }
                last = next;
            }
        }
    }

    fn follow<'r>(&self, records: &'r Records, record: &Record<'r>) -> Option<(usize, Record<'r>)> {
        let target = NameRef::read(record.rdata).ok()?;
        let at = *self.0.get(&hash(target))?;
        // Two names may share a hash.
        let next = records.get(at).filter(|next| next.owner == target)?;
        Some((at, next))
    }
}

fn report(first: &Record<'_>, last: &Record<'_>, steps: usize, findings: &mut Findings) {
    findings.warning(Spot::of(first, Part::Data(0)), || {
        if steps == 1 {
            let message = format!("CNAME at \"{}\" leads to itself", first.owner);
            return Text::new(message).hint("a CNAME leads to another name");
        }
        let line = at_line(last, first);
        Text::new(format!(
            "CNAME at \"{}\" leads back to itself in {steps} steps",
            first.owner
        ))
        .related(last, Part::Data(0), format!("the last step{line}"))
        .hint("resolvers answer such a name with SERVFAIL")
    });
}

fn hash(name: NameRef<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
