//! One RRset: repeats, TTLs, how many records there may be, numbers within bounds.

use std::collections::HashMap;

use wire::Rtype;

use super::finding::{Findings, Part, Spot, Text, at_line};
use crate::file::settle::{canonical, first_ttl, has_names};
use crate::records::{Record, Records};

/// RFC 9276 §3.2 lets validators treat zones with more as insecure or refuse them, and they do from
/// 51 on.
const MAX_ITERATIONS: u16 = 50;

/// The records of one name and type in a sorted list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rrset<'r> {
    records: &'r Records,
    first: Record<'r>,
    from: usize,
    to: usize,
}

impl<'r> Rrset<'r> {
    /// The RRset that begins at `from`, among the records of its name, which end at `end`.
    pub(super) fn at(records: &'r Records, from: usize, end: usize) -> Option<Self> {
        let first = records.get(from)?;
        let same = |at: &usize| {
            records
                .get(*at)
                .is_some_and(|next| next.rtype == first.rtype)
        };
        let to = from + 1 + (from + 1..end).take_while(same).count();
        Some(Self {
            records,
            first,
            from,
            to,
        })
    }

    pub(super) fn first(&self) -> Record<'r> {
        self.first
    }

    pub(super) fn len(&self) -> usize {
        self.to - self.from
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Record<'r>> + Clone + use<'r> {
        self.positions().map(|(_, record)| record)
    }

    /// The records with their positions in the list.
    pub(super) fn positions(&self) -> impl Iterator<Item = (usize, Record<'r>)> + Clone + use<'r> {
        let records = self.records;
        (self.from..self.to).filter_map(move |at| records.get(at).map(|record| (at, record)))
    }
}

/// Judges an RRset of several records; tells how many different ones there are.
pub(super) fn several(run: &Rrset<'_>, findings: &mut Findings) -> usize {
    let first = run.first();
    let mut different = 0;
    // Sorted data stands beside its repeats, unless names in it differ in case.
    let mut seen: HashMap<Vec<u8>, Record<'_>> = HashMap::new();
    let mut previous: Option<Record<'_>> = None;
    for record in run.iter() {
        let earlier = if has_names(first.rtype) {
            seen.insert(canonical(&record), record)
        } else {
            previous.filter(|previous| previous.rdata == record.rdata)
        };
        previous = Some(record);
        let Some(earlier) = earlier else {
            different += 1;
            continue;
        };
        findings.set_uneven();
        let (earlier, later) = match earlier.place <= record.place {
            true => (earlier, record),
            false => (record, earlier),
        };
        findings.warning(Spot::of(&later, Part::Type), || {
            let line = at_line(&earlier, &later);
            Text::new(format!(
                "{} at \"{}\" repeats the record{line}",
                later.rtype, later.owner
            ))
            .hint("one of the two can go; it is served once")
        });
    }
    if first.rtype != Rtype::RRSIG {
        ttls(run, findings);
    }
    different
}

/// Judges whether an RRset fits into a message: it is in an answer whole or not at all.
pub(super) fn size(run: &Rrset<'_>, findings: &mut Findings) {
    let first = run.first();
    // Names of these are written as two bytes each where they repeat.
    let least = |record: &Record<'_>| match record.rtype {
        Rtype::CNAME | Rtype::NS | Rtype::PTR => 2,
        Rtype::MX => 4,
        _ => record.rdata.len(),
    };
    let data: usize = run.iter().map(|record| RECORD + least(&record)).sum();
    let bytes = HEADER + first.owner.len() + QUESTION + data;
    if bytes > MAX_MESSAGE {
        findings.error(Spot::of(&first, Part::Type), || {
            Text::new(format!(
                "{} at \"{}\" takes {bytes} bytes in a message, which holds {MAX_MESSAGE}",
                first.rtype, first.owner
            ))
            .hint("it is never an answer; give the name fewer records")
        });
    }
}

/// The most bytes of a message, also by TCP (RFC 1035 §4.2.2).
const MAX_MESSAGE: usize = 65_535;
/// The header of a message.
const HEADER: usize = 12;
/// Type and class of a question.
const QUESTION: usize = 4;
/// A record without its data: a pointer to its owner, type, class, TTL, length.
const RECORD: usize = 12;

/// RFC 2181 §5.2: the TTLs of an RRset are the same.
fn ttls(run: &Rrset<'_>, findings: &mut Findings) {
    let ttl = first_ttl(run.iter());
    if run.iter().all(|record| record.ttl == ttl) {
        return;
    }
    findings.set_uneven();
    let first = run
        .iter()
        .min_by_key(|record| record.place)
        .unwrap_or_else(|| run.first());
    for record in run.iter().filter(|record| record.ttl != ttl) {
        findings.warning(Spot::of(&record, Part::Ttl), || {
            Text::new(format!(
                "TTL {} of {} at \"{}\" differs from TTL {ttl}{}",
                record.ttl,
                record.rtype,
                record.owner,
                at_line(&first, &record)
            ))
            .related(&first, Part::Ttl, "this TTL holds")
            .hint("all records of one name and type have one TTL")
        });
    }
}

/// NSEC3 and NSEC3PARAM begin with algorithm, flags and iterations.
pub(super) fn iterations(record: &Record<'_>, findings: &mut Findings) {
    let &[_, _, high, low, ..] = record.rdata else {
        return;
    };
    let iterations = u16::from_be_bytes([high, low]);
    if iterations > MAX_ITERATIONS {
        findings.error(Spot::of(record, Part::Data(2)), || {
            Text::new(format!(
                "{} at \"{}\" has {iterations} iterations, more than {MAX_ITERATIONS}",
                record.rtype, record.owner
            ))
            .hint("sign the zone with 0 iterations, as RFC 9276 asks; resolvers refuse many")
        });
    }
}
