//! Zones of ours that one of several replicas writes: the leader; the others show its copy.
//!
//! ```text
//! behind: transfers → mask ─→ shown          ours goes on beside it: files, what is stored
//! lead:   ours takes over what the mask has, with a later serial ─→ shown, one step from the mask
//! follow: what is shown becomes the mask
//! ```
//!
//! Invariants: a zone is answered at every moment of a change between the two, and its serial never
//! goes back. Nothing of ours is shown while the fence is shut. What the mask has and no file or update
//! gives is mostly of objects from then on: whoever knows these takes away what they do not ask for,
//! with all the care that deletes are due.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use wire::{Name, Rtype, Serial};

use crate::assemble::assemble;
use crate::durable::BLOCK;
use crate::history::Step;
use crate::journal::{Entry, JournalError};
use crate::key;
use crate::layer::Layer;
use crate::merge::owned;
use crate::node::Node;
use crate::propose::{StoreError, check_change};
use crate::records::{Place, Records};
use crate::snapshot::{Withheld, Zone};
use crate::store::{Committed, Store, Writers, committed, newer};
use crate::sum::Sum;
use crate::withhold::placeholder;
use crate::writer::{Change, ZoneWriter};

/// Tells whether what we write may be shown.
pub(crate) struct Fence(Box<dyn Fn() -> bool + Send + Sync>);

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fence")
    }
}

/// What a new leader knows of a zone.
pub struct Lead<'a> {
    /// The serial begins here or later.
    pub floor: Serial,
    /// All that updates have brought, if that is known.
    pub updates: Option<Vec<Change>>,
    /// Of which layer a record is that neither a file nor they give; none if it is to go.
    pub layer_of: &'a LayerOf<'a>,
    /// Where our files are older than those that gave what is shown: whether a record is of files. Then
    /// these are taken from what is shown, until ours are read again.
    pub of_files: Option<&'a OfFiles<'a>>,
}

/// Tells whether a record is of files, if no update has brought it.
pub type OfFiles<'a> = dyn Fn(&Name, Rtype) -> bool + 'a;

/// Tells of which layer a record is.
pub type LayerOf<'a> = dyn Fn(&Name, Rtype) -> Option<Layer> + 'a;

impl fmt::Debug for Lead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead")
            .field("floor", &self.floor)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// From now on zones of ours are shared with other replicas: nothing of one is shown before
    /// [`Self::lead`], and nothing new of it while `fence` says no. To be called once, before the first
    /// zone comes.
    pub fn share(&self, fence: impl Fn() -> bool + Send + Sync + 'static) {
        let first = self.fence.set(Fence(Box::new(fence)));
        debug_assert!(first.is_ok(), "zones are shared once");
    }

    /// Whether zones are shared.
    pub(crate) fn is_shared(&self) -> bool {
        self.fence.get().is_some()
    }

    /// What files and settings give of each zone of ours that is shared, as a sum over its records: copies
    /// of the program with the same files have the same ones.
    #[must_use]
    pub fn files(&self) -> BTreeMap<Name, Sum> {
        let writers = self.lock();
        let files = writers.files.iter();
        let files = files.filter(|(apex, _)| writers.zones.contains_key(*apex));
        files.map(|(apex, sum)| (apex.clone(), *sum)).collect()
    }

    /// Zones of ours that another replica writes, or nobody, in lower case.
    #[must_use]
    pub fn behind(&self) -> Vec<Name> {
        self.lock().masks.keys().cloned().collect()
    }

    /// Whether a zone of ours is written by another replica, or by nobody.
    #[must_use]
    pub fn is_behind(&self, apex: &Name) -> bool {
        self.lock().masks.contains_key(apex)
    }

    /// Writes a zone from now on, beginning with what is shown of it. Gives what is shown then; nothing
    /// if it is no zone of ours, if none of its contents are known, or if the fence is shut.
    ///
    /// # Errors
    /// When what updates have brought does not fit the zone; all is as before.
    pub fn lead(&self, apex: &Name, lead: Lead<'_>) -> Result<Option<Committed>, StoreError> {
        let _settled = self.settle();
        let mut writers = self.lock();
        let unread = writers.withheld.contains(apex);
        if unread || !self.fence.get().is_some_and(|fence| (fence.0)()) {
            return Ok(None);
        }
        let Writers { zones, masks, .. } = &mut *writers;
        let (Some((place, writer)), Some(mask)) = (zones.get_mut(apex), masks.get(apex)) else {
            return Ok(None);
        };
        let (place, shown) = (*place, mask.zone.clone());
        let known = shown.withheld != Some(Withheld::Absent);
        let updates = lead.updates;
        if let (Some(of_files), true) = (lead.of_files, known) {
            let records = transferred(&shown, updates.as_deref().unwrap_or_default(), of_files);
            let (zone, depths) = assemble(&records, self.keys)?;
            let mut next = ZoneWriter::new(zone, depths);
            next.apply(writer.contributions());
            next.set_serial(writer.zone.serial);
            next.zone.incomplete = writer.zone.incomplete;
            *writer = next;
        }
        let told = updates.is_some();
        if told || known {
            let mut changes = without(writer, |layer| match layer {
                Layer::Override | Layer::Dynamic => true,
                Layer::Static | Layer::Synced => false,
            });
            changes.extend(updates.unwrap_or_default());
            for change in &changes {
                check_change(&writer.zone, change)?;
            }
            writer.apply(changes);
        }
        if known {
            let changes = adopted(&writer.zone, &shown, lead.layer_of);
            writer.apply(changes);
            writer.zone.incomplete = false;
        }
        writer.set_serial(first_serial(writer, &shown, lead.floor));
        let zone = writer.zone.clone();
        if self.journal.get().is_some() {
            writer.sum = zone.sum();
        }
        let done = committed(&zone, true);
        // What was told is stored where that is known from.
        let noted = match told {
            true => Vec::new(),
            false => writer.contributions(),
        };
        writers.masks.remove(apex);
        self.note(&mut writers, apex, zone.serial, &noted);
        let history = writers.histories.entry(apex.clone()).or_default();
        match known {
            true => drop(history.push(Step::between(&shown, &zone), zone.memory_bytes())),
            false => history.clear(),
        }
        self.publish(place, zone, shown);
        Ok(Some(done))
    }

    /// Makes the serials durable that [`Self::lead`] begins with, for all zones at once: it would do so one
    /// after the other, while nobody else writes.
    ///
    /// # Errors
    /// When the journal does not do it.
    pub fn reserve(&self, floor: Serial) -> Result<(), JournalError> {
        let Some(journal) = self.journal.get() else {
            return Ok(());
        };
        let (mut position, mut raised) = (None, Vec::new());
        {
            let writers = self.lock();
            for (apex, mask) in &writers.masks {
                let Some((_, writer)) = writers.served(apex) else {
                    continue;
                };
                let first = first_serial(writer, &mask.zone, floor);
                let serial = Serial(first.0.wrapping_add(BLOCK));
                let entry = Entry::Ceiling { zone: apex, serial };
                position = Some(journal.append(entry)?);
                raised.push((apex.clone(), serial));
            }
        }
        if let Some(position) = position {
            journal.flush(position)?;
        }
        self.lock().ceilings.extend(raised);
        Ok(())
    }

    /// Lets another replica write a zone; what is shown of it stays until that one's copy comes. Tells
    /// whether we wrote it.
    pub fn follow(&self, apex: &Name) -> bool {
        let _settled = self.settle();
        self.lock().put_mask(apex)
    }

    /// Shows what we know of a zone that nobody writes, where there is nothing better. Tells whether
    /// anything is new.
    pub fn show_own(&self, apex: &Name) -> bool {
        let mut writers = self.lock();
        let absent = |mask: &ZoneWriter| mask.zone.withheld == Some(Withheld::Absent);
        if writers.withheld.contains(apex) || !writers.masks.get(apex).is_some_and(absent) {
            return false;
        }
        let Some((place, writer)) = writers.zones.get(apex) else {
            return false;
        };
        let (place, next) = (*place, writer.mask());
        let zone = next.zone.clone();
        let old = writers.masks.insert(apex.clone(), next);
        writers.histories.remove(apex);
        if let Some(old) = old {
            self.publish(place, zone, old.zone);
        }
        true
    }

    /// Puts a mask before a zone that we may not show any more.
    pub(crate) fn step_back(&self, writers: &mut Writers, apex: &Name) {
        if self.fence.get().is_some_and(|fence| !(fence.0)()) {
            writers.put_mask(apex);
        }
    }

    /// What is shown of a zone that has just come: nothing of it, where zones are shared.
    pub(crate) fn shown_first(
        &self,
        writers: &mut Writers,
        zone: Zone,
    ) -> Result<Zone, StoreError> {
        if self.fence.get().is_none() {
            return Ok(zone);
        }
        let apex = zone.apex;
        if let Some(mask) = writers.masks.get(&apex) {
            return Ok(mask.zone.clone());
        }
        let (absent, depths) = placeholder(&apex, self.keys)?;
        writers.histories.remove(&apex);
        writers
            .masks
            .insert(apex, ZoneWriter::new(absent.clone(), depths));
        Ok(absent)
    }
}

impl Writers {
    /// Makes what is shown of a zone of ours its mask. Tells whether it had none.
    fn put_mask(&mut self, apex: &Name) -> bool {
        if self.masks.contains_key(apex) || self.copies.contains(apex) {
            return false;
        }
        let Some((_, writer)) = self.zones.get(apex) else {
            return false;
        };
        let mask = writer.mask();
        self.masks.insert(apex.clone(), mask);
        true
    }
}

/// The serial that a new leader begins with: beyond all that the one before it may have shown.
fn first_serial(writer: &ZoneWriter, shown: &Zone, floor: Serial) -> Serial {
    let ours = newer(writer.zone.serial, floor);
    match shown.withheld {
        Some(Withheld::Absent) => ours,
        Some(Withheld::Expired) | None => newer(Serial(shown.serial.0.wrapping_add(BLOCK)), ours),
    }
}

/// What takes away all that some layers say.
fn without(writer: &ZoneWriter, is_gone: impl Fn(Layer) -> bool) -> Vec<Change> {
    let mut changes = writer.contributions();
    changes.retain(|change| is_gone(change.layer));
    for change in &mut changes {
        change.rrset = None;
    }
    changes
}

/// What is shown and of files.
fn transferred(shown: &Zone, updates: &[Change], of_files: &OfFiles<'_>) -> Records {
    let updated: HashSet<(&Name, Rtype)> = updates
        .iter()
        .map(|change| (&change.owner, change.rtype))
        .collect();
    let mut records = Records::new(shown.apex.clone());
    for (owner, rrset) in shown.rrsets() {
        let rtype = rrset.rtype();
        let is_apex = rtype == Rtype::SOA;
        if !is_apex && (updated.contains(&(&owner, rtype)) || !of_files(&owner, rtype)) {
            continue;
        }
        for rdata in rrset.rdatas() {
            records.push(owner.as_ref(), rtype, rrset.ttl(), rdata, Place::default());
        }
    }
    records.sort();
    records
}

/// What makes ours show what is shown, but for what files and updates say.
fn adopted(ours: &Zone, shown: &Zone, layer_of: &LayerOf<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut olds, mut news) = (ours.nodes().peekable(), shown.nodes().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => key::cmp(old.owner(), new.owner()),
        };
        let old = order.is_le().then(|| olds.next()).flatten();
        let new = order.is_ge().then(|| news.next()).flatten();
        let Some(node) = old.or(new) else {
            return changes;
        };
        let owner = ours.absolute(node.owner());
        let before: BTreeMap<Rtype, Layer> = old
            .map(Node::rrsets)
            .into_iter()
            .flatten()
            .map(|rrset| (rrset.rtype(), rrset.layer()))
            .collect();
        let after = new.map(Node::rrsets).into_iter().flatten();
        let mut kept = Vec::new();
        for rrset in after.filter(|rrset| rrset.rtype() != Rtype::SOA) {
            let ours = before.get(&rrset.rtype());
            if ours.is_some_and(|layer| *layer != Layer::Synced) {
                continue;
            }
            let Some(layer) = layer_of(&owner, rrset.rtype()) else {
                continue;
            };
            if layer == Layer::Synced {
                kept.push(rrset.rtype());
            }
            changes.push(Change {
                owner: owner.clone(),
                rtype: rrset.rtype(),
                layer,
                rrset: Some(owned(rrset)),
            });
        }
        let gone = before
            .iter()
            .filter(|(rtype, layer)| **layer == Layer::Synced && !kept.contains(rtype));
        changes.extend(gone.map(|(rtype, layer)| Change {
            owner: owner.clone(),
            rtype: *rtype,
            layer: *layer,
            rrset: None,
        }));
    }
}

#[cfg(test)]
mod tests;
