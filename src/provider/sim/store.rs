//! Zones as a host keeps them: strict, with identifiers and versions, and with all states they went
//! through.
//!
//! Data is kept as in messages, so that nothing here goes by the forms of text that the program uses.

use std::collections::{BTreeMap, BTreeSet};

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

/// What a host takes, by its own documentation.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Types; all if empty.
    pub types: &'static [Rtype],
    /// The least TTL.
    pub ttl: u32,
    /// All TTLs there are; any if empty.
    pub ttls: &'static [u32],
    /// Values of a set.
    pub values: usize,
    /// Bytes of a TXT value.
    pub text: usize,
    /// Names that begin with `*`.
    pub wildcard: bool,
    /// A CNAME at a zone's own name.
    pub apex_cname: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            types: &[],
            ttl: 0,
            ttls: &[],
            values: usize::MAX,
            text: 65_535,
            wildcard: true,
            apex_cname: false,
        }
    }
}

/// Why a host does not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is there already.
    Exists(String),
    /// It cannot be.
    Invalid(String),
    /// It is not there.
    Missing(String),
    /// It is not what it was expected to be.
    Stale(String),
}

/// What one request changed: each key before and after.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The zone's identifier.
    pub zone: String,
    /// What changed.
    pub changes: Vec<(SetKey, Option<Set>, Option<Set>)>,
    /// Whether somebody else did it, not a request.
    pub by_others: bool,
}

/// The zones of a host.
#[derive(Debug, Default)]
pub struct ZoneStore {
    /// The zones.
    pub zones: Vec<SimZone>,
    /// What it takes.
    pub limits: Limits,
    /// All changes so far.
    pub history: Vec<Commit>,
    /// What a name must not have in it; for changes that a host does not take without any reason.
    pub poison: String,
    /// How often an edit is asked for before it is made, where it is not made at once; and whether it
    /// comes to nothing then.
    pub late: Option<(u32, bool)>,
    /// Whether a CNAME may have several targets, of which one is answered.
    pub weighted: bool,
    /// Edits that are accepted but not made: an identifier, how often it is asked for until then, the
    /// zone, the edit.
    pub later: BTreeMap<String, Later>,
    next: u64,
}

/// An edit that is accepted but not made.
#[derive(Clone, Debug)]
pub struct Later {
    /// How often it is asked for before it is made.
    pub polls: u32,
    /// Whether it comes to nothing in the end.
    pub fails: bool,
    /// The zone's identifier.
    pub zone: String,
    /// Whose set.
    pub key: SetKey,
    /// The set as it will be.
    pub after: Option<Vec<Row>>,
}

impl ZoneStore {
    /// A store of such limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Adds a zone, with what every zone has.
    pub fn add_zone(&mut self, name: &str, id: &str) {
        let apex = |rtype, rdata: &[u8]| {
            let mut set = Set::default();
            set.rows.push(Row::new(3600, rdata.to_vec()));
            (SetKey::new(name, rtype), set)
        };
        let zone = SimZone {
            name: name.to_owned(),
            id: id.to_owned(),
            sets: [
                apex(Rtype::SOA, SOA),
                apex(Rtype::NS, b"\x03ns1\x04host\x07example\0"),
            ]
            .into(),
            ..SimZone::default()
        };
        self.zones.push(zone);
    }

    /// A zone.
    ///
    /// # Errors
    /// There is none of this identifier.
    pub fn zone(&self, id: &str) -> Result<&SimZone, Refused> {
        let zone = self.zones.iter().find(|zone| zone.id == id);
        zone.ok_or_else(|| Refused::Missing(format!("zone {id}")))
    }

    /// An identifier that was not given before.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Changes a zone: all that `edit` does, or nothing if that is refused.
    ///
    /// # Errors
    /// `edit` refused, or what comes out is not allowed.
    pub fn edit<T>(
        &mut self,
        id: &str,
        edit: impl FnOnce(&mut Draft<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        self.edit_by(id, false, edit)
    }

    /// The same done by somebody else, whom nothing is refused.
    pub fn plant(&mut self, id: &str, edit: impl FnOnce(&mut Draft<'_>)) {
        let all = |draft: &mut Draft<'_>| {
            edit(draft);
            Ok(())
        };
        // Somebody else may do what we may not.
        let limits = std::mem::take(&mut self.limits);
        let _planted = self.edit_by(id, true, all);
        self.limits = limits;
    }

    fn edit_by<T>(
        &mut self,
        id: &str,
        by_others: bool,
        edit: impl FnOnce(&mut Draft<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let zone = self.zones.iter_mut().find(|zone| zone.id == id);
        let zone = zone.ok_or_else(|| Refused::Missing(format!("zone {id}")))?;
        let mut draft = Draft {
            zone,
            before: BTreeMap::new(),
            next: &mut self.next,
        };
        let result = edit(&mut draft);
        let before = draft.before;
        let result = result.and_then(|done| {
            for key in before.keys() {
                check(zone, key, &self.limits, self.weighted)?;
                if !by_others && !self.poison.is_empty() && key.name.contains(&self.poison) {
                    return Err(Refused::Invalid(format!("{} is poison", key.name)));
                }
            }
            Ok(done)
        });
        if result.is_err() {
            for (key, set) in before {
                match set {
                    Some(set) => zone.sets.insert(key, set),
                    None => zone.sets.remove(&key),
                };
            }
            return result;
        }
        let changes = before.into_iter().map(|(key, before)| {
            let after = zone.sets.get(&key).cloned();
            (key, before, after)
        });
        let changes: Vec<_> = changes.filter(|(_, a, b)| a != b).collect();
        if !changes.is_empty() {
            zone.version += 1;
            if by_others && let Some(live) = &mut zone.live {
                for (key, _, after) in &changes {
                    match after {
                        Some(after) => live.insert(key.clone(), after.clone()),
                        None => live.remove(key),
                    };
                }
            }
            self.history.push(Commit {
                zone: zone.id.clone(),
                changes,
                by_others,
            });
        }
        result
    }

    /// Accepts an edit to be made later; gives its identifier.
    pub fn put_off(&mut self, later: Later) -> String {
        let id = format!("op-{}", self.number());
        self.later.insert(id.clone(), later);
        id
    }

    /// Time passes for edits that are accepted.
    pub fn tick(&mut self) {
        let ids: Vec<String> = self.later.keys().cloned().collect();
        for id in ids {
            let _either = self.poll(&id);
        }
    }

    /// Whether an edit that was accepted is made by now.
    ///
    /// # Errors
    /// It came to nothing.
    pub fn poll(&mut self, id: &str) -> Result<bool, Refused> {
        let Some(later) = self.later.get_mut(id) else {
            return Ok(true);
        };
        if later.polls > 0 {
            later.polls -= 1;
            return Ok(false);
        }
        let later = self.later.remove(id);
        let Some(later) = later else { return Ok(true) };
        if later.fails {
            return Err(Refused::Invalid("the change came to nothing".to_owned()));
        }
        let Later {
            zone, key, after, ..
        } = later;
        self.edit(&zone, |draft| match after {
            Some(rows) => {
                draft.put(key, rows, None);
                Ok(())
            }
            None => draft.take(&key).map(drop),
        })?;
        Ok(true)
    }

    /// Shows the world what is in a zone.
    ///
    /// # Errors
    /// There is none of this identifier.
    pub fn publish(&mut self, id: &str) -> Result<(), Refused> {
        let zone = self.zones.iter_mut().find(|zone| zone.id == id);
        let zone = zone.ok_or_else(|| Refused::Missing(format!("zone {id}")))?;
        zone.live = Some(zone.sets.clone());
        Ok(())
    }
}

/// A zone that is being changed.
#[derive(Debug)]
pub struct Draft<'s> {
    zone: &'s mut SimZone,
    before: BTreeMap<SetKey, Option<Set>>,
    next: &'s mut u64,
}

impl Draft<'_> {
    /// The zone as it is so far.
    #[must_use]
    pub fn zone(&self) -> &SimZone {
        self.zone
    }

    /// A set.
    #[must_use]
    pub fn get(&self, key: &SetKey) -> Option<&Set> {
        self.zone.sets.get(key)
    }

    /// Puts a set in the place of what there was; with `extra`, or with what it had.
    pub fn put(&mut self, key: SetKey, rows: Vec<Row>, extra: Option<Map<String, Value>>) {
        let before = self.touch(&key);
        let mut set = before.unwrap_or_default();
        set.extra = extra.unwrap_or(set.extra);
        set.version = self.number();
        set.rows = rows;
        for row in &mut set.rows {
            if row.id == 0 {
                row.id = self.number();
            }
        }
        self.zone.sets.insert(key, set);
    }

    /// Takes a set away.
    ///
    /// # Errors
    /// There is none.
    pub fn take(&mut self, key: &SetKey) -> Result<Set, Refused> {
        self.touch(key);
        let set = self.zone.sets.remove(key);
        set.ok_or_else(|| Refused::Missing(format!("{} {}", key.name, key.rtype)))
    }

    /// Adds a value; gives its identifier.
    ///
    /// # Errors
    /// It is there already.
    pub fn add(&mut self, key: SetKey, mut row: Row) -> Result<u64, Refused> {
        let mut set = self.touch(&key).unwrap_or_default();
        if set.rows.iter().any(|other| other.rdata == row.rdata) {
            return Err(Refused::Exists(format!(
                "{} {} with this value",
                key.name, key.rtype
            )));
        }
        row.id = self.number();
        set.version = row.id;
        let id = row.id;
        set.rows.push(row);
        self.zone.sets.insert(key, set);
        Ok(id)
    }

    /// Takes a value away.
    ///
    /// # Errors
    /// There is none of this identifier.
    pub fn drop_row(&mut self, id: u64) -> Result<(SetKey, Row), Refused> {
        let key = self.key_of(id)?;
        let mut set = self.touch(&key).unwrap_or_default();
        let at = set.rows.iter().position(|row| row.id == id);
        let row = set.rows.remove(at.unwrap_or_default());
        set.version = self.number();
        if set.rows.is_empty() {
            self.zone.sets.remove(&key);
        } else {
            self.zone.sets.insert(key.clone(), set);
        }
        Ok((key, row))
    }

    /// Puts a value in the place of one, which keeps its identifier.
    ///
    /// # Errors
    /// There is none of this identifier; the value is there already.
    pub fn change_row(&mut self, id: u64, new: Row) -> Result<(), Refused> {
        let key = self.key_of(id)?;
        let mut set = self.touch(&key).unwrap_or_default();
        let is_twice = |row: &Row| row.id != id && row.rdata == new.rdata;
        if set.rows.iter().any(is_twice) {
            return Err(Refused::Exists(format!(
                "{} {} with this value",
                key.name, key.rtype
            )));
        }
        for row in set.rows.iter_mut().filter(|row| row.id == id) {
            *row = Row { id, ..new.clone() };
        }
        set.version = self.number();
        self.zone.sets.insert(key, set);
        Ok(())
    }

    fn key_of(&self, id: u64) -> Result<SetKey, Refused> {
        let mut sets = self.zone.sets.iter();
        let found = sets.find(|(_, set)| set.rows.iter().any(|row| row.id == id));
        let key = found.map(|(key, _)| key.clone());
        key.ok_or_else(|| Refused::Missing(format!("record {id}")))
    }

    fn touch(&mut self, key: &SetKey) -> Option<Set> {
        let now = self.zone.sets.get(key).cloned();
        self.before
            .entry(key.clone())
            .or_insert_with(|| now.clone());
        now
    }

    fn number(&mut self) -> u64 {
        *self.next += 1;
        *self.next
    }
}

/// Whether what there is of a key now may be there.
fn check(zone: &SimZone, key: &SetKey, limits: &Limits, weighted: bool) -> Result<(), Refused> {
    let Some(set) = zone.sets.get(key) else {
        let is_own = key.name == zone.name && matches!(key.rtype, Rtype::SOA | Rtype::NS);
        return match is_own {
            true => refuse(key, "a zone needs it"),
            false => Ok(()),
        };
    };
    let is_apex = key.name == zone.name;
    if !is_apex && !key.name.ends_with(&format!(".{}", zone.name)) {
        return refuse(key, "is not in this zone");
    }
    // RFC 1035 §2.3.4.
    let labels = key.name.split('.');
    if key.name.len() > 253
        || labels
            .clone()
            .any(|label| label.is_empty() || label.len() > 63)
    {
        return refuse(key, "has a label or a name that is too long");
    }
    if key.name.starts_with('*') && !limits.wildcard {
        return refuse(key, "is a wildcard");
    }
    if !limits.types.is_empty() && !limits.types.contains(&key.rtype) && !is_apex {
        return refuse(key, "is of a type that is not known here");
    }
    if set.rows.is_empty() || set.rows.len() > limits.values {
        return refuse(key, "has no values, or too many");
    }
    let mut seen = BTreeSet::new();
    for row in &set.rows {
        if !seen.insert(&row.rdata) {
            return refuse(key, "has a value twice");
        }
        let is_odd = !limits.ttls.is_empty() && !limits.ttls.contains(&row.ttl);
        if (row.ttl < limits.ttl || is_odd) && !is_apex {
            return refuse(key, "has a TTL that is not taken");
        }
        if key.rtype == Rtype::TXT && super::form::bytes(&row.rdata).len() > limits.text {
            return refuse(key, "has too long a text");
        }
    }
    if key.rtype == Rtype::CNAME
        && ((set.rows.len() > 1 && !weighted) || (is_apex && !limits.apex_cname))
    {
        return refuse(key, "cannot be a CNAME");
    }
    // RFC 1034 §3.6.2.
    let clash = zone
        .at(&key.name)
        .map(|(other, _)| other)
        .find(|other| other.rtype != key.rtype && [other.rtype, key.rtype].contains(&Rtype::CNAME));
    match clash {
        Some(_) if !is_apex => refuse(key, "is beside a CNAME"),
        _ => Ok(()),
    }
}

fn refuse(key: &SetKey, why: &str) -> Result<(), Refused> {
    let SetKey { name, rtype, .. } = key;
    Err(Refused::Invalid(format!("{name} {rtype} {why}")))
}

/// `ns1.host.example. admin.host.example. 1 7200 900 1209600 300`.
const SOA: &[u8] = b"\x03ns1\x04host\x07example\0\x05admin\x04host\x07example\0\
    \0\0\0\x01\0\0\x1c\x20\0\0\x03\x84\0\x12\x75\0\0\0\x01\x2c";
