//! Makes RRsets of records: none twice, one TTL for all.

use std::collections::{HashMap, HashSet};

use wire::{Rtype, Ttl, rdata};

use crate::records::{Place, Record, Records, Run};

/// Brings sorted records into the form in which they are served.
///
/// Records equal but for the case of names in their data are one record (RFC 4034 §6.2). The TTL of
/// an RRset (RFC 2181 §5.2: there is one) is that of its first record in the file, as in NSD, and as
/// in BIND for records that stand together.
pub(super) fn settle(records: &Records) -> Records {
    let mut settled = Records::new(records.apex().clone());
    for run in records.rrsets() {
        let ttl = (run.first().rtype != Rtype::RRSIG).then(|| first_ttl(run.iter()));
        let kept = firsts(&run);
        for (at, record) in run.iter().enumerate() {
            if kept.contains(&at) {
                let ttl = ttl.unwrap_or(record.ttl);
                settled.push(record.owner, record.rtype, ttl, record.rdata, record.place);
            }
        }
    }
    settled
}

/// Of records that are equal, the one that stands first in the files: which of its records an RRset
/// keeps.
fn firsts(run: &Run<'_>) -> HashSet<usize> {
    let mut firsts: HashMap<Vec<u8>, (Place, usize)> = HashMap::new();
    for (at, record) in run.iter().enumerate() {
        let first = firsts
            .entry(canonical(&record))
            .or_insert((record.place, at));
        *first = (*first).min((record.place, at));
    }
    firsts.into_values().map(|(_, at)| at).collect()
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

/// Whether case may be all that two data differ in.
pub(crate) fn has_names(rtype: Rtype) -> bool {
    !matches!(
        rtype,
        Rtype::A | Rtype::AAAA | Rtype::DNSKEY | Rtype::DS | Rtype::TXT
    )
}
