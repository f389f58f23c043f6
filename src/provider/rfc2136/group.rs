//! What one ownership group asks of a zone: conditions, operations, and what is there afterwards.
//!
//! The conditions say all that was read of the RRsets that are touched. In each group deletes come
//! before adds, so that a type changes in one step.

use std::collections::{BTreeMap, BTreeSet};

use plan::{ChangeSet, Endpoint, data};
use wire::update::{Action, Operation, Prerequisite};
use wire::{Name, Rtype, Ttl};

use super::contents::{Rrset, owner_of, plain};
use super::zone::{Zone, place_of};

/// The part of a group that is in one zone.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) conditions: Vec<Prerequisite>,
    pub(super) operations: Vec<Operation>,
    /// What is there once it is made.
    pub(super) effects: Vec<Effect>,
}

/// An RRset, or none, at a name.
pub(super) type Effect = (Name, Rtype, Option<Rrset>);

/// How TTLs are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ttls {
    pub(super) least: Ttl,
    pub(super) default: Ttl,
}

impl Ttls {
    /// The TTL of an endpoint that asks for this one, where there is one already or not.
    pub(super) fn of(self, asked: Option<Ttl>, there: Option<Ttl>) -> Ttl {
        asked.or(there).unwrap_or(self.default).max(self.least)
    }
}

/// What is wanted of one RRset.
#[derive(Debug, Default)]
struct Wish<'a> {
    gone: Vec<&'a Endpoint>,
    come: Vec<&'a Endpoint>,
}

/// Names and types, with what is wanted of each.
type Wishes<'a> = BTreeMap<(Name, Rtype), Wish<'a>>;

/// The parts of a group, by the place of their zone.
///
/// # Errors
/// In words, why it cannot be made.
pub(super) fn parts(
    zones: &[Zone],
    group: &ChangeSet,
    ttls: Ttls,
) -> Result<Vec<(usize, Part)>, String> {
    let wishes = wishes(group)?;
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    for (owner, rtype) in wishes.keys() {
        let at = place_of(zones, owner.as_ref());
        let at = at.ok_or_else(|| no_zone(owner, *rtype))?;
        let _new = parts.entry(at).or_default();
    }
    for (at, part) in &mut parts {
        let Some(zone) = zones.get(*at) else { continue };
        if let Some(failure) = &zone.failure
            && zone.known.is_none()
        {
            return Err(format!("the zone could not be read: {failure}"));
        }
        let mut adds = Vec::new();
        for ((owner, rtype), wish) in &wishes {
            if place_of(zones, owner.as_ref()) == Some(*at) {
                part.wish(zone, owner, *rtype, wish, ttls, &mut adds)?;
            }
        }
        part.operations.append(&mut adds);
        part.check_cnames(zone)?;
    }
    Ok(parts.into_iter().collect())
}

fn no_zone(owner: &Name, rtype: Rtype) -> String {
    let name = plain(owner.as_ref());
    if rtype == Rtype::TXT {
        return format!(
            "\"{name}\" TXT is in none of the zones that are written to; if it is the ownership \
             record of a zone's own name, a prefix such as --txt-prefix=%{{record_type}}-owner. keeps it \
             within the zone"
        );
    }
    format!(
        "\"{name}\" is in none of the zones that are written to; name its zone with --rfc2136-zone"
    )
}

fn wishes(group: &ChangeSet) -> Result<Wishes<'_>, String> {
    let mut wishes = Wishes::new();
    let old = group.update.iter().map(|update| &update.old);
    for endpoint in group.delete.iter().chain(old) {
        let wish = wishes.entry(place(endpoint)?).or_default();
        wish.gone.push(endpoint);
    }
    let new = group.update.iter().map(|update| &update.new);
    for endpoint in group.create.iter().chain(new) {
        let wish = wishes.entry(place(endpoint)?).or_default();
        wish.come.push(endpoint);
    }
    Ok(wishes)
}

fn place(endpoint: &Endpoint) -> Result<(Name, Rtype), String> {
    let owner = owner_of(&endpoint.name);
    let owner = owner.ok_or_else(|| format!("\"{}\" is no DNS name", endpoint.name))?;
    Ok((owner, endpoint.rtype))
}

impl Part {
    /// Adds what is wanted of an RRset. Records that come go to `adds`.
    fn wish(
        &mut self,
        zone: &Zone,
        owner: &Name,
        rtype: Rtype,
        wish: &Wish<'_>,
        ttls: Ttls,
        adds: &mut Vec<Operation>,
    ) -> Result<(), String> {
        if *owner == zone.apex && rtype == Rtype::NS {
            return Err("the name servers of a zone itself are left to its owner".to_owned());
        }
        let there = zone.contents.rrset(owner.as_ref(), rtype);
        let mut after = there.clone().unwrap_or_else(|| Rrset {
            ttl: ttls.default,
            rdatas: BTreeSet::new(),
        });
        for endpoint in &wish.gone {
            for target in &endpoint.targets {
                let found = find(&after, rtype, target);
                found.map(|rdata| after.rdatas.remove(&rdata));
            }
        }
        for endpoint in &wish.come {
            let rdatas = data::rdatas(endpoint).map_err(|error| {
                let source = std::error::Error::source(&error);
                let source = source.map_or_else(String::new, |source| format!(": {source}"));
                format!("\"{}\" {rtype}: {error}{source}", endpoint.name)
            })?;
            after.ttl = ttls.of(endpoint.ttl, there.as_ref().map(|rrset| rrset.ttl));
            after.rdatas.extend(rdatas);
        }
        if there.is_none() && after.rdatas.is_empty() {
            // It has gone by itself.
            return Ok(());
        }
        self.conditions(zone, owner, rtype, there.as_ref());
        self.operations(owner, rtype, there.as_ref(), &after, adds);
        let after = Some(after).filter(|after| !after.rdatas.is_empty());
        self.effects.push((owner.clone(), rtype, after));
        Ok(())
    }

    /// What was read has to hold.
    fn conditions(&mut self, zone: &Zone, owner: &Name, rtype: Rtype, there: Option<&Rrset>) {
        let mut demand = |condition: Prerequisite| {
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        };
        if let Some(there) = there {
            for rdata in &there.rdatas {
                let rdata = rdata.clone();
                demand(Prerequisite::RrsetHolds(owner.clone(), rtype, rdata));
            }
            return;
        }
        let types = zone.contents.types(owner.as_ref());
        if rtype == Rtype::CNAME && types.is_empty() {
            // RFC 2136 §3.4.2.2: a CNAME beside other records would be left out, and nothing said.
            demand(Prerequisite::NameNotInUse(owner.clone()));
            return;
        }
        demand(Prerequisite::RrsetMissing(owner.clone(), rtype));
        if rtype != Rtype::CNAME && !types.contains(&Rtype::CNAME) {
            demand(Prerequisite::RrsetMissing(owner.clone(), Rtype::CNAME));
        }
    }

    fn operations(
        &mut self,
        owner: &Name,
        rtype: Rtype,
        there: Option<&Rrset>,
        after: &Rrset,
        adds: &mut Vec<Operation>,
    ) {
        let operation = |action: Action| Operation {
            owner: owner.clone(),
            action,
        };
        let ttl = after.ttl;
        let add = |rdata: Box<[u8]>| operation(Action::Add(rtype, ttl, rdata));
        let Some(there) = there else {
            adds.extend(after.rdatas.iter().cloned().map(add));
            return;
        };
        if after.rdatas.is_empty() || after.ttl != there.ttl {
            // RFC 2181 §5.2: all records of an RRset have one TTL, so all of them are made anew.
            self.operations.push(operation(Action::DeleteRrset(rtype)));
            adds.extend(after.rdatas.iter().cloned().map(add));
            return;
        }
        let gone = there.rdatas.difference(&after.rdatas);
        let gone = gone.map(|rdata| operation(Action::DeleteRecord(rtype, rdata.clone())));
        self.operations.extend(gone);
        adds.extend(after.rdatas.difference(&there.rdatas).cloned().map(add));
    }

    /// RFC 1034 §3.6.2: nothing stands beside a CNAME. The server would leave out what comes second.
    fn check_cnames(&self, zone: &Zone) -> Result<(), String> {
        for (owner, rtype, after) in &self.effects {
            if after.is_none() {
                continue;
            }
            let effect = |other: &Rtype| {
                let mut effects = self.effects.iter();
                effects.find(|(at, rtype, _)| at == owner && rtype == other)
            };
            let stays = |other: &Rtype| effect(other).is_none_or(|(_, _, after)| after.is_some());
            let types = zone.contents.types(owner.as_ref()).into_iter();
            let mut beside = types.filter(|other| other != rtype && stays(other));
            let other = beside.find(|other| *rtype == Rtype::CNAME || *other == Rtype::CNAME);
            if let Some(other) = other {
                let name = plain(owner.as_ref());
                return Err(format!(
                    "\"{name}\" {rtype} cannot stand beside {other}, which somebody else made there"
                ));
            }
        }
        Ok(())
    }
}

/// The record that a target stands for, as it was read.
fn find(there: &Rrset, rtype: Rtype, target: &str) -> Option<Box<[u8]>> {
    let form = |text: &str| text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let single = Endpoint::new("x", rtype, [target]);
    let wanted = data::rdatas(&single).ok().and_then(|mut all| all.pop());
    if let Some(wanted) = wanted
        && there.rdatas.contains(&wanted)
    {
        return Some(wanted);
    }
    // Names may be written in another case than they were read in.
    let wanted = form(target);
    let same = |rdata: &[u8]| rtype != Rtype::TXT && form(&data::target(rtype, rdata)) == wanted;
    let mut all = there.rdatas.iter();
    all.find(|rdata| same(rdata)).cloned()
}
