//! Ownership groups: what must not be torn apart.
//!
//! A group is a name with a set identifier, and the ownership TXT of its records. A part of a change
//! set is made of whole groups. Groups that only bring something come first and those that only take
//! away come last, so that what others point to is there before they do and goes after they did.

use std::collections::BTreeMap;

use wire::Rtype;

use crate::{ChangeSet, Endpoint, Labels, RowName};

/// A name with a set identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKey {
    /// The name; that of the record for an ownership TXT.
    pub name: RowName,
    /// The set identifier.
    pub set_identifier: Box<str>,
}

impl GroupKey {
    /// The group of an endpoint among written changes.
    #[must_use]
    pub fn of(endpoint: &Endpoint) -> Self {
        let owned = match endpoint.rtype {
            Rtype::TXT => endpoint.labels.value(Labels::OWNED_RECORD),
            _ => None,
        };
        Self {
            name: RowName::new(owned.unwrap_or(&endpoint.name)),
            set_identifier: endpoint.set_identifier.clone(),
        }
    }
}

/// Written changes by group, in the order they are best made.
#[must_use]
pub fn groups(changes: ChangeSet) -> Vec<(GroupKey, ChangeSet)> {
    let mut groups: BTreeMap<GroupKey, ChangeSet> = BTreeMap::new();
    for endpoint in changes.create {
        let group = groups.entry(GroupKey::of(&endpoint)).or_default();
        group.create.push(endpoint);
    }
    for update in changes.update {
        let group = groups.entry(GroupKey::of(&update.new)).or_default();
        group.update.push(update);
    }
    for endpoint in changes.delete {
        let group = groups.entry(GroupKey::of(&endpoint)).or_default();
        group.delete.push(endpoint);
    }
    let mut groups: Vec<(GroupKey, ChangeSet)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, changes)| rank(changes));
    groups
}

fn rank(changes: &ChangeSet) -> u8 {
    match (changes.create.is_empty(), changes.delete.is_empty()) {
        (false, true) => 0,
        (true, true) => 1,
        (false, false) => 2,
        (true, false) if !changes.update.is_empty() => 2,
        (true, false) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Update;

    fn a(name: &str) -> Endpoint {
        Endpoint::new(name, Rtype::A, ["192.0.2.1"])
    }

    fn text(name: &str) -> Endpoint {
        let mut text = Endpoint::new(&format!("a-{name}"), Rtype::TXT, ["\"heritage=x\""]);
        text.labels.set(Labels::OWNED_RECORD, name);
        text
    }

    fn changes() -> ChangeSet {
        let gone = "gone.example";
        ChangeSet {
            create: vec![a("new.example"), a("type.example"), text("new.example")],
            update: vec![Update {
                old: a("old.example"),
                new: a("old.example"),
            }],
            delete: vec![
                a(gone),
                Endpoint::new("type.example", Rtype::CNAME, ["x"]),
                text(gone),
            ],
        }
    }

    #[test]
    fn groups_hold_records_with_their_text_and_new_ones_come_first() {
        let groups = groups(changes());
        let names: Vec<&str> = groups.iter().map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(
            names,
            ["new.example", "old.example", "type.example", "gone.example"]
        );
        let sizes: Vec<usize> = groups.iter().map(|(_, changes)| changes.len()).collect();
        assert_eq!(sizes, [2, 1, 2, 2]);
    }
}
