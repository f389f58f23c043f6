//! What a destination is known to hold: its last listing, and all that was changed since.
//!
//! Rows are kept packed, for a destination may hold hundreds of thousands of records. Before the
//! first listing nothing is known, and nothing may be written.

use std::collections::HashMap;

use super::Registry;
use crate::group::GroupKey;
use crate::name::normalize;
use crate::pack::{Block, Statics, pack};
use crate::{ChangeSet, Endpoint, Labels, RowName};

/// The last known contents of one destination, and who owns them.
#[derive(Debug, Default)]
pub struct Shadow {
    registry: Registry,
    listed: bool,
    statics: Statics,
    rows: HashMap<RowName, Box<[u8]>>,
}

impl Shadow {
    /// A destination that was not listed yet.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            ..Self::default()
        }
    }

    /// How ownership is kept.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether there was a listing.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// Takes a whole listing in place of all that was known, and tells the names whose rows differ
    /// from what was known, sorted.
    pub fn load(&mut self, records: Vec<Endpoint>) -> Vec<RowName> {
        let mut records: Vec<(RowName, Endpoint)> = self
            .registry
            .read(records)
            .into_iter()
            .map(|record| (RowName::new(&record.name), record))
            .collect();
        records.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| order(left, right)));
        let mut before = std::mem::take(&mut self.rows);
        let mut changed = Vec::new();
        let mut records = records.into_iter().peekable();
        while let Some((name, first)) = records.next() {
            let mut row = vec![first];
            while let Some((_, next)) = records.next_if(|(other, _)| *other == name) {
                row.push(next);
            }
            let row = pack(&row, &mut self.statics);
            // The name that is known is shared with others; the new one is not.
            let (name, known) = match before.remove_entry(&name) {
                Some((name, known)) => (name, Some(known)),
                None => (name, None),
            };
            if known.as_ref() != Some(&row) {
                changed.push(name.clone());
            }
            self.rows.insert(name, row);
        }
        changed.extend(before.into_keys());
        changed.sort_unstable();
        self.listed = true;
        changed
    }

    /// What is there at a name, with labels.
    #[must_use]
    pub fn row(&self, name: &RowName) -> Vec<Endpoint> {
        let row = self.rows.get(name);
        row.map(|row| self.unpack(row)).unwrap_or_default()
    }

    /// Whether there is a record with the name, type and set identifier of this one.
    #[must_use]
    pub fn has(&self, endpoint: &Endpoint) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let row = self.rows.get(&*normalize(&endpoint.name));
        let row = row.map(|row| self.unpack(row)).unwrap_or_default();
        row.iter().any(|other| order(other, endpoint).is_eq())
    }

    /// All names that hold something, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<RowName> {
        let mut names: Vec<RowName> = self.rows.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// How many names hold something.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All that is there, in no order.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.rows.values().flat_map(|row| self.unpack(row))
    }

    fn unpack(&self, row: &[u8]) -> Vec<Endpoint> {
        let block = Block::new(row, &self.statics);
        block.endpoints().map(|(_, endpoint)| endpoint).collect()
    }

    /// As [`Registry::write`].
    #[must_use]
    pub fn write(&self, changes: ChangeSet) -> ChangeSet {
        self.registry.write(changes)
    }

    /// Remembers that written changes were made, all but those of refused names.
    pub fn applied(&mut self, written: &ChangeSet, refused: &[RowName]) {
        let made = |endpoint: &Endpoint| {
            // An ownership TXT is not made where its record is not.
            refused.is_empty() || !refused.contains(&GroupKey::of(endpoint).name)
        };
        let old = written.update.iter().map(|update| &update.old);
        for endpoint in written.delete.iter().chain(old) {
            if made(endpoint) && !self.registry.is_own(endpoint) {
                self.change(endpoint, None);
            }
        }
        for endpoint in written.update.iter().map(|update| &update.new) {
            if made(endpoint) && !self.registry.is_own(endpoint) {
                let labels = endpoint.labels.clone();
                self.change(endpoint, Some(labels));
            }
        }
        for endpoint in &written.create {
            if !made(endpoint) || self.registry.is_own(endpoint) {
                continue;
            }
            let labels = match &self.registry {
                Registry::Noop => Labels::default(),
                Registry::Kept { .. } => endpoint.labels.clone(),
                Registry::Txt(registry) => registry.labels_after(endpoint),
            };
            self.change(endpoint, Some(labels));
        }
        if let Registry::Txt(registry) = &mut self.registry {
            registry.applied(written, made);
        }
    }

    /// Takes the record with an endpoint's key out of its row, and puts the endpoint in with these
    /// labels, if any are given.
    fn change(&mut self, endpoint: &Endpoint, labels: Option<Labels>) {
        let known = self.rows.get_key_value(&*normalize(&endpoint.name));
        let (name, mut row) = match known {
            // The name that is known is shared with others.
            Some((name, row)) => (name.clone(), self.unpack(row)),
            None => (RowName::new(&endpoint.name), Vec::new()),
        };
        row.retain(|other| !order(other, endpoint).is_eq());
        if let Some(mut labels) = labels {
            // What no registry keeps is not known after the next listing either.
            labels.remove(super::txt::labels::NONCE);
            if matches!(self.registry, Registry::Noop) {
                labels = Labels::default();
            }
            row.push(Endpoint {
                name: endpoint.name.clone(),
                rtype: endpoint.rtype,
                targets: endpoint.targets.clone(),
                ttl: endpoint.ttl,
                set_identifier: endpoint.set_identifier.clone(),
                labels,
                properties: endpoint.properties.clone(),
                // Whose wish it was is known from the desired set.
                origins: Vec::new(),
            });
        }
        row.sort_by(order);
        if row.is_empty() {
            self.rows.remove(&name);
        } else {
            let row = pack(&row, &mut self.statics);
            self.rows.insert(name, row);
        }
    }
}

fn order(a: &Endpoint, b: &Endpoint) -> std::cmp::Ordering {
    let types = a.rtype.cmp(&b.rtype);
    types.then_with(|| a.set_identifier.cmp(&b.set_identifier))
}
