//! The additional section: addresses of the names that an answer or a referral points to.
//!
//! The work is capped: an answer looks at 13 targets at most, a referral at 100 servers (what a
//! record set may cost is bounded whoever wrote it).

use wire::write::{Full, Writer};
use wire::{NameRef, Rtype};
use zone::{Found, LookupName, Node, RrsetRef, Zone};

use super::walk::Outcome;

const MAX_TARGETS: usize = 13;
const MAX_SERVERS: usize = 100;

/// Adds what `zone` has of the targets of an answer's RRset: addresses for NS, MX, SRV (RFC 2782),
/// SVCB and HTTPS, and for these two the target's records of the same type (RFC 9460 §4.1). What
/// does not fit is left out without a word (RFC 2181 §9).
#[inline]
pub(super) fn addresses<'n>(
    writer: &mut Writer<'_, 'n>,
    zone: &'n Zone,
    (owner, rrset): (NameRef<'n>, RrsetRef<'n>),
    lookup: &mut LookupName,
    outcome: &mut Outcome,
) {
    let Some(before) = before_target(rrset.rtype()) else {
        return;
    };
    targets(writer, zone, (owner, rrset, before), lookup, outcome);
}

/// Whether answers with records of a type may carry addresses besides.
#[inline]
pub(crate) fn has_targets(rtype: Rtype) -> bool {
    before_target(rtype).is_some()
}

/// How many bytes of the data of a type stand before the name that it points to.
#[inline]
fn before_target(rtype: Rtype) -> Option<usize> {
    match rtype {
        Rtype::NS => Some(0),
        Rtype::MX | Rtype::SVCB | Rtype::HTTPS => Some(2),
        Rtype::SRV => Some(6),
        _ => None,
    }
}

/// As [`addresses`], for a type whose data names its target behind so many bytes.
fn targets<'n>(
    writer: &mut Writer<'_, 'n>,
    zone: &'n Zone,
    (owner, rrset, before): (NameRef<'n>, RrsetRef<'n>, usize),
    lookup: &mut LookupName,
    outcome: &mut Outcome,
) {
    let service = matches!(rrset.rtype(), Rtype::SVCB | Rtype::HTTPS);
    for rdata in rrset.rdatas().take(MAX_TARGETS) {
        let Some(target) = target(rdata, before) else {
            continue;
        };
        let target = match (target.is_root(), service) {
            (false, _) => target,
            // RFC 9460 §2.5: "." stands for the owner, or in alias mode for nothing.
            (true, true) if !rdata.starts_with(&[0, 0]) => owner,
            (true, _) => continue,
        };
        if !target.is_at_or_below(zone.apex()) {
            continue;
        }
        zone.prepare(lookup, target);
        let node = match zone.find(lookup) {
            Found::Exact(node) | Found::Wildcard(node, _) => node,
            // Below a cut there may be glue.
            Found::Cut(..) => match zone.node(lookup, lookup.labels()) {
                Some(node) => node,
                None => continue,
            },
            Found::Dname(..) | Found::Missing(_) => continue,
        };
        let wanted = |found: &RrsetRef<'n>| {
            is_address(found) || service && found.rtype() == rrset.rtype() && target != owner
        };
        for found in node.rrsets().filter(wanted) {
            match put(writer, target, found) {
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
    (cut, node, ns): (NameRef<'n>, Node<'n>, RrsetRef<'n>),
    lookup: &mut LookupName,
    outcome: &mut Outcome,
) {
    // Bit n is set when the server of record n is inside; the delegation is inside our zone.
    let mut insiders = 0_u128;
    for inside in [true, false] {
        for (number, rdata) in ns.rdatas().take(MAX_SERVERS).enumerate() {
            let Some(server) = target(rdata, 0) else {
                continue;
            };
            if inside {
                insiders |= u128::from(server.is_at_or_below(cut)) << number;
            }
            let is_inside = insiders >> number & 1 == 1;
            if is_inside != inside || !inside && !server.is_at_or_below(zone.apex()) {
                continue;
            }
            // Most servers inside stand right behind the cut.
            let next = Some(node).filter(|_| inside);
            let found = next.and_then(|node| zone.right_behind(node, server));
            let found = found.or_else(|| {
                zone.prepare(lookup, server);
                zone.node(lookup, lookup.labels())
            });
            let Some(found) = found else {
                continue;
            };
            for found in found.rrsets().filter(is_address) {
                match put(writer, server, found) {
                    Ok(count) => outcome.counts[2] += count,
                    Err(Full) => {
                        outcome.truncated |= inside;
                        return;
                    }
                }
            }
        }
    }
}

fn target(rdata: &[u8], before: usize) -> Option<NameRef<'_>> {
    NameRef::read(rdata.get(before..)?).ok()
}

fn is_address(rrset: &RrsetRef<'_>) -> bool {
    matches!(rrset.rtype(), Rtype::A | Rtype::AAAA)
}

fn put<'n>(
    writer: &mut Writer<'_, 'n>,
    owner: NameRef<'n>,
    rrset: RrsetRef<'n>,
) -> Result<u16, Full> {
    writer.rrset(owner, rrset.rtype(), rrset.ttl(), rrset.rdatas())
}
