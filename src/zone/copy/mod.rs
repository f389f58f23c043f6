//! Copies of other servers' zones: contents come whole or by steps, and are theirs to the bit.
//!
//! ```text
//! whole zone, sorted → replace_copy ─┐
//! steps that fit → Steps → apply ────┴→ a version with exactly the primary's serial
//! nothing yet, or too old → withheld: known, and nothing of it is answered
//! ```
//!
//! Invariants: a copy has the static layer only, and no other way leads into it. Its serial is never
//! one of ours, so that steps lead on from it to whoever follows us.

mod image;
mod steps;

use std::sync::Arc;

use wire::{Name, Serial};

use crate::assemble::assemble;
use crate::history::{History, Step};
use crate::news::News;
use crate::propose::{StoreError, check_change};
use crate::records::Records;
use crate::snapshot::Withheld;
use crate::store::{Committed, Store, Writers, committed, free_place, same_contents};
use crate::withhold::placeholder;
use crate::writer::ZoneWriter;

pub use image::{Copied, Image, ImageError, read_image, write_image};
pub use steps::Steps;

/// Why steps were not carried out. The copy is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum StepsError {
    /// The copy has another version than the one that they begin with.
    #[error("zone \"{apex}\" has another serial than the steps begin with")]
    Moved {
        /// The zone.
        apex: Name,
    },
    /// What they lead to cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// From now on a zone is a copy, of which nothing is answered until its contents come.
    ///
    /// # Errors
    /// There is a zone of this name that is none.
    pub fn expect_copy(&self, apex: &Name) -> Result<(), StoreError> {
        let apex = apex.as_ref().to_lowercase();
        let (zone, depths) = placeholder(&apex, self.keys)?;
        let mut writers = self.lock();
        if writers.copies.contains(&apex) {
            return Ok(());
        }
        if writers.zones.contains_key(&apex) {
            return Err(StoreError::IsCopy { apex });
        }
        let place = free_place(&writers);
        writers.copies.insert(apex.clone());
        let writer = ZoneWriter::new(zone.clone(), depths);
        writers.zones.insert(apex.clone(), (place, writer));
        self.publish_apexes(place, &apex, Some(zone), &writers, News::Came);
        Ok(())
    }

    /// Takes a copy out; tells whether there was one.
    pub fn remove_copy(&self, apex: &Name) -> bool {
        let mut writers = self.lock();
        if !writers.copies.remove(apex) {
            return false;
        }
        writers.histories.remove(apex);
        let Some((place, _)) = writers.zones.remove(apex) else {
            return false;
        };
        self.publish_apexes(place, apex, None, &writers, News::Gone);
        true
    }

    /// Whether a zone is a copy.
    #[must_use]
    pub fn is_copy(&self, apex: &Name) -> bool {
        self.lock().copies.contains(apex)
    }

    /// The zones that are no copies, in lower case.
    #[must_use]
    pub fn own_zones(&self) -> Vec<Name> {
        let writers = self.lock();
        let own = writers.zones.keys();
        own.filter(|apex| !writers.copies.contains(*apex))
            .cloned()
            .collect()
    }

    /// Puts all contents of a copy in place. The records must be sorted and without repeats.
    ///
    /// # Errors
    /// When the records make no zone, or the zone is no copy.
    pub fn replace_copy(&self, records: &Records) -> Result<Committed, StoreError> {
        // The long part is done before the lock: other zones' writers do not wait for it.
        let (zone, depths) = assemble(records, self.keys)?;
        let apex = zone.apex.clone();
        let next = ZoneWriter::new(zone, depths);
        let mut writers = self.lock();
        let Some((place, writer)) = writers.copy_mut(&apex) else {
            return Err(StoreError::NoZone { apex });
        };
        let zone = next.zone.clone();
        let old = &writer.zone;
        if old.withheld.is_none() && old.serial == zone.serial && same_contents(old, &zone) {
            return Ok(committed(old, false));
        }
        let old = std::mem::replace(writer, next).zone;
        let history = writers.histories.entry(apex).or_default();
        if old.withheld == Some(Withheld::Absent) || !zone.serial.is_newer_than(old.serial) {
            // Nobody can be led from there to here.
            history.clear();
        } else {
            history.push(Step::between(&old, &zone), zone.memory_bytes());
        }
        let done = committed(&zone, true);
        self.publish(place, zone, old);
        Ok(done)
    }

    /// Puts an image of an earlier run in place, with the steps that led to it: others may follow us
    /// by steps from what they had then.
    ///
    /// # Errors
    /// When the records make no zone, or the zone is no copy.
    pub fn recall_copy(&self, image: Image) -> Result<Committed, StoreError> {
        let done = self.replace_copy(&image.records)?;
        let apex = image.records.apex().as_ref().to_lowercase();
        let mut writers = self.lock();
        let Some((_, writer)) = writers.copy_mut(&apex) else {
            return Ok(done);
        };
        let (serial, bytes) = (writer.zone.serial, writer.zone.memory_bytes());
        if image.steps.last().is_some_and(|last| last.to == serial) {
            let history = writers.histories.entry(apex).or_default();
            history.clear();
            for step in image.steps {
                history.push(step, bytes);
            }
        }
        Ok(done)
    }

    /// A copy, or a zone that is shared with other replicas, as it is shown now, with the steps that are
    /// known; none if nothing of it is answered.
    #[must_use]
    pub fn copied(&self, apex: &Name) -> Option<Copied> {
        let writers = self.lock();
        let (_, writer) = writers.zones.get(apex)?;
        let writer = writers.masks.get(apex).unwrap_or(writer);
        let history = writers.histories.get(apex);
        let is_copy = writers.copies.contains(apex) || self.fence.get().is_some();
        let is_shown = is_copy && writer.zone.withheld.is_none();
        is_shown.then(|| Copied {
            zone: Arc::new(writer.zone.clone()),
            steps: history.map(History::steps).unwrap_or_default(),
        })
    }

    /// Takes a copy to the version that steps lead to.
    ///
    /// # Errors
    /// When it has moved meanwhile, or what comes of it cannot be stored.
    pub fn apply_steps(&self, steps: Steps, serial: Serial) -> Result<Committed, StepsError> {
        let apex = steps.zone().apex.clone();
        let from = steps.zone().serial;
        let changes = steps.into_changes();
        let mut writers = self.lock();
        let Some((place, writer)) = writers.copy_mut(&apex) else {
            return Err(StoreError::NoZone { apex }.into());
        };
        if writer.zone.serial != from || writer.zone.withheld.is_some() {
            return Err(StepsError::Moved { apex });
        }
        for change in &changes {
            check_change(&writer.zone, change)?;
        }
        let before = writer.zone.clone();
        let changed = writer.apply(changes);
        writer.set_serial(serial);
        let zone = writer.zone.clone();
        let history = writers.histories.entry(apex).or_default();
        history.push(Step::at(&before, &zone, changed), zone.memory_bytes());
        let done = committed(&zone, true);
        self.publish(place, zone, before);
        Ok(done)
    }

    /// Says that nothing of a copy is to be answered any more, or that it is confirmed again. What it
    /// holds stays. Tells whether that is new.
    pub fn set_expired(&self, apex: &Name, expired: bool) -> bool {
        let mut writers = self.lock();
        let Some((place, writer)) = writers.copy_mut(apex) else {
            return false;
        };
        let wanted = expired.then_some(Withheld::Expired);
        if writer.zone.withheld == Some(Withheld::Absent) || writer.zone.withheld == wanted {
            return false;
        }
        let before = writer.zone.clone();
        writer.zone.withheld = wanted;
        self.publish(place, writer.zone.clone(), before);
        true
    }
}

impl Writers {
    /// The place of a copy, or of what is shown of a zone that another replica writes; and its writer.
    pub(crate) fn copy_mut(&mut self, apex: &Name) -> Option<(usize, &mut ZoneWriter)> {
        let (place, writer) = self.zones.get_mut(apex)?;
        let place = *place;
        if let Some(mask) = self.masks.get_mut(apex) {
            return Some((place, mask));
        }
        self.copies.contains(apex).then_some((place, writer))
    }
}

#[cfg(test)]
mod tests;
