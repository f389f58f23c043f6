//! Makes RRsets of records: none twice, one TTL for all.

use std::collections::HashSet;

use wire::{Rtype, Ttl, rdata};

use crate::records::{Record, Records, Run};

/// Brings sorted records into the form in which they are served.
///
/// Records equal but for the case of names in their data are one record (RFC 4034 §6.2). The TTL of
/// an RRset (RFC 2181 §5.2: there is one) is that of its first record in the file, as in NSD, and as
/// in BIND for records that stand together.
pub(super) fn settle(mut records: Records) -> Records {
    records.dedup();
    let uneven = |run: &Run<'_>| run.len() > 1 && !is_even(run);
    if !records.rrsets().any(|run| uneven(&run)) {
        return records;
    }
    let mut settled = Records::new(records.apex().clone());
    for run in records.rrsets() {
        let ttl = (run.first().rtype != Rtype::RRSIG).then(|| first_ttl(run.iter()));
        let mut seen = HashSet::new();
        for record in run.iter() {
            if run.len() == 1 || seen.insert(canonical(&record)) {
                let ttl = ttl.unwrap_or(record.ttl);
                settled.push(record.owner, record.rtype, ttl, record.rdata, record.place);
            }
        }
    }
    settled.sort();
    settled
}

/// The TTL of the record of an RRset that stands first in the files.
pub(crate) fn first_ttl<'a>(rrset: impl Iterator<Item = Record<'a>>) -> Ttl {
    let first = rrset.min_by_key(|record| record.place);
    first.map_or_else(|| Ttl::from_secs(0), |record| record.ttl)
}

/// The data of a record, letters of names in lower case where RFC 4034 §6.2 says so.
pub(crate) fn canonical(record: &Record<'_>) -> Vec<u8> {
    let mut data = record.rdata.to_vec();
    rdata::canonical(record.rtype, &mut data);
    data
}

fn is_even(run: &Run<'_>) -> bool {
    let first = run.first();
    let ttls = first.rtype == Rtype::RRSIG || run.iter().all(|record| record.ttl == first.ttl);
    ttls && (!has_names(first.rtype) || {
        let mut seen = HashSet::new();
        run.iter().all(|record| seen.insert(canonical(&record)))
    })
}

/// Whether case may be all that two data differ in.
pub(crate) fn has_names(rtype: Rtype) -> bool {
    !matches!(
        rtype,
        Rtype::A | Rtype::AAAA | Rtype::DNSKEY | Rtype::DS | Rtype::TXT
    )
}
