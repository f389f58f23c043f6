//! RRsets as providers hold them, and how each provider writes them down.
//!
//! ```text
//! endpoint ─→ Rrset (one form) ─ quirks ─→ names, data and TTLs as the provider's API has them
//! ```
//!
//! A value is text in one form, that of a zone file: names in lower case with a dot at their end,
//! addresses as RFC 5952 has them, TXT quoted, in one string unless it was cut elsewhere than at 255
//! bytes. So equal data is equal text, whatever a provider makes of it.

pub(crate) mod parts;
pub(crate) mod quirks;
pub(crate) mod value;

use std::fmt;

use plan::{Endpoint, Properties};
use wire::{Rtype, Ttl};

/// What tells RRsets apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The name, normalized: ASCII, lower case, no dot at its end.
    pub(crate) name: Box<str>,
    /// The type.
    pub(crate) rtype: Rtype,
    /// The set identifier, where there are several of a name and a type; mostly empty.
    pub(crate) set: Box<str>,
}

impl Key {
    /// The key of a name and a type.
    pub(crate) fn new(name: &str, rtype: Rtype) -> Self {
        Self {
            name: plan::name::normalize(name).into(),
            rtype,
            set: Box::default(),
        }
    }

    /// The key of an endpoint.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self {
            set: endpoint.set_identifier.clone(),
            ..Self::new(&endpoint.name, endpoint.rtype)
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.name, self.rtype)?;
        if self.set.is_empty() {
            return Ok(());
        }
        write!(f, " (set \"{}\")", self.set)
    }
}

/// All values of a name and a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rrset {
    /// What tells it apart.
    pub(crate) key: Key,
    /// The TTL; none is what the provider takes by itself.
    pub(crate) ttl: Option<Ttl>,
    /// The values in one form, each once, in order.
    pub(crate) values: Vec<Box<str>>,
    /// Settings of the provider for it.
    pub(crate) properties: Properties,
}

impl Rrset {
    /// An RRset; its values are brought into their form.
    pub(crate) fn new<T: AsRef<str>>(
        key: Key,
        ttl: Option<Ttl>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let rtype = key.rtype;
        let values = values.into_iter();
        let mut values: Vec<Box<str>> = values
            .map(|text| value::canonical(rtype, text.as_ref()))
            .collect();
        values.sort_unstable();
        values.dedup();
        Self {
            key,
            ttl,
            values,
            properties: Properties::default(),
        }
    }

    /// What an endpoint asks for.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self {
            properties: endpoint.properties.clone(),
            ..Self::new(Key::of(endpoint), endpoint.ttl, &endpoint.targets)
        }
    }

    /// The same as an endpoint.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let mut endpoint = Endpoint::new(&self.key.name, self.key.rtype, &self.values);
        for (target, value) in endpoint.targets.iter_mut().zip(&self.values) {
            // The dot is the whole name: a host that takes no mail (RFC 7505 §3).
            if value.ends_with(" .") {
                *target = value.clone();
            }
        }
        endpoint.ttl = self.ttl;
        endpoint.set_identifier = self.key.set.clone();
        endpoint.properties = self.properties.clone();
        endpoint
    }
}

/// An RRset that a provider has, and what it needs to find it again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// What it says.
    pub(crate) rrset: Rrset,
    /// What stands for it there: one handle in all where sets are kept whole, else one for each value.
    pub(crate) handles: Vec<Handle>,
}

impl Found {
    /// A set that is kept whole.
    pub(crate) fn whole(rrset: Rrset, id: &str, foreign: serde_json::Value) -> Self {
        let handle = Handle {
            id: id.into(),
            value: Box::default(),
            ttl: rrset.ttl,
            foreign,
        };
        Self {
            rrset,
            handles: vec![handle],
        }
    }

    /// The identifier of a set that is kept whole.
    pub(crate) fn id(&self) -> &str {
        self.handles.first().map_or("", |handle| &handle.id)
    }

    /// What else a set that is kept whole has there, to be sent back as it was.
    pub(crate) fn foreign(&self) -> &serde_json::Value {
        let handle = self.handles.first();
        handle.map_or(&serde_json::Value::Null, |handle| &handle.foreign)
    }
}

/// What stands for a value, or for a set, at a provider.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Handle {
    /// The identifier: a number, an address, a version.
    pub(crate) id: Box<str>,
    /// The value, in its form; empty for a whole set.
    pub(crate) value: Box<str>,
    /// Its TTL.
    pub(crate) ttl: Option<Ttl>,
    /// What else is there, to be sent back as it was: comments, tags, weights.
    pub(crate) foreign: serde_json::Value,
}

/// One value of an RRset, where each is kept on its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// Whose it is.
    pub(crate) key: Key,
    /// Its TTL.
    pub(crate) ttl: Option<Ttl>,
    /// The value, in its form.
    pub(crate) value: Box<str>,
    /// Settings of the provider for it.
    pub(crate) properties: Properties,
}

impl Record {
    /// A record as a listing tells it, with no more to it than an identifier.
    pub(crate) fn found(key: Key, ttl: Option<Ttl>, value: Box<str>, id: &str) -> (Self, Handle) {
        let handle = Handle {
            id: id.into(),
            value: value.clone(),
            ttl,
            foreign: serde_json::Value::Null,
        };
        let properties = Properties::default();
        let record = Self {
            key,
            ttl,
            value,
            properties,
        };
        (record, handle)
    }
}

/// Records of a listing as RRsets, in order. The first record of a set says its TTL and settings;
/// one that says others is told by [`Handle::ttl`], and changed with the next change of its set. A
/// record that comes twice is one, as where something was put in before it between two pages: else the
/// second would be one too many, and be taken away.
pub(crate) fn gather(records: impl IntoIterator<Item = (Record, Handle)>) -> Vec<Found> {
    let mut sets: std::collections::BTreeMap<Key, Found> = std::collections::BTreeMap::new();
    for (record, handle) in records {
        let set = sets.entry(record.key.clone()).or_insert_with(|| Found {
            rrset: Rrset {
                key: record.key,
                ttl: record.ttl,
                values: Vec::new(),
                properties: record.properties,
            },
            handles: Vec::new(),
        });
        if !handle.id.is_empty() && set.handles.iter().any(|other| other.id == handle.id) {
            continue;
        }
        if let Err(at) = set.rrset.values.binary_search(&record.value) {
            set.rrset.values.insert(at, record.value);
        }
        set.handles.push(handle);
    }
    sets.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_listed_twice_is_one() {
        let record = |value: &str, id: &str| {
            let key = Key::new("a.example.org", Rtype::A);
            Record::found(key, None, value.into(), id)
        };
        let listed = [
            record("192.0.2.1", "1"),
            record("192.0.2.9", "2"),
            record("192.0.2.9", "2"),
            // A duplicate of its own is told as one.
            record("192.0.2.1", "3"),
        ];
        let found = gather(listed);
        let ids = found[0].handles.iter().map(|handle| &*handle.id);
        assert_eq!(ids.collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(found[0].rrset.values.len(), 2);
    }
}
