//! The records of a transfer in their order, and a place among them that can be kept.

use std::sync::Arc;

use wire::{Rtype, Ttl};
use zone::{RrsetRef, Step, Zone};

/// What is sent.
pub(super) enum Order {
    /// The SOA alone: the client has it all.
    Current(Arc<Zone>),
    /// The SOA; for each step the SOA before and what goes, the SOA after and what comes; the SOA.
    Steps(Arc<Zone>, Vec<Arc<Step>>),
    /// The SOA, all other records, the SOA.
    Whole(Arc<Zone>),
}

/// A place between two records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the first one.
    Start,
    /// In the zone: before this record of this RRset of this owner, below the apex.
    Zone(Box<[u8]>, Rtype, usize),
    /// In a step: before this record, of those that go and those that come.
    Step(usize, usize),
    /// Before the last SOA.
    End,
}

/// One record, its owner below the apex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'z> {
    pub(super) owner: &'z [u8],
    pub(super) rtype: Rtype,
    pub(super) ttl: Ttl,
    pub(super) rdata: &'z [u8],
}

impl Order {
    /// The version that the client has in the end.
    pub(super) fn zone(&self) -> &Zone {
        match self {
            Self::Current(zone) | Self::Steps(zone, _) | Self::Whole(zone) => zone,
        }
    }

    pub(super) fn start(&self) -> Place {
        Place::Start
    }

    /// Takes records from a place on, until `take` has enough. Gives the place of the one that it did
    /// not take; none at the end.
    pub(super) fn each<'z>(
        &'z self,
        from: Place,
        take: &mut dyn FnMut(Record<'z>) -> bool,
    ) -> Option<Place> {
        let mut place = from;
        if place == Place::Start {
            if !take(self.soa()?) {
                return Some(Place::Start);
            }
            place = match self {
                Self::Current(_) => return None,
                Self::Steps(..) => Place::Step(0, 0),
                Self::Whole(_) => Place::Zone(Box::default(), Rtype(0), 0),
            };
        }
        match (self, &place) {
            (Self::Whole(zone), Place::Zone(owner, rtype, index)) => {
                if let Some(stopped) = records(zone, owner, *rtype, *index, take) {
                    return Some(stopped);
                }
            }
            (Self::Steps(_, steps), Place::Step(step, index)) => {
                if let Some(stopped) = steps_from(steps, *step, *index, take) {
                    return Some(stopped);
                }
            }
            _ => {}
        }
        (!take(self.soa()?)).then_some(Place::End)
    }

    fn soa(&self) -> Option<Record<'_>> {
        let soa = self.zone().apex_node()?.rrset(Rtype::SOA)?;
        Some(record(&[], soa, soa.first()))
    }
}

fn record<'z>(owner: &'z [u8], rrset: RrsetRef<'z>, rdata: &'z [u8]) -> Record<'z> {
    Record {
        owner,
        rtype: rrset.rtype(),
        ttl: rrset.ttl(),
        rdata,
    }
}

/// The records of a zone from one on, without the SOA.
fn records<'z>(
    zone: &'z Zone,
    owner: &[u8],
    rtype: Rtype,
    index: usize,
    take: &mut dyn FnMut(Record<'z>) -> bool,
) -> Option<Place> {
    for node in zone.nodes_from(owner) {
        let here = node.owner() == owner;
        for rrset in node.rrsets() {
            let at_apex = node.owner().is_empty();
            if (here && rrset.rtype() < rtype) || (at_apex && rrset.rtype() == Rtype::SOA) {
                continue;
            }
            let skipped = if here && rrset.rtype() == rtype {
                index
            } else {
                0
            };
            for (at, rdata) in rrset.rdatas().enumerate().skip(skipped) {
                if !take(record(node.owner(), rrset, rdata)) {
                    return Some(Place::Zone(node.owner().into(), rrset.rtype(), at));
                }
            }
        }
    }
    None
}

/// The records of steps from one on.
fn steps_from<'z>(
    steps: &'z [Arc<Step>],
    first: usize,
    index: usize,
    take: &mut dyn FnMut(Record<'z>) -> bool,
) -> Option<Place> {
    for (number, step) in steps.iter().enumerate().skip(first) {
        let skipped = if number == first { index } else { 0 };
        let records = step.removed().chain(step.added());
        for (at, one) in records.enumerate().skip(skipped) {
            let record = Record {
                owner: one.owner,
                rtype: one.rtype,
                ttl: one.ttl,
                rdata: one.rdata,
            };
            if !take(record) {
                return Some(Place::Step(number, at));
            }
        }
    }
    None
}
