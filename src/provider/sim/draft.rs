//! One edit of a zone under way; what it touches is remembered, so that it can be taken back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Refused, Row, Set, SetKey, SimZone};

/// A zone that is being changed.
#[derive(Debug)]
pub struct Draft<'s> {
    pub(super) zone: &'s mut SimZone,
    pub(super) before: BTreeMap<SetKey, Option<Set>>,
    pub(super) next: &'s mut u64,
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
