//! The layer of names from objects in our own zones, as data: what a running server tells, and what
//! a plan begins with.

use std::sync::Arc;

use plan::{Endpoint, data};
use serde::{Deserialize, Serialize};
use wire::{Name, Rtype, Ttl};
use zone::{Layer, Store};

use super::embedded;

/// One RRset.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct LayerRecord {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) rtype: String,
    pub(crate) ttl: u32,
    /// As in a zone file.
    pub(crate) data: Vec<String>,
}

/// All RRsets that objects have in a zone; none if there is no such zone.
pub(crate) fn records(store: &Store, zone: &Name) -> Option<Vec<LayerRecord>> {
    store.snapshot().zone(zone.as_ref())?;
    let changes = store.layer(zone, Layer::Synced).into_iter();
    let records = changes.filter_map(|change| {
        let rrset = change.rrset?;
        let data = rrset
            .rdatas
            .iter()
            .map(|rdata| data::target(rrset.rtype, rdata));
        Some(LayerRecord {
            name: embedded::plain(change.owner.as_ref()),
            rtype: rrset.rtype.to_string(),
            ttl: rrset.ttl.as_secs(),
            data: data.collect(),
        })
    });
    Some(records.collect())
}

/// Puts such RRsets into a zone that has none yet.
///
/// # Errors
/// One of them is none, or the zone is not there.
pub(crate) fn put(
    store: &Arc<Store>,
    zone: &Name,
    records: Vec<LayerRecord>,
) -> Result<(), String> {
    let mut changes = Vec::with_capacity(records.len());
    for record in records {
        let rtype = Rtype::from_text(record.rtype.as_bytes())
            .ok_or_else(|| format!("\"{}\" is no type of records", record.rtype))?;
        let mut endpoint = Endpoint::new(&record.name, rtype, record.data);
        endpoint.ttl = Some(Ttl::from_secs(record.ttl));
        changes.push(embedded::set(&endpoint)?);
    }
    match store.commit(zone, changes) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use plan::Provider;
    use wire::NameRef;
    use zone::records::{Place, Records};

    use super::*;

    #[tokio::test]
    async fn what_is_told_is_what_is_there() {
        let zone = Name::from_text(b"example.org", Some(NameRef::ROOT)).unwrap();
        let store = || {
            let mut records = Records::new(zone.clone());
            let soa = [b"\x01n\x00\x01h\x00".as_slice(), &[0; 20]].concat();
            let (ttl, place) = (Ttl::from_secs(60), Place::default());
            records.push(zone.as_ref(), Rtype::SOA, ttl, &soa, place);
            let store = Arc::new(Store::new([1, 2]));
            store.replace_static(&records).unwrap();
            store
        };
        let targets: &[(&str, Rtype, &[&str])] = &[
            ("a.example.org", Rtype::A, &["192.0.2.2", "192.0.2.1"]),
            ("*.example.org", Rtype::CNAME, &["lb.example.net"]),
            (
                "t.example.org",
                Rtype::TXT,
                &["a \"b\" \\ c;\u{e9}", "\"x y\" z"],
            ),
            (
                "m.example.org",
                Rtype::MX,
                &["20 mx2.example.org", "10 MX.example.org."],
            ),
            (
                "_s._tcp.example.org",
                Rtype::SRV,
                &["0 50 80 web.example.org."],
            ),
        ];
        let first = store();
        let changes = targets.iter().map(|(name, rtype, targets)| {
            embedded::set(&Endpoint::new(name, *rtype, targets.iter().copied())).unwrap()
        });
        first.commit(&zone, changes.collect()).unwrap();
        let told = records(&first, &zone).unwrap();
        assert_eq!(told.len(), targets.len());
        let second = store();
        let told: Vec<LayerRecord> =
            serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        put(&second, &zone, told).unwrap();
        let all = |store: &Store| -> Vec<_> {
            let changes = store.layer(&zone, Layer::Synced).into_iter();
            changes
                .map(|change| (change.owner, change.rtype, change.rrset))
                .collect()
        };
        assert_eq!(all(&first), all(&second));
        assert!(records(&first, &Name::root()).is_none());
        // What is wanted is what is there, however it was written.
        let embedded = embedded::Embedded::new(second, vec![zone]);
        let wanted = targets
            .iter()
            .map(|(name, rtype, targets)| Endpoint::new(name, *rtype, targets.iter().copied()));
        let wanted = embedded.adjust(wanted.collect()).await.unwrap();
        let there = embedded.records().await.unwrap();
        let rules = plan::diff::Rules {
            managed: vec![Rtype::A, Rtype::CNAME, Rtype::MX, Rtype::SRV, Rtype::TXT],
            ..plan::diff::Rules::default()
        };
        let changes = plan::diff::plan(there, wanted, &rules).changes;
        assert!(changes.is_empty(), "{changes:?}");
    }
}
