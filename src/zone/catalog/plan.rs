//! What catalogs list, and what is followed for them → what should be followed.
//!
//! A zone is followed for one catalog. Another one gets it only if the first lets go of it, or names
//! the other as its heir; a catalog that just lists somebody else's zone does not.

use std::collections::BTreeMap;

use wire::Name;

use super::{Catalog, Member};

/// For whom a zone is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The catalog.
    pub catalog: Name,
    /// The label of the zone in it.
    pub id: Vec<u8>,
}

/// How a zone should be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// For whom.
    pub held: Held,
    /// The groups that it belongs to.
    pub groups: Vec<Vec<u8>>,
    /// Whether what is there of it is to be forgotten first.
    pub anew: bool,
    /// Other catalogs that list it to no effect.
    pub clashes: Vec<Name>,
}

/// What should be followed, by zone.
#[must_use]
pub fn plan(
    held: &BTreeMap<Name, Held>,
    catalogs: &BTreeMap<Name, Catalog>,
) -> BTreeMap<Name, Followed> {
    let mut listed: BTreeMap<&Name, BTreeMap<&Name, &Member>> = BTreeMap::new();
    for (name, catalog) in catalogs {
        for (zone, member) in &catalog.members {
            listed.entry(zone).or_default().insert(name, member);
        }
    }
    let mut plan = BTreeMap::new();
    for (zone, by) in listed {
        let before = held.get(zone);
        if let Some(followed) = judge(before, &by) {
            plan.insert(zone.clone(), followed);
        }
    }
    plan
}

/// How a zone should be followed that these catalogs list.
fn judge(before: Option<&Held>, by: &BTreeMap<&Name, &Member>) -> Option<Followed> {
    let owner = before.filter(|held| by.contains_key(&held.catalog));
    let first = owner.map_or_else(|| by.keys().next().copied(), |held| Some(&held.catalog))?;
    let mut catalog = first;
    // As many steps as there are catalogs, so that two which name each other come to an end.
    for _ in 1..by.len() {
        match by.get(catalog).and_then(|member| member.heir.as_ref()) {
            Some(heir) if by.contains_key(heir) => catalog = heir,
            _ => break,
        }
    }
    let member = by.get(catalog)?;
    // RFC 9432 §4.4.1, §5.6: with the same label it is the same zone, also for an heir.
    let anew = match (before, owner) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(_), Some(owner)) => owner.id != member.id,
    };
    let others = by.keys().filter(|other| **other != catalog);
    // The old owner lists it until it sees that the zone has gone over.
    let clashes = others.filter(|other| {
        let heir = by.get(**other).and_then(|member| member.heir.as_ref());
        heir != Some(catalog)
    });
    Some(Followed {
        clashes: clashes.map(|other| (*other).clone()).collect(),
        held: Held {
            catalog: catalog.clone(),
            id: member.id.clone(),
        },
        groups: member.groups.clone(),
        anew,
    })
}
