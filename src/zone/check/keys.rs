//! The keys of a zone as it tells them to its parent: CDS and CDNSKEY beside DNSKEY, at the apex.
//!
//! Each of the two types is judged for itself. What a delete record asks for needs no DNSKEY; it
//! stands alone of its type (RFC 8078 §4).

use wire::Rtype;

use super::Unread;
use super::finding::{Findings, Part, Spot, Text, at_line};
use super::rrset::Rrset;
use super::signed;
use crate::records::Record;

/// The algorithm of a record that asks the parent to take the DS away.
const DELETE: u8 = 0;

/// Judges the RRsets of an apex.
pub(super) fn check(runs: &[Rrset<'_>], unread: &Unread, findings: &mut Findings) {
    let of = |rtype| runs.iter().find(|run| run.first().rtype == rtype);
    let keys = of(Rtype::DNSKEY);
    for (rtype, other) in [(Rtype::CDNSKEY, Rtype::CDS), (Rtype::CDS, Rtype::CDNSKEY)] {
        let Some(told) = of(rtype) else {
            continue;
        };
        delete(told, findings);
        let apex = told.first().owner;
        if !unread.may_hold(apex, Rtype::DNSKEY)
            && algorithms(told, keys, findings)
            && let Some(keys) = keys
        {
            signed::told(told, keys, findings);
        }
        if of(other).is_none() && !unread.may_hold(apex, other) {
            alone(&told.first(), other, findings);
        }
    }
    for record in of(Rtype::NSEC3PARAM).into_iter().flat_map(Rrset::iter) {
        flags(&record, findings);
    }
}

/// RFC 7344 §4.1: what the parent is told is among the keys of the zone. Tells whether there are keys
/// of all algorithms.
fn algorithms(told: &Rrset<'_>, keys: Option<&Rrset<'_>>, findings: &mut Findings) -> bool {
    let mut all = true;
    for record in told.iter() {
        let wanted = algorithm(&record);
        let mut keys = keys.into_iter().flat_map(Rrset::iter);
        if wanted == Some(DELETE) || keys.any(|key| algorithm(&key) == wanted) {
            continue;
        }
        all = false;
        let spot = Spot::of(&record, Part::Data(word(record.rtype)));
        findings.error(spot, || {
            Text::new(format!(
                "{} at \"{}\" without a DNSKEY of algorithm {}",
                record.rtype,
                record.owner,
                wanted.unwrap_or_default()
            ))
            .hint(
                "a parent that follows it cuts the zone off from validators; publish the key first",
            )
        });
    }
    all
}

/// RFC 8078 §4: a delete record is the only one of its type.
fn delete(told: &Rrset<'_>, findings: &mut Findings) {
    let is_delete = |record: &Record<'_>| algorithm(record) == Some(DELETE);
    let (Some(delete), Some(other)) = (
        told.iter().find(is_delete),
        told.iter().find(|record| !is_delete(record)),
    ) else {
        return;
    };
    findings.error(Spot::of(&delete, Part::Type), || {
        Text::new(format!(
            "{} at \"{}\" asks to delete, and does not stand alone; another is{}",
            delete.rtype,
            delete.owner,
            match at_line(&other, &delete) {
                line if line.is_empty() => " in another file".to_owned(),
                line => line,
            }
        ))
        .related(&other, Part::Type, "this one asks for a key")
        .hint("a record of algorithm 0 is the only one of its type (RFC 8078 §4)")
    });
}

/// RFC 7344 §4: parents read the one or the other, so a zone tells both.
fn alone(told: &Record<'_>, other: Rtype, findings: &mut Findings) {
    findings.warning(Spot::of(told, Part::Type), || {
        Text::new(format!(
            "{} at \"{}\" without {other}",
            told.rtype, told.owner
        ))
        .hint("some parents read CDS and some CDNSKEY (RFC 7344 §4); publish both")
    });
}

/// RFC 5155 §4.1.2: what has other flags is passed over by servers.
fn flags(record: &Record<'_>, findings: &mut Findings) {
    let &[_, flags, ..] = record.rdata else {
        return;
    };
    if flags != 0 {
        findings.warning(Spot::of(record, Part::Data(1)), || {
            Text::new(format!(
                "NSEC3PARAM at \"{}\" has flags {flags}, expected 0",
                record.owner
            ))
            .hint("servers pass it over (RFC 5155 §4.1.2); opt-out is a flag of NSEC3 records only")
        });
    }
}

/// The algorithm that a CDS, CDNSKEY or DNSKEY is for.
fn algorithm(record: &Record<'_>) -> Option<u8> {
    let at = if record.rtype == Rtype::CDS { 2 } else { 3 };
    record.rdata.get(at).copied()
}

/// Which word of the data the algorithm is.
fn word(rtype: Rtype) -> usize {
    if rtype == Rtype::CDS { 1 } else { 2 }
}
