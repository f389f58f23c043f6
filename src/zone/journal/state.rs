//! What the journal knows of each zone, entry by entry.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wire::{Name, Rtype, Serial};

use super::payload::Record;
use crate::durable::BLOCK;
use crate::history::Step;
use crate::layer::Layer;
use crate::sum::Sum;
use crate::writer::{Change, Rrset};

/// What was stored when the journal was opened.
#[derive(Debug, Default)]
pub struct Recovered {
    /// All zones that are known.
    pub zones: BTreeMap<Name, Stored>,
    /// Whether the journal was closed in order, so that serials are exact.
    pub clean: bool,
    /// What was cut or could not be done, for the log.
    pub notes: Vec<String>,
}

/// What was stored of one zone.
#[derive(Clone, Debug)]
pub struct Stored {
    /// All contributions, in no particular order.
    pub changes: Vec<Change>,
    /// The serial to start at: the last one if all is exact, else one that nobody was shown yet,
    /// above the ceiling.
    pub serial: Serial,
    /// Serials up to this one may be published without a new ceiling.
    pub ceiling: Serial,
    /// Serials from `serial` up to this one may have been shown by runs that could write nothing: the
    /// next version passes over them.
    pub passed: Option<Serial>,
    /// The last version that is known to have been shown.
    pub shown: Option<Shown>,
    /// The steps that lead to it.
    pub steps: Vec<Arc<Step>>,
    /// What was stored after it was, in its order: a kill came before the step to it was.
    pub late: Vec<Change>,
}

/// A version that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its serial.
    pub serial: Serial,
    /// The sum over its records.
    pub sum: Sum,
}

/// What the entries so far make of all zones.
#[derive(Debug, Default)]
pub(super) struct State {
    zones: BTreeMap<Name, ZoneState>,
    /// Whether the last entry was the end.
    pub(super) ended: bool,
}

#[derive(Debug, Default)]
struct ZoneState {
    owners: HashMap<Name, Owner>,
    serial: Option<Serial>,
    ceiling: Option<Serial>,
    /// Serials up to this one may have been shown by runs that could write nothing.
    passed: Option<Serial>,
    shown: Option<Shown>,
    steps: Vec<Arc<Step>>,
    late: Vec<Change>,
}

impl State {
    /// Takes in the next entry.
    pub(super) fn apply(&mut self, record: Record) {
        self.ended = matches!(record, Record::End);
        match record {
            Record::Ceiling { zone, serial } => {
                let zone = self.zones.entry(zone).or_default();
                zone.ceiling = Some(newer(zone.ceiling, serial));
            }
            Record::Commit {
                zone,
                serial,
                changes,
            } => {
                let zone = self.zones.entry(zone).or_default();
                zone.reach(serial);
                zone.late.extend(changes);
                if zone.shown.is_none() {
                    zone.settle();
                }
            }
            Record::End => {}
            Record::Passed { zone, serial } => {
                let zone = self.zones.entry(zone).or_default();
                zone.passed = Some(newer(zone.passed, serial));
            }
            Record::Shown { zone, shown } => self.zones.entry(zone).or_default().show(shown),
            Record::Step { zone, step, sum } => {
                let zone = self.zones.entry(zone).or_default();
                zone.show(Shown {
                    serial: step.to,
                    sum,
                });
                if zone.steps.last().is_some_and(|last| last.to != step.from) {
                    zone.steps.clear();
                }
                zone.steps.push(Arc::new(step));
            }
            Record::Forget { zone } => {
                self.zones.remove(&zone);
            }
        }
    }

    /// What it comes to. Serials are exact only if nothing can have been published since; each run that
    /// could write nothing may have shown a block of them, and some for each of the seconds since
    /// anything was written.
    pub(super) fn finish(self, exact: bool, unsaved: u32, silent: u64) -> BTreeMap<Name, Stored> {
        let leap = silent.saturating_mul(PER_SECOND).min(MOST_LEAP);
        let leap = u32::try_from(leap).unwrap_or(u32::MAX);
        let unsaved = BLOCK.wrapping_mul(unsaved);
        let stored = |zone: ZoneState| {
            let ceiling = zone.ceiling.unwrap_or(Serial(0));
            let reserved = Serial(ceiling.0.wrapping_add(unsaved));
            // Without a serial in reserve nothing later can have been shown, unless nothing could be
            // written.
            let last = zone.shown.filter(|shown| shown.serial == reserved);
            let serial = zone.serial.filter(|_| exact || last.is_some());
            let ceiling = match serial {
                Some(_) => reserved,
                None => Serial(reserved.0.wrapping_add(leap)),
            };
            let mut changes = Vec::with_capacity(zone.owners.len());
            for (name, owner) in zone.owners {
                let rest = owner.rest.into_iter();
                changes.extend(rest.map(|held| held.into_change(name.clone())));
                changes.push(owner.first.into_change(name));
            }
            let passed = zone.passed.filter(|_| serial.is_none());
            let ceiling = newer(passed, ceiling);
            let upto = |serial: Serial| newer(zone.passed, Serial(serial.0.wrapping_add(leap)));
            let later = |serial: Serial| Some(upto(serial)).filter(|upto| *upto != serial);
            Stored {
                changes,
                serial: serial.unwrap_or_else(|| ceiling.next()),
                ceiling,
                passed: serial.and_then(later),
                shown: zone.shown,
                steps: zone.steps,
                late: zone.late,
            }
        };
        let zones = self.zones.into_iter();
        zones.map(|(name, zone)| (name, stored(zone))).collect()
    }
}

/// Runs that can write nothing leave no trace but time. They show fewer versions of a zone than this a
/// second, or a later run may show some of their serials again.
const PER_SECOND: u64 = 16;

/// What is passed over at most: secondaries must see what follows as newer, a few times over.
const MOST_LEAP: u64 = 1 << 28;

/// What the layers say of one name: of most names there is one RRset.
#[derive(Debug)]
struct Owner {
    first: Held,
    rest: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    rtype: Rtype,
    layer: Layer,
    rrset: Rrset,
}

impl ZoneState {
    fn show(&mut self, shown: Shown) {
        self.reach(shown.serial);
        self.settle();
        self.shown = Some(shown);
    }

    /// Takes in what waits for a version to be shown with it.
    fn settle(&mut self) {
        for change in std::mem::take(&mut self.late) {
            self.apply(change);
        }
    }

    fn reach(&mut self, serial: Serial) {
        self.serial = Some(serial);
        self.ceiling = Some(newer(self.ceiling, serial));
    }

    fn apply(&mut self, change: Change) {
        let Change {
            owner,
            rtype,
            layer,
            rrset,
        } = change;
        let Some(rrset) = rrset else {
            return self.remove(owner, rtype, layer);
        };
        let held = Held {
            rtype,
            layer,
            rrset,
        };
        match self.owners.entry(owner) {
            Entry::Occupied(mut owner) => owner.get_mut().put(held),
            Entry::Vacant(place) => {
                place.insert(Owner {
                    first: held,
                    rest: Vec::new(),
                });
            }
        }
    }

    fn remove(&mut self, owner: Name, rtype: Rtype, layer: Layer) {
        let Entry::Occupied(mut entry) = self.owners.entry(owner) else {
            return;
        };
        let owner = entry.get_mut();
        owner.rest.retain(|held| !held.is(rtype, layer));
        if owner.first.is(rtype, layer) {
            match owner.rest.pop() {
                Some(held) => owner.first = held,
                None => drop(entry.remove()),
            }
        }
    }
}

impl Owner {
    fn put(&mut self, held: Held) {
        let same = |one: &&mut Held| one.is(held.rtype, held.layer);
        let mut all = std::iter::once(&mut self.first).chain(&mut self.rest);
        match all.find(same) {
            Some(one) => *one = held,
            None => self.rest.push(held),
        }
    }
}

impl Held {
    fn is(&self, rtype: Rtype, layer: Layer) -> bool {
        self.rtype == rtype && self.layer == layer
    }

    fn into_change(self, owner: Name) -> Change {
        Change {
            owner,
            rtype: self.rtype,
            layer: self.layer,
            rrset: Some(self.rrset),
        }
    }
}

/// The newer of two serials; whichever there is.
pub(super) fn newer(left: Option<Serial>, right: Serial) -> Serial {
    left.filter(|left| !right.is_newer_than(*left))
        .unwrap_or(right)
}
