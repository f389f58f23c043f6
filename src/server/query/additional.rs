//! The additional section: addresses of the names that an answer or a referral points to.
//!
//! The work is capped: at most 13 targets are looked at, and an RRset with more names gets no more
//! (what a record set may cost is bounded whoever wrote it).

use wire::write::{Full, Writer};
use wire::{NameRef, Rtype};
use zone::{Found, LookupName, Node, RrsetRef, Zone};

use super::walk::Outcome;

const MAX_TARGETS: usize = 13;

/// Adds the addresses that `zone` has of the targets of an answer's RRset: NS, MX, SRV (RFC 2782)
/// and SVCB, HTTPS (RFC 9460 §4.1). What does not fit is left out without a word (RFC 2181 §9).
pub(super) fn addresses<'n>(
    writer: &mut Writer<'_, 'n>,
    zone: &'n Zone,
    rrset: RrsetRef<'n>,
    lookup: &mut LookupName,
    outcome: &mut Outcome,
) {
    let Some(before) = bytes_before_target(rrset.rtype()) else {
        return;
    };
    for target in targets(rrset, before, zone) {
        lookup.set(target, zone.keys());
        let node = match zone.find(lookup) {
            Found::Exact(node) | Found::Wildcard(node, _) => node,
            // Below a cut there may be glue.
            Found::Cut(..) => match zone.node(lookup, lookup.labels()) {
                Some(node) => node,
                None => continue,
            },
            Found::Dname(..) | Found::Missing(_) => continue,
        };
        for rrset in address_sets(node) {
            match put(writer, target, rrset) {
                Ok(count) => outcome.counts[2] += count,
                Err(Full) => return,
            }
        }
    }
}

/// Adds the glue of a referral. RFC 9471 §3.1: glue for servers inside the delegation must be there
/// or the answer says that it was cut; addresses of other servers are added where they fit.
pub(super) fn glue<'n>(
    writer: &mut Writer<'_, 'n>,
    zone: &'n Zone,
    (cut, ns): (NameRef<'n>, RrsetRef<'n>),
    lookup: &mut LookupName,
    outcome: &mut Outcome,
) {
    for needed in [true, false] {
        for target in targets(ns, 0, zone).filter(|name| name.is_at_or_below(cut) == needed) {
            lookup.set(target, zone.keys());
            let Some(node) = zone.node(lookup, lookup.labels()) else {
                continue;
            };
            for rrset in address_sets(node) {
                match put(writer, target, rrset) {
                    Ok(count) => outcome.counts[2] += count,
                    Err(Full) => {
                        outcome.truncated |= needed;
                        return;
                    }
                }
            }
        }
    }
}

/// The names an RRset points to that are in the zone.
fn targets<'n>(
    rrset: RrsetRef<'n>,
    before: usize,
    zone: &'n Zone,
) -> impl Iterator<Item = NameRef<'n>> {
    let targets = rrset.rdatas().take(MAX_TARGETS).filter_map(move |rdata| {
        let target = NameRef::read(rdata.get(before..)?).ok()?;
        if target.is_root() { None } else { Some(target) }
    });
    targets.filter(|target| target.is_at_or_below(zone.apex()))
}

fn address_sets<'n>(node: Node<'n>) -> impl Iterator<Item = RrsetRef<'n>> {
    node.rrsets()
        .filter(|rrset| matches!(rrset.rtype(), Rtype::A | Rtype::AAAA))
}

fn put<'n>(
    writer: &mut Writer<'_, 'n>,
    owner: NameRef<'n>,
    rrset: RrsetRef<'n>,
) -> Result<u16, Full> {
    writer.rrset(owner, rrset.rtype(), rrset.ttl(), rrset.rdatas())
}

fn bytes_before_target(rtype: Rtype) -> Option<usize> {
    match rtype {
        Rtype::NS => Some(0),
        Rtype::MX | Rtype::SVCB | Rtype::HTTPS => Some(2),
        Rtype::SRV => Some(6),
        _ => None,
    }
}
