//! Endpoints as they travel, the changes to them, and the zone they make.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An endpoint in the protocol's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// The name, without the final dot.
    pub dns_name: String,
    /// The record type.
    pub record_type: String,
    /// What tells endpoints of one name apart.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// The record data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Seconds; 0 if not set.
    #[serde(rename = "recordTTL", skip_serializing_if = "is_zero")]
    pub ttl: i64,
    /// Labels: owner, resource and others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Properties for one provider.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider_specific: Vec<Property>,
}

/// A property for one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(default)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Endpoint {
    /// The same endpoint with its lists in order, for comparisons.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.targets.sort();
        self.provider_specific.sort();
        self
    }

    fn key(&self) -> Key {
        let name = self.dns_name.trim_end_matches('.').to_lowercase();
        (name, self.record_type.clone(), self.set_identifier.clone())
    }
}

/// One request to change records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Changes {
    /// Records to make.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub create: Vec<Endpoint>,
    /// Records to change, as they are.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub update_old: Vec<Endpoint>,
    /// Records to change, as they shall be.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub update_new: Vec<Endpoint>,
    /// Records to delete.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub delete: Vec<Endpoint>,
}

impl Changes {
    /// The same changes with all lists in order: what is asked for, not how it is written.
    #[must_use]
    pub fn canonical(self) -> Self {
        let sorted = |list: Vec<Endpoint>| {
            let mut list: Vec<Endpoint> = list.into_iter().map(Endpoint::canonical).collect();
            list.sort();
            list
        };
        Self {
            create: sorted(self.create),
            update_old: sorted(self.update_old),
            update_new: sorted(self.update_new),
            delete: sorted(self.delete),
        }
    }
}

/// A list that may be null, as Go writes one without entries.
fn list<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Vec<Endpoint>, D::Error> {
    Option::<Vec<Endpoint>>::deserialize(input).map(Option::unwrap_or_default)
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

type Key = (String, String, String);

/// All records by name, type and set identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records(BTreeMap<Key, Endpoint>);

impl Records {
    /// Puts a record in the place of the one with its key; DNS has no labels, so they are left out.
    pub(crate) fn put(&mut self, mut endpoint: Endpoint) {
        endpoint.labels.clear();
        self.0.insert(endpoint.key(), endpoint);
    }

    /// Changes records: what goes first, then what comes.
    pub(crate) fn apply(&mut self, changes: &Changes) {
        for endpoint in changes.delete.iter().chain(&changes.update_old) {
            self.0.remove(&endpoint.key());
        }
        for endpoint in changes.update_new.iter().chain(&changes.create) {
            self.put(endpoint.clone());
        }
    }

    /// All records in order.
    pub(crate) fn list(&self) -> Vec<Endpoint> {
        self.0.values().cloned().collect()
    }
}
