//! Steps on their way in: record by record, against the version that they begin with.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::{Name, NameRef, Rtype, Ttl};

use crate::layer::Layer;
use crate::snapshot::Zone;
use crate::writer::{Change, Rrset};

/// The records of one RRset, each with its own TTL.
type Touched = Vec<(Ttl, Box<[u8]>)>;

/// What steps make of a version of a zone, so far.
#[derive(Debug)]
pub struct Steps {
    zone: Arc<Zone>,
    /// By owner in lower case and type: all records of the RRsets that steps have touched.
    touched: BTreeMap<(Name, Rtype), Touched>,
}

impl Steps {
    /// Steps that begin with this version.
    #[must_use]
    pub fn new(zone: Arc<Zone>) -> Self {
        Self {
            zone,
            touched: BTreeMap::new(),
        }
    }

    /// The version that they begin with.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Adds a record. False if it is there already.
    pub fn add(&mut self, owner: NameRef<'_>, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> bool {
        let records = self.rrset(owner, rtype);
        if records.iter().any(|(_, one)| **one == *rdata) {
            return false;
        }
        records.push((ttl, rdata.into()));
        true
    }

    /// Removes a record, whatever its TTL. False if it is not there.
    pub fn remove(&mut self, owner: NameRef<'_>, rtype: Rtype, rdata: &[u8]) -> bool {
        let records = self.rrset(owner, rtype);
        let at = records.iter().position(|(_, one)| **one == *rdata);
        at.map(|at| records.remove(at)).is_some()
    }

    fn rrset(&mut self, owner: NameRef<'_>, rtype: Rtype) -> &mut Touched {
        let zone = &self.zone;
        let key = (owner.to_lowercase(), rtype);
        self.touched.entry(key).or_insert_with(|| {
            let rrset = zone.rrset(owner, rtype);
            let rrset = rrset.into_iter();
            rrset
                .flat_map(|rrset| rrset.rdatas().map(move |rdata| (rrset.ttl(), rdata.into())))
                .collect()
        })
    }

    /// The RRsets that are touched, as they are in the end.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        let Self { zone, touched } = self;
        let mut changes = Vec::with_capacity(touched.len());
        for ((owner, rtype), records) in touched {
            // A zone that was written here has other layers, which are of no more use.
            let layer = zone.rrset(owner.as_ref(), rtype).map(|rrset| rrset.layer());
            if let Some(layer) = layer.filter(|layer| *layer != Layer::Static) {
                changes.push(Change {
                    owner: owner.clone(),
                    rtype,
                    layer,
                    rrset: None,
                });
            }
            // RFC 2181 §5.2: where they differ, the least holds for all.
            let ttl = records.iter().map(|(ttl, _)| *ttl).min();
            let mut rdatas: Vec<Box<[u8]>> = records.into_iter().map(|(_, rdata)| rdata).collect();
            rdatas.sort();
            changes.push(Change {
                owner,
                rtype,
                layer: Layer::Static,
                rrset: ttl.map(|ttl| Rrset { rtype, ttl, rdatas }),
            });
        }
        changes
    }
}
