//! What a zone holds at a host.
//!
//! Data is kept as in messages, so that nothing here goes by the forms of text that the program uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::Rtype;

/// Name (in lower case, without a dot at its end), type and set identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetKey {
    /// The name.
    pub name: String,
    /// The type.
    pub rtype: Rtype,
    /// What tells sets of one name and type apart; mostly empty.
    pub set: String,
}

impl SetKey {
    /// The key of a name and a type.
    #[must_use]
    pub fn new(name: &str, rtype: Rtype) -> Self {
        Self {
            name: name.trim_end_matches('.').to_ascii_lowercase(),
            rtype,
            set: String::new(),
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its identifier.
    pub id: u64,
    /// Its TTL.
    pub ttl: u32,
    /// Its data, as in messages.
    pub rdata: Vec<u8>,
    /// What else the host keeps with it.
    pub extra: Map<String, Value>,
}

impl Row {
    /// A value that has no identifier yet.
    #[must_use]
    pub fn new(ttl: u32, rdata: Vec<u8>) -> Self {
        Self {
            id: 0,
            ttl,
            rdata,
            extra: Map::new(),
        }
    }
}

/// All values of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// The values.
    pub rows: Vec<Row>,
    /// What else the host keeps with them.
    pub extra: Map<String, Value>,
    /// Another number after each change.
    pub version: u64,
}

impl Set {
    /// The TTL of the first value.
    #[must_use]
    pub fn ttl(&self) -> u32 {
        self.rows.first().map_or(0, |row| row.ttl)
    }
}

/// A zone.
#[derive(Clone, Debug, Default)]
pub struct SimZone {
    /// Its name, without a dot at its end.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// Whether it is for some networks only.
    pub private: bool,
    /// Another number after each change.
    pub version: u64,
    /// What is in it.
    pub sets: BTreeMap<SetKey, Set>,
    /// What the world sees of it, where edits have to be published.
    pub live: Option<BTreeMap<SetKey, Set>>,
    /// What else the host keeps of it.
    pub extra: Map<String, Value>,
}

impl SimZone {
    /// All that is at a name.
    pub(crate) fn at<'z>(&'z self, name: &'z str) -> impl Iterator<Item = (&'z SetKey, &'z Set)> {
        let first = SetKey::new(name, Rtype(0));
        let from = self.sets.range(first..);
        from.take_while(move |(key, _)| key.name == name)
    }
}
