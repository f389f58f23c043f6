//! What the journal in the cluster says of a zone, beside what was served of it: where the cluster was put back
//! to an earlier state, whoever leads next says record by record what it goes on with, and what it does not.

use std::collections::BTreeMap;

use wire::{Name, Rtype, rdata};
use zone::{Change, Layer, Store};

/// What updates have brought to a zone, by name and type: each record as text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Brought(BTreeMap<(Name, Rtype), Vec<String>>);

impl Brought {
    /// As a store has it now.
    pub(super) fn of(store: &Store, apex: &Name) -> Self {
        let mut all = store.layer(apex, Layer::Dynamic);
        all.extend(store.layer(apex, Layer::Override));
        Self::new(&all)
    }

    fn new(changes: &[Change]) -> Self {
        let records = changes.iter().map(|change| {
            let rrset = change.rrset.as_ref();
            let mut records: Vec<String> = rrset
                .into_iter()
                .flat_map(|rrset| rrset.rdatas.iter().map(|data| (rrset.ttl, data)))
                .map(|(ttl, data)| {
                    let mut text = format!("{} {} {} ", change.owner, ttl.as_secs(), change.rtype);
                    // What can be stored can be written.
                    let _whole = rdata::print(change.rtype, data, &mut text).is_ok();
                    text
                })
                .collect();
            records.sort_unstable();
            ((change.owner.clone(), change.rtype), records)
        });
        Self(records.collect())
    }

    /// The records that another one lacks.
    fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flat_map(|(key, records)| {
            let theirs = other.0.get(key);
            let known = move |record: &&String| theirs.is_some_and(|all| all.contains(record));
            records
                .iter()
                .filter(move |record| !known(record))
                .map(String::as_str)
        })
    }
}

/// Says how what is gone on with differs from what the journal had.
pub(super) fn tell(apex: &Name, journal: &Brought, kept: &Brought) {
    let lists = [
        (
            kept.beyond(journal).collect::<Vec<_>>(),
            "is kept as it was served: the journal in the cluster does not have it",
        ),
        (
            journal.beyond(kept).collect(),
            "is not served any more, and stays away: the journal in the cluster still has it",
        ),
    ];
    for (records, what) in lists {
        for record in records.iter().take(MOST_TOLD) {
            tracing::warn!(zone = %apex, record, "this record {what}");
        }
        let more = records.len().saturating_sub(MOST_TOLD);
        if more > 0 {
            tracing::warn!(zone = %apex, more, "and so it is with more records: each {what}");
        }
    }
}

/// How many records are told of one by one.
const MOST_TOLD: usize = 50;

#[cfg(test)]
mod tests {
    use wire::Ttl;
    use zone::Rrset;

    use super::*;

    fn brought(records: &[(&str, u8)]) -> Brought {
        let mut changes: Vec<Change> = Vec::new();
        for (owner, last) in records {
            let owner = Name::from_text(owner.as_bytes(), None).unwrap();
            let data = Box::from([192, 0, 2, *last]);
            match changes.iter_mut().find(|change| change.owner == owner) {
                Some(change) => change.rrset.as_mut().unwrap().rdatas.push(data),
                None => changes.push(Change {
                    owner,
                    rtype: Rtype::A,
                    layer: Layer::Dynamic,
                    rrset: Some(Rrset {
                        rtype: Rtype::A,
                        ttl: Ttl::from_secs(60),
                        rdatas: vec![data],
                    }),
                }),
            }
        }
        Brought::new(&changes)
    }

    #[test]
    fn each_record_counts_by_itself() {
        let journal = brought(&[("a.z.", 1), ("b.z.", 1), ("b.z.", 2)]);
        let kept = brought(&[("a.z.", 1), ("b.z.", 2), ("b.z.", 3), ("c.z.", 1)]);
        let beyond: Vec<&str> = kept.beyond(&journal).collect();
        assert_eq!(beyond, ["b.z. 60 A 192.0.2.3", "c.z. 60 A 192.0.2.1"]);
        let beyond: Vec<&str> = journal.beyond(&kept).collect();
        assert_eq!(beyond, ["b.z. 60 A 192.0.2.1"]);
    }
}
