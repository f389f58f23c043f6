//! Another writer was before us: what it has stored takes the place of what we knew.

use std::collections::{BTreeMap, HashMap};

use wire::{Name, Rtype};

use crate::history::Step;
use crate::journal::{Stored, is_brought};
use crate::layer::Layer;
use crate::store::{Committed, Store, committed};
use crate::writer::{Change, ZoneWriter};

impl Store {
    /// Goes on from what was stored by whoever wrote last, when this process becomes the writer once
    /// more. To be called before updates are taken, and before a zone that was a copy becomes ours: that
    /// one begins with what is given here.
    ///
    /// Zones that are ours already get what clients had brought elsewhere, and lose what only we knew:
    /// nobody was told that it was done, or it is gone since.
    pub fn recall(&self, mut recovered: BTreeMap<Name, Stored>) -> Vec<(Name, Committed)> {
        let _settled = self.settle();
        let mut writers = self.lock();
        writers.ceilings = recovered
            .iter()
            .map(|(apex, stored)| (apex.clone(), stored.ceiling))
            .collect();
        writers.passed.clear();
        let ours: Vec<Name> = writers
            .zones
            .keys()
            .filter(|apex| !writers.copies.contains(*apex) && !writers.withheld.contains(*apex))
            .cloned()
            .collect();
        let mut done = Vec::new();
        for apex in ours {
            let stored = recovered.remove(&apex);
            let Some((place, writer)) = writers.zones.get_mut(&apex) else {
                continue;
            };
            let before = writer.zone.clone();
            let wanted = stored.as_ref().map(|stored| stored.serial);
            let changed = writer.apply(difference(writer, stored));
            let wanted = wanted.filter(|serial| serial.is_newer_than(before.serial));
            if changed.is_empty() && wanted.is_none() {
                continue;
            }
            writer.set_serial(wanted.unwrap_or_else(|| before.serial.next()));
            let (place, zone) = (*place, writer.zone.clone());
            let step = Step::at(&before, &zone, changed);
            done.push((apex, committed(&zone, true)));
            self.remember(&mut writers, &zone, step);
            self.show(&writers, place, zone, before);
        }
        // Of a zone that is not served what others have stored counts, too.
        writers.stored = recovered;
        done
    }
}

/// What makes the layers that clients write into what is stored.
fn difference(writer: &ZoneWriter, stored: Option<Stored>) -> Vec<Change> {
    type Place = (Name, Rtype, Layer);
    let place = |change: &Change| -> Place { (change.owner.clone(), change.rtype, change.layer) };
    let mut wanted: HashMap<Place, Change> = HashMap::new();
    let stored = stored.into_iter();
    for change in stored.flat_map(|stored| stored.changes.into_iter().chain(stored.late)) {
        wanted.insert(place(&change), change);
    }
    let known = writer.contributions().into_iter();
    let known = known.filter(is_brought);
    let gone: Vec<Change> = known
        .filter(|change| !wanted.contains_key(&place(change)))
        .map(|change| Change {
            rrset: None,
            ..change
        })
        .collect();
    gone.into_iter().chain(wanted.into_values()).collect()
}
