//! A term begins: what is there is read, and the fence is set.

use std::collections::{BTreeMap, BTreeSet};

use wire::{Name, Serial};
use zone::journal::{BLOCK, Entry, Replay, Stored, pack};

use super::LogError;
use super::item::{Id, Item, Kind, PATIENCE};
use super::objects::Objects;
use super::state::ZoneLog;
use super::write::create;
use crate::lease::Term;

/// What the log holds when a term begins.
#[derive(Debug)]
pub struct Opened {
    /// The term that begins.
    pub term: Term,
    /// Each zone with what clients brought, the serial to start at and its ceiling.
    pub zones: BTreeMap<Name, Stored>,
    /// Those of them of which it knows all that clients brought. Of others nobody has told it yet, or it was
    /// put back to an earlier state: what is served of them is worth more.
    pub known: BTreeSet<Name>,
    /// Zones of which somebody was shown more than the log knows of: it was put back to an earlier state.
    pub ahead: Vec<Ahead>,
    /// What was not as it should be, for people.
    pub notes: Vec<String>,
}

/// A zone of which a replica has a later version than the log can have led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The zone.
    pub zone: Name,
    /// The version that the replica has.
    pub held: Serial,
    /// The latest one that the log knows of.
    pub ceiling: Serial,
}

/// What is needed beside the log.
#[derive(Clone, Debug)]
pub(super) struct Before {
    /// The latest serials that anybody here was shown.
    pub(super) held: BTreeMap<Name, Serial>,
    /// Seconds since 1970: no serial begins lower.
    pub(super) now: Serial,
    /// Random bits of this writer.
    pub(super) writer: u64,
}

/// Reads the log and sets the fence behind it: from then on nobody of an earlier term adds to it.
pub(super) async fn open<O: Objects>(
    objects: &O,
    term: &Term,
    before: &Before,
) -> Result<(Opened, BTreeMap<Name, ZoneLog>), LogError> {
    let mut gaps = false;
    for _ in 0..MOST_TRIES {
        let (zones, strange) = read(objects, term).await?;
        // The leader before us may be folding still; what it takes away is in a checkpoint.
        let has_gaps = zones.values().any(|zone| zone.gap.is_some());
        if has_gaps && !std::mem::replace(&mut gaps, true) {
            continue;
        }
        match take(objects, term, before, zones, strange).await {
            // Somebody was faster: what it wrote is to be read.
            Err(LogError::Fenced { .. }) => {}
            other => return other,
        }
    }
    Err(LogError::Moving)
}

async fn take<O: Objects>(
    objects: &O,
    term: &Term,
    before: &Before,
    zones: BTreeMap<Name, Found>,
    strange: Vec<String>,
) -> Result<(Opened, BTreeMap<Name, ZoneLog>), LogError> {
    let note = |name| format!("object \"{name}\" is no part of a journal, and is left alone");
    let mut opened = Opened {
        term: term.clone(),
        zones: BTreeMap::new(),
        known: BTreeSet::new(),
        ahead: Vec::new(),
        notes: strange.into_iter().map(note).collect(),
    };
    let mut logs = BTreeMap::new();
    for (zone, found) in zones {
        if let Some(gap) = found.gap {
            opened.notes.push(format!(
                "journal of zone \"{zone}\": entry {gap} is not there; somebody took it away, and what \
                 clients had changed with it is lost"
            ));
        }
        let (mut stored, mut is_known) = found.replay(&zone, &mut opened.notes);
        let ceiling = stored.ceiling;
        stored.serial = newer(stored.serial, before.now);
        if let Some(&held) = before.held.get(&zone)
            && held.is_newer_than(ceiling)
        {
            stored.serial = newer(stored.serial, held.next());
            is_known = false;
            let zone = zone.clone();
            opened.ahead.push(Ahead {
                zone,
                held,
                ceiling,
            });
        }
        // What is shown first must be below a ceiling already.
        stored.ceiling = Serial(stored.serial.0.wrapping_add(BLOCK));
        let mut log = found.log;
        // The next leader need not stumble over it.
        log.renew = found.gap.is_some() || !is_known;
        let mut data = Vec::new();
        let serial = stored.ceiling;
        pack(
            &mut data,
            log.next,
            Entry::Ceiling {
                zone: &zone,
                serial,
            },
        );
        let fence = Item {
            id: Id::entry(&zone, log.next),
            term: term.number(),
            writer: before.writer,
            parts: 0,
            data,
        };
        create(objects, term, &fence).await?;
        log.added(&fence);
        if is_known {
            opened.known.insert(zone.clone());
        }
        opened.zones.insert(zone.clone(), stored);
        logs.insert(zone, log);
    }
    Ok((opened, logs))
}

/// What was found of one zone.
#[derive(Debug, Default)]
struct Found {
    /// The newest whole checkpoint.
    checkpoint: Vec<Item>,
    /// Entries behind it.
    entries: Vec<Item>,
    log: ZoneLog,
    /// The first entry that should be there and is not.
    gap: Option<u64>,
}

/// Reads all zones. Entries come first: one that was folded in between is in a checkpoint then.
async fn read<O: Objects>(
    objects: &O,
    term: &Term,
) -> Result<(BTreeMap<Name, Found>, Vec<String>), LogError> {
    if !term.may_write() {
        return Err(LogError::NotLeading);
    }
    let (entries, mut strange) = objects.list(Kind::Entry, PATIENCE).await?;
    let (parts, others) = objects.list(Kind::Checkpoint, PATIENCE).await?;
    strange.extend(others);
    let mut zones: BTreeMap<Name, Found> = BTreeMap::new();
    let mut checkpoints: BTreeMap<Name, Vec<Item>> = BTreeMap::new();
    for part in parts {
        let zone = part.id.zone.clone();
        checkpoints.entry(zone).or_default().push(part);
    }
    for (zone, parts) in checkpoints {
        zones.insert(zone, Found::of(parts));
    }
    for entry in entries {
        zones.entry(entry.id.zone.clone()).or_default().add(entry);
    }
    Ok((zones, strange))
}

impl Found {
    /// Chooses among checkpoints, whose parts are in their order.
    fn of(parts: Vec<Item>) -> Self {
        let mut found = Self::default();
        let mut all: BTreeMap<(u64, u64), Vec<Item>> = BTreeMap::new();
        for part in parts {
            let key = (part.id.number, part.id.mark);
            all.entry(key).or_default().push(part);
        }
        // The last one is the newest; of two that cover the same either will do.
        for (_, parts) in all.into_iter().rev() {
            let count = parts.first().map_or(0, |first| first.parts);
            let whole = u32::try_from(parts.len()) == Ok(count)
                && parts
                    .iter()
                    .zip(0..)
                    .all(|(item, part)| item.id.part == part);
            if whole && found.checkpoint.is_empty() {
                found.log.covered(&parts);
                found.checkpoint = parts;
            } else {
                let ids = parts.into_iter().map(|item| item.id);
                found.log.useless.extend(ids);
            }
        }
        found
    }

    /// Takes in the next entry.
    fn add(&mut self, entry: Item) {
        if self.log.is_covered(entry.id.number) {
            self.log.useless.push(entry.id);
            return;
        }
        if entry.id.number != self.log.next && self.gap.is_none() {
            self.gap = Some(self.log.next);
        }
        self.log.added(&entry);
        self.entries.push(entry);
    }

    /// What it comes to, and whether that is all that clients brought.
    fn replay(&self, zone: &Name, notes: &mut Vec<String>) -> (Stored, bool) {
        let mut replay = Replay::default();
        for item in self.checkpoint.iter().chain(&self.entries) {
            if let Err(damage) = replay.read(item.id.number, &item.data) {
                notes.push(format!("journal of zone \"{zone}\": {damage}"));
            }
        }
        let empty = || Stored {
            changes: Vec::new(),
            serial: Serial(0),
            ceiling: Serial(0),
            passed: None,
            shown: None,
            steps: Vec::new(),
            late: Vec::new(),
        };
        // The first leader of a zone makes a checkpoint, whatever there is.
        let is_known = replay.has_commits() || !self.checkpoint.is_empty();
        let stored = replay.finish().remove(zone);
        (stored.unwrap_or_else(empty), is_known)
    }
}

fn newer(one: Serial, other: Serial) -> Serial {
    if other.is_newer_than(one) { other } else { one }
}

/// A leader before us that writes still does so for a few seconds only.
const MOST_TRIES: usize = 8;
