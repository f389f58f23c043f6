//! Conditions on what shows (RFC 2136 §3.2).

use std::collections::{BTreeMap, BTreeSet};

use wire::update::Prerequisite;
use wire::{Name, Rcode, Rtype};

use super::Refusal;
use super::names::canonical;
use crate::node::Node;
use crate::snapshot::Zone;

/// Whether all conditions hold.
pub(super) fn check(zone: &Zone, prerequisites: &[Prerequisite]) -> Result<(), Refusal> {
    let mut wanted: BTreeMap<(Name, Rtype), BTreeSet<Box<[u8]>>> = BTreeMap::new();
    for prerequisite in prerequisites {
        let node = zone.node_of(prerequisite.owner().as_ref());
        let in_use = node.is_some_and(|node| node.rrsets().next().is_some());
        let has = |rtype| node.and_then(|node: Node<'_>| node.rrset(rtype)).is_some();
        let (holds, rcode, what) = match prerequisite {
            Prerequisite::NameInUse(_) => (in_use, Rcode::NXDOMAIN, "is not in use".to_owned()),
            Prerequisite::NameNotInUse(_) => (!in_use, Rcode::YXDOMAIN, "is in use".to_owned()),
            Prerequisite::RrsetExists(_, rtype) => {
                (has(*rtype), Rcode::NXRRSET, format!("has no {rtype}"))
            }
            Prerequisite::RrsetMissing(_, rtype) => {
                (!has(*rtype), Rcode::YXRRSET, format!("has {rtype}"))
            }
            Prerequisite::RrsetHolds(owner, rtype, rdata) => {
                let rdatas = wanted.entry((owner.clone(), *rtype)).or_default();
                rdatas.insert(canonical(*rtype, rdata));
                continue;
            }
        };
        if !holds {
            let owner = prerequisite.owner();
            return Err(Refusal::new(
                rcode,
                format!("prerequisite: \"{owner}\" {what}"),
            ));
        }
    }
    for ((owner, rtype), wanted) in wanted {
        let rrset = zone
            .node_of(owner.as_ref())
            .and_then(|node| node.rrset(rtype));
        let rdatas = rrset.map(|rrset| rrset.rdatas().map(|rdata| canonical(rtype, rdata)));
        let found: BTreeSet<Box<[u8]>> = rdatas.into_iter().flatten().collect();
        if found != wanted {
            return Err(Refusal::new(
                Rcode::NXRRSET,
                format!("prerequisite: \"{owner}\" {rtype} is not as expected"),
            ));
        }
    }
    Ok(())
}
