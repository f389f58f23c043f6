//! Zones as a host keeps them: strict, with identifiers and versions, and with all states they went
//! through.

use std::collections::BTreeMap;

use wire::Rtype;

use super::rules::check;
use super::{Draft, Limits, Refused, Row, Set, SetKey, SimZone};

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

/// `ns1.host.example. admin.host.example. 1 7200 900 1209600 300`.
const SOA: &[u8] = b"\x03ns1\x04host\x07example\0\x05admin\x04host\x07example\0\
    \0\0\0\x01\0\0\x1c\x20\0\0\x03\x84\0\x12\x75\0\0\0\x01\x2c";
