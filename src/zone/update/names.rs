//! The names that an UPDATE touches, and what its operations make of them (RFC 2136 §3.4.2).

use std::collections::BTreeMap;

use wire::update::{Action, Operation};
use wire::{NameRef, Rcode, Rtype, Ttl};

use super::{MOST_RECORDS, MOST_TYPES, Refusal};
use crate::assemble::serial_of;
use crate::merge::{beside_cname, owned};
use crate::snapshot::Zone;
use crate::writer::Rrset;

/// The RRsets of one name.
pub(super) type Rrsets = BTreeMap<Rtype, Rrset>;

/// The names touched so far, below the apex in lower case, each with what it has now.
pub(super) struct Names<'z> {
    zone: &'z Zone,
    touched: BTreeMap<Box<[u8]>, Rrsets>,
    /// What was deleted, in its order.
    deleted: Deleted,
}

/// What was deleted, with the name it was deleted at.
pub(super) type Deleted = Vec<(Box<[u8]>, Action)>;

impl<'z> Names<'z> {
    pub(super) fn new(zone: &'z Zone) -> Self {
        Self {
            zone,
            touched: BTreeMap::new(),
            deleted: Vec::new(),
        }
    }

    /// All names that were touched, and what was deleted.
    pub(super) fn into_parts(self) -> (BTreeMap<Box<[u8]>, Rrsets>, Deleted) {
        (self.touched, self.deleted)
    }

    /// Carries out one operation.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let owner = self.zone.relative(operation.owner.as_ref());
        let at_apex = owner.is_empty();
        let zone = self.zone;
        if !matches!(operation.action, Action::Add(..)) {
            self.deleted.push((owner.clone(), operation.action.clone()));
        }
        let rrsets = self
            .touched
            .entry(owner)
            .or_insert_with_key(|owner| rrsets_of(zone, owner));
        match &operation.action {
            Action::Add(Rtype::SOA, ttl, rdata) if at_apex => {
                let serial = rrsets.get(&Rtype::SOA).and_then(|soa| soa.rdatas.first());
                let serial = serial.map_or_else(|| zone.serial(), |soa| serial_of(soa));
                if serial_of(rdata).is_newer_than(serial) {
                    rrsets.insert(Rtype::SOA, rrset(Rtype::SOA, *ttl, rdata));
                }
                Ok(())
            }
            Action::Add(Rtype::SOA, ..) => Ok(()),
            Action::Add(rtype, ttl, rdata) => {
                add(rrsets, *rtype, *ttl, rdata).map_err(|what| too_much(operation, what))
            }
            Action::DeleteName => {
                rrsets.retain(|rtype, _| at_apex && is_vital(*rtype));
                Ok(())
            }
            Action::DeleteRrset(rtype) => {
                if !(at_apex && is_vital(*rtype)) {
                    rrsets.remove(rtype);
                }
                Ok(())
            }
            Action::DeleteRecord(Rtype::SOA, _) => Ok(()),
            Action::DeleteRecord(rtype, rdata) => {
                delete(rrsets, *rtype, rdata, at_apex && *rtype == Rtype::NS);
                Ok(())
            }
        }
    }
}

/// What shows at a name.
pub(super) fn rrsets_of(zone: &Zone, owner: &[u8]) -> Rrsets {
    let node = zone.node_at(owner);
    let rrsets = node.map(|node| node.rrsets()).into_iter().flatten();
    rrsets.map(|rrset| (rrset.rtype(), owned(rrset))).collect()
}

/// The form of data in which equal data is equal bytes.
pub(super) fn canonical(rtype: Rtype, rdata: &[u8]) -> Box<[u8]> {
    let mut rdata = rdata.to_vec();
    wire::rdata::canonical(rtype, &mut rdata);
    rdata.into()
}

/// Types that a zone cannot be without at its apex.
fn is_vital(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::SOA | Rtype::NS)
}

/// Types of which a name has one record (RFC 2136 §1.1.5, RFC 6672 §2.4).
fn is_single(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::CNAME | Rtype::DNAME)
}

fn rrset(rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> Rrset {
    Rrset {
        rtype,
        ttl,
        rdatas: vec![rdata.into()],
    }
}

fn add(rrsets: &mut Rrsets, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> Result<(), &'static str> {
    // A CNAME beside others is passed over in silence, as others beside a CNAME are.
    let clashes = match rtype {
        Rtype::CNAME => rrsets.keys().any(|&other| !beside_cname(other)),
        _ => !beside_cname(rtype) && rrsets.contains_key(&Rtype::CNAME),
    };
    if clashes {
        return Ok(());
    }
    let types = rrsets.len();
    let Some(present) = rrsets.get_mut(&rtype).filter(|_| !is_single(rtype)) else {
        if types >= MOST_TYPES && !rrsets.contains_key(&rtype) {
            return Err("types at the name");
        }
        rrsets.insert(rtype, rrset(rtype, ttl, rdata));
        return Ok(());
    };
    // An RRset has one TTL (RFC 2181 §5.2): the last one given.
    present.ttl = ttl;
    let wanted = canonical(rtype, rdata);
    let known = present
        .rdatas
        .iter()
        .any(|rdata| canonical(rtype, rdata) == wanted);
    if known {
        return Ok(());
    }
    if present.rdatas.len() >= MOST_RECORDS {
        return Err("records of the type");
    }
    let place = present.rdatas.partition_point(|other| **other < *rdata);
    present.rdatas.insert(place, rdata.into());
    Ok(())
}

fn delete(rrsets: &mut Rrsets, rtype: Rtype, rdata: &[u8], keeps_one: bool) {
    let Some(present) = rrsets.get_mut(&rtype) else {
        return;
    };
    let unwanted = canonical(rtype, rdata);
    if keeps_one && present.rdatas.len() == 1 {
        return;
    }
    present
        .rdatas
        .retain(|rdata| canonical(rtype, rdata) != unwanted);
    if present.rdatas.is_empty() {
        rrsets.remove(&rtype);
    }
}

fn too_much(operation: &Operation, what: &str) -> Refusal {
    let (owner, rtype) = (&operation.owner, operation.action.rtype());
    let rtype = rtype.map(|rtype| rtype.to_string()).unwrap_or_default();
    Refusal::new(
        Rcode::REFUSED,
        format!("\"{owner}\" {rtype}: too many {what}"),
    )
}

impl Zone {
    /// An owner in the zone without the apex, in lower case.
    pub(crate) fn relative(&self, owner: NameRef<'_>) -> Box<[u8]> {
        let below = owner.len().saturating_sub(self.apex().len());
        let labels = owner.as_bytes().get(..below).unwrap_or_default();
        labels.to_ascii_lowercase().into()
    }

    /// The node of an owner in the zone.
    pub(crate) fn node_of(&self, owner: NameRef<'_>) -> Option<crate::node::Node<'_>> {
        self.node_at(&self.relative(owner))
    }
}
