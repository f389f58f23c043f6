//! What the journal knows of each zone, entry by entry.

use std::collections::{BTreeMap, HashMap};

use wire::{Name, Rtype, Serial};

use super::payload::Record;
use crate::layer::Layer;
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
    owners: HashMap<Name, Vec<(Rtype, Layer, Rrset)>>,
    serial: Option<Serial>,
    ceiling: Option<Serial>,
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
                zone.serial = Some(serial);
                zone.ceiling = Some(newer(zone.ceiling, serial));
                for change in changes {
                    zone.apply(change);
                }
            }
            Record::End => {}
            Record::Forget { zone } => {
                self.zones.remove(&zone);
            }
        }
    }

    /// What it comes to. Serials are exact only if nothing can have been published since.
    pub(super) fn finish(self, exact: bool) -> BTreeMap<Name, Stored> {
        let stored = |zone: ZoneState| {
            let ceiling = zone.ceiling.unwrap_or(Serial(0));
            let serial = zone.serial.filter(|_| exact);
            let changes = zone.owners.into_iter().flat_map(|(owner, all)| {
                all.into_iter().map(move |(rtype, layer, rrset)| Change {
                    owner: owner.clone(),
                    rtype,
                    layer,
                    rrset: Some(rrset),
                })
            });
            Stored {
                changes: changes.collect(),
                serial: serial.unwrap_or_else(|| ceiling.next()),
                ceiling,
            }
        };
        let zones = self.zones.into_iter();
        zones.map(|(name, zone)| (name, stored(zone))).collect()
    }
}

impl ZoneState {
    fn apply(&mut self, change: Change) {
        let Change {
            owner,
            rtype,
            layer,
            rrset,
        } = change;
        let Some(rrset) = rrset else {
            if let Some(all) = self.owners.get_mut(&owner) {
                all.retain(|one| (one.0, one.1) != (rtype, layer));
                if all.is_empty() {
                    self.owners.remove(&owner);
                }
            }
            return;
        };
        let all = self.owners.entry(owner).or_default();
        match all.iter_mut().find(|one| (one.0, one.1) == (rtype, layer)) {
            Some(one) => one.2 = rrset,
            None => all.push((rtype, layer, rrset)),
        }
    }
}

/// The newer of two serials; whichever there is.
pub(super) fn newer(left: Option<Serial>, right: Serial) -> Serial {
    left.filter(|left| !right.is_newer_than(*left))
        .unwrap_or(right)
}
