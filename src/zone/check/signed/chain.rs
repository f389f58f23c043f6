//! The chain of NSEC: each name that the zone answers for leads to the next one (RFC 4034 §4.1.1).

use wire::{NameRef, Rtype};

use super::super::finding::{Findings, Part, Spot, Text};
use super::bitmap;
use super::name::Node;
use crate::records::Record;

/// The chain so far.
#[derive(Debug, Default)]
pub(super) struct Chain<'r> {
    apex: Option<NameRef<'r>>,
    /// The NSEC that the next name is compared with, and where it leads to.
    last: Option<(Record<'r>, NameRef<'r>)>,
    /// Whether there was any.
    found: bool,
}

impl<'r> Chain<'r> {
    /// Judges a name; names come in canonical order.
    pub(super) fn add(&mut self, node: &Node<'_, 'r>, findings: &mut Findings) {
        // A name of NSEC3 is a link of the other chain.
        if node.is_hash() {
            return;
        }
        if let Some(last) = self.last.take() {
            follow(&last, node.owner, findings);
        }
        self.apex.get_or_insert(node.apex);
        let Some(run) = node.of_type(Rtype::NSEC) else {
            self.missing(node, findings);
            return;
        };
        self.found = true;
        let first = run.first();
        if run.len() > 1 {
            findings.error(Spot::of(&first, Part::Type), || {
                Text::new(format!("{} NSEC at \"{}\"", run.len(), node.owner))
                    .hint("a name leads to one next name; sign the zone again")
            });
            return;
        }
        let Ok(next) = NameRef::read(first.rdata) else {
            return;
        };
        let listed = bitmap::types(first.rdata.get(next.len()..).unwrap_or_default());
        if let Some(difference) = bitmap::difference(&listed, &node.types()) {
            findings.error(Spot::of(&first, Part::Type), || {
                Text::new(format!("NSEC at \"{}\" {difference}", node.owner)).hint(AGAIN)
            });
        }
        self.last = Some((first, next));
    }

    /// Judges the end of the chain, which is its beginning.
    pub(super) fn finish(mut self, findings: &mut Findings) {
        if let (Some(last), Some(apex)) = (self.last.take(), self.apex) {
            follow(&last, apex, findings);
        }
    }

    fn missing(&self, node: &Node<'_, 'r>, findings: &mut Findings) {
        let Some(first) = node.runs.first() else {
            return;
        };
        let at_apex = node.owner.len() == node.apex.len();
        // Said once where the zone has none at all.
        if at_apex || self.found {
            findings.error(Spot::of(&first.first(), Part::Owner), || {
                Text::new(match at_apex {
                    true => format!("neither NSEC nor NSEC3PARAM at the apex \"{}\"", node.owner),
                    false => format!("no NSEC at \"{}\"", node.owner),
                })
                .hint(AGAIN)
            });
        }
    }
}

fn follow((record, next): &(Record<'_>, NameRef<'_>), owner: NameRef<'_>, findings: &mut Findings) {
    if *next != owner {
        findings.error(Spot::of(record, Part::Data(0)), || {
            Text::new(format!(
                "NSEC at \"{}\" leads to \"{next}\", but the next name is \"{owner}\"",
                record.owner
            ))
            .hint(AGAIN)
        });
    }
}

/// What to do about a chain that does not fit the zone.
pub(super) const AGAIN: &str =
    "validators take wrong answers from it; sign the zone again after each change";
