//! The store: all zones, one writer each at a time, and the snapshot that readers answer from.
//!
//! ```text
//! propose → next version beside the current one → publish: one pointer swap
//! ```
//!
//! Readers never wait for writers, nor writers for readers. What a swap leaves behind is freed by a
//! thread of its own, so that neither an answer nor a commit pays for it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::{ArcSwap, Guard};
use wire::{Name, Rtype, Serial};

use crate::assemble::assemble;
use crate::cow::CowVec;
use crate::hash::HashKeys;
use crate::history::{History, Step};
use crate::journal::{Journal, JournalError, Position, Shown, Stored};
use crate::layer::Layer;
use crate::news::{Listeners, News};
use crate::records::Records;
use crate::snapshot::{Apexes, Snapshot, Zone};
use crate::updater::UpdateTotals;
use crate::writer::{Change, ZoneWriter};

/// Why a proposal was not taken. The store is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The zone is a copy of another server's, and changes as that one does.
    #[error("zone \"{apex}\" is a copy of another server's zone, and changes with that one only")]
    IsCopy {
        /// The zone.
        apex: Name,
    },
    /// There is not exactly one SOA at the apex.
    #[error("zone \"{apex}\" needs exactly one SOA record at its apex")]
    NoSoa {
        /// The zone.
        apex: Name,
    },
    /// No zone has this apex.
    #[error("zone \"{apex}\" is not served here")]
    NoZone {
        /// The zone.
        apex: Name,
    },
    /// A change is for a name of another zone.
    #[error("\"{owner}\" is not in zone \"{apex}\"")]
    OutOfZone {
        /// The zone.
        apex: Name,
        /// The name.
        owner: Name,
    },
    /// More records in an RRset, or more types at a name, than can be stored.
    #[error("\"{owner}\" {rtype}: more than 65,535 records, or more than 255 types at the name")]
    TooBig {
        /// The name.
        owner: Name,
        /// The type.
        rtype: Rtype,
    },
    /// More names than the indexes can number.
    #[error("zone \"{apex}\" has more names than can be stored (about 600 million)")]
    TooManyNames {
        /// The zone.
        apex: Name,
    },
}

/// What a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The serial from now on.
    pub serial: Serial,
    /// Records in the zone from now on.
    pub records: usize,
    /// Whether anything has changed; if not, nothing was published.
    pub changed: bool,
}

/// All zones of this process.
#[derive(Debug)]
pub struct Store {
    pub(crate) keys: HashKeys,
    current: ArcSwap<Snapshot>,
    writers: Mutex<Writers>,
    pub(crate) journal: OnceLock<Arc<dyn Journal>>,
    /// Held from when changes are in the journal until they are committed.
    unsettled: Mutex<()>,
    updates: UpdateTotals,
    /// Told of each new version, by its apex.
    pub(crate) listeners: Listeners,
    reaper: SyncSender<Garbage>,
}

#[derive(Debug, Default)]
pub(crate) struct Writers {
    /// By apex in lower case: the place in the snapshot and the writer's side.
    pub(crate) zones: HashMap<Name, (usize, ZoneWriter)>,
    /// By the same: what has changed lately.
    pub(crate) histories: HashMap<Name, History>,
    /// By the same: zones that are copies of other servers'.
    pub(crate) copies: HashSet<Name>,
    /// By the same: the highest serial that may be published.
    pub(crate) ceilings: HashMap<Name, Serial>,
    /// Those of them that only keep the place of a zone that could not be read.
    pub(crate) withheld: HashSet<Name>,
    /// By the same: what is stored of zones that are not served.
    pub(crate) stored: BTreeMap<Name, Stored>,
    /// Why the journal does not have all that is published.
    pub(crate) trouble: Option<JournalError>,
    /// Whether the journal has more than what is published.
    pub(crate) spoiled: bool,
    /// Whether all is being written anew because of that.
    pub(crate) renewing: bool,
    /// The last word to the journal that may not be durable.
    pub(crate) said: Option<Position>,
    /// Those of which updates are refused.
    pub(crate) frozen: HashSet<Name>,
    /// The serials of before are lost: zones begin with later ones than their files say, and not below
    /// this one.
    pub(crate) serials_lost: Option<Serial>,
}

/// A version of a zone, and the steps that lead to it from an earlier one.
#[derive(Debug)]
pub struct Since {
    /// The current version.
    pub zone: Arc<Zone>,
    /// The steps to it from the serial that was asked for; none if they are not known any more.
    pub steps: Option<Vec<Arc<Step>>>,
}

/// What the serial is that records come with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// Somebody wants it.
    Given,
    /// It was made up.
    Made,
}

/// What a swap leaves behind; dropping it may free many pages.
type Garbage = (Arc<Snapshot>, Option<Zone>);

impl Store {
    /// An empty store; hashes are keyed with the seed.
    #[must_use]
    pub fn new(seed: [u64; 2]) -> Self {
        let keys = HashKeys::new(seed);
        let snapshot = Snapshot {
            keys,
            zones: CowVec::from_vec(Vec::new()),
            apexes: Arc::new(Apexes::new(&[])),
        };
        // The bound only keeps a burst of commits from holding many old versions: past it, the
        // writer frees by itself.
        let (reaper, garbage) = sync_channel::<Garbage>(64);
        let named = std::thread::Builder::new().name("zone-reaper".to_owned());
        // Without the thread the channel is closed, and old versions are freed in place.
        let thread = named.spawn(move || garbage.into_iter().for_each(drop));
        drop(thread);
        Self {
            keys,
            current: ArcSwap::from_pointee(snapshot),
            writers: Mutex::default(),
            journal: OnceLock::new(),
            unsettled: Mutex::new(()),
            listeners: Listeners::default(),
            updates: UpdateTotals::default(),
            reaper,
        }
    }

    /// The keys of all hashes.
    #[must_use]
    pub fn keys(&self) -> HashKeys {
        self.keys
    }

    /// The current contents. Hold the guard for one batch, not while waiting.
    #[must_use]
    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Adds a zone, or replaces the static layer of one. The records must be sorted.
    ///
    /// The serial of the file is a floor: contents that change under a serial that does not grow
    /// get the next serial, since secondaries and caches would not see them otherwise.
    ///
    /// # Errors
    /// When the records make no zone; the contents before stay.
    pub fn replace_static(&self, records: &Records) -> Result<Committed, StoreError> {
        self.replace(records, Floor::Given)
    }

    /// As [`Self::replace_static`], where the serial was made up: it only counts if what is in the zone
    /// is new.
    ///
    /// # Errors
    /// When the records make no zone; the contents before stay.
    pub fn replace_made(&self, records: &Records) -> Result<Committed, StoreError> {
        self.replace(records, Floor::Made)
    }

    fn replace(&self, records: &Records, kind: Floor) -> Result<Committed, StoreError> {
        // The long part is done before the lock: other zones' writers do not wait for it.
        let (zone, depths) = assemble(records, self.keys)?;
        let apex = zone.apex.clone();
        let mut next = ZoneWriter::new(zone, depths);
        if self.journal.get().is_some() {
            next.sum = next.zone.sum();
        }
        // What is judged by one version must not be committed to another.
        let _settled = self.settle();
        let mut writers = self.lock();
        if writers.copies.contains(&apex) {
            return Err(StoreError::IsCopy { apex });
        }
        // Its place was kept; in another one it would stand beside what keeps it.
        let kept = match writers.withheld.remove(&apex) {
            true => writers.zones.remove(&apex).map(|(place, _)| place),
            false => None,
        };
        if let Some((place, writer)) = writers.zones.get_mut(&apex) {
            let place = *place;
            next.apply(writer.contributions());
            let (before, floor) = (writer.zone.serial, next.zone.serial);
            next.set_serial(before);
            next.zone.incomplete = writer.zone.incomplete;
            let stays = kind == Floor::Made || !floor.is_newer_than(before);
            if stays && same_contents(&writer.zone, &next.zone) {
                return Ok(committed(&writer.zone, false));
            }
            next.set_serial(if floor.is_newer_than(before) {
                floor
            } else {
                before.next()
            });
            let zone = next.zone.clone();
            let done = committed(&zone, true);
            let sum = writer.sum;
            let old = std::mem::replace(writer, next).zone;
            writer.sum = sum;
            let step = Step::between(&old, &zone);
            self.note(&mut writers, &apex, zone.serial, &[]);
            self.remember(&mut writers, &zone, step);
            self.publish(place, zone, old);
            return Ok(done);
        }
        if let Some(stored) = writers.stored.remove(&apex) {
            self.resume(&mut writers, &mut next, stored, kind);
        } else if let Some(now) = writers.serials_lost {
            let serial = Serial(next.zone.serial.0.wrapping_add(2 * crate::durable::BLOCK));
            next.set_serial(newer(serial, now));
        }
        let zone = next.zone.clone();
        let done = committed(&zone, true);
        let shown = Shown {
            serial: zone.serial,
            sum: next.sum,
        };
        self.say_shown(&mut writers, &apex, shown);
        let place = kept.unwrap_or_else(|| free_place(&writers));
        writers.zones.insert(apex.clone(), (place, next));
        self.publish_apexes(place, &apex, Some(zone), &writers, News::Came);
        Ok(done)
    }

    /// Applies changes of the layers to a zone: all of them in one version, or none.
    ///
    /// # Errors
    /// When there is no such zone, or a change cannot be stored.
    pub fn commit(&self, apex: &Name, changes: Vec<Change>) -> Result<Committed, StoreError> {
        self.commit_at(apex, changes, None, false)
    }

    /// As [`Self::commit`], for what the journal has already; the next version gets this serial, if
    /// it is newer.
    pub(crate) fn commit_recorded(
        &self,
        apex: &Name,
        changes: Vec<Change>,
        wanted: Option<Serial>,
    ) -> Result<Committed, StoreError> {
        self.commit_at(apex, changes, wanted, true)
    }

    fn commit_at(
        &self,
        apex: &Name,
        changes: Vec<Change>,
        wanted: Option<Serial>,
        recorded: bool,
    ) -> Result<Committed, StoreError> {
        let mut writers = self.lock();
        let no_zone = || StoreError::NoZone { apex: apex.clone() };
        if writers.copies.contains(apex) {
            let apex = apex.clone();
            return Err(StoreError::IsCopy { apex });
        }
        let (_, writer) = writers.served(apex).ok_or_else(no_zone)?;
        for change in &changes {
            check_change(&writer.zone, change)?;
        }
        if !recorded {
            let serial = writer.zone.serial.next();
            self.note(&mut writers, apex, serial, &changes);
        }
        let (place, writer) = writers.zones.get_mut(apex).ok_or_else(no_zone)?;
        // Cloning shares everything; what the changes touch is copied.
        let before = writer.zone.clone();
        let changed = writer.apply(changes);
        let wanted = wanted.filter(|serial| serial.is_newer_than(before.serial));
        if changed.is_empty() && wanted.is_none() {
            return Ok(committed(&before, false));
        }
        writer.set_serial(wanted.unwrap_or_else(|| before.serial.next()));
        let (place, zone) = (*place, writer.zone.clone());
        let done = committed(&zone, true);
        let step = Step::at(&before, &zone, changed);
        self.remember(&mut writers, &zone, step);
        self.publish(place, zone, before);
        Ok(done)
    }

    /// Says whether what is not in a zone may yet come. Its serial stays: nothing in it changes.
    /// Tells whether there is such a zone.
    pub fn set_incomplete(&self, apex: &Name, incomplete: bool) -> bool {
        let mut writers = self.lock();
        let Some((place, writer)) = writers.zones.get_mut(apex) else {
            return false;
        };
        if writer.zone.incomplete != incomplete {
            let before = writer.zone.clone();
            writer.zone.incomplete = incomplete;
            // Who has a copy need not look again.
            self.publish_quietly(*place, writer.zone.clone(), before);
        }
        true
    }

    /// Takes a zone out; tells whether there was one.
    pub fn remove(&self, apex: &Name) -> bool {
        let _settled = self.settle();
        let mut writers = self.lock();
        if writers.copies.contains(apex) {
            return false;
        }
        let Some((place, writer)) = writers.zones.remove(apex) else {
            return false;
        };
        // It may come back, with the serials that were seen of it.
        if !writers.withheld.remove(apex) {
            let stored = writers.state_of(apex, &writer);
            writers.stored.insert(apex.clone(), stored);
        }
        writers.histories.remove(apex);
        writers.frozen.remove(apex);
        self.publish_apexes(place, apex, None, &writers, News::Gone);
        true
    }

    /// What became of updates so far.
    #[must_use]
    pub fn updates(&self) -> &UpdateTotals {
        &self.updates
    }

    /// Waits until all that is in the journal is committed, and keeps it so.
    pub(crate) fn settle(&self) -> MutexGuard<'_, ()> {
        self.unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Writers> {
        // Writers change their side only by whole steps; after a panic the last one stands.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the next version of the zone at a place.
    pub(crate) fn publish(&self, place: usize, zone: Zone, old: Zone) {
        let apex = zone.apex.clone();
        self.publish_quietly(place, zone, old);
        self.listeners.say(&apex, News::Changed);
    }

    /// As [`Self::publish`], and tells nobody.
    pub(crate) fn publish_quietly(&self, place: usize, zone: Zone, old: Zone) {
        let mut next = Snapshot::clone(&self.current.load());
        put(&mut next, place, Some(zone));
        self.swap(next, Some(old));
    }

    /// As [`Self::publish`], when a zone has come or gone.
    pub(crate) fn publish_apexes(
        &self,
        place: usize,
        apex: &Name,
        zone: Option<Zone>,
        writers: &Writers,
        news: News,
    ) {
        let mut next = Snapshot::clone(&self.current.load());
        let of = |zone: &Zone, place| (zone.apex_hash, zone.apex_labels, place);
        let apexes = match &zone {
            // With a thousand zones to load, the table is not made anew for each of them.
            Some(zone) => next.apexes.with(of(zone, place), writers.zones.len()),
            None => {
                let left = writers.zones.values();
                let left = left.map(|(place, writer)| of(&writer.zone, *place));
                Apexes::new(&left.collect::<Vec<_>>())
            }
        };
        next.apexes = Arc::new(apexes);
        put(&mut next, place, zone);
        self.swap(next, None);
        self.listeners.say(apex, news);
    }

    fn swap(&self, next: Snapshot, old: Option<Zone>) {
        let garbage = (self.current.swap(Arc::new(next)), old);
        match self.reaper.try_send(garbage) {
            Ok(()) => {}
            Err(TrySendError::Full(garbage) | TrySendError::Disconnected(garbage)) => drop(garbage),
        }
    }
}

impl Writers {
    /// A zone of which there is more than its place.
    pub(crate) fn served(&self, apex: &Name) -> Option<&(usize, ZoneWriter)> {
        let zone = self.zones.get(apex)?;
        (!self.withheld.contains(apex)).then_some(zone)
    }
}

/// The newer of two serials.
pub(crate) fn newer(left: Serial, right: Serial) -> Serial {
    if right.is_newer_than(left) {
        right
    } else {
        left
    }
}

/// The first place that no zone has.
pub(crate) fn free_place(writers: &Writers) -> usize {
    let mut taken = vec![false; writers.zones.len()];
    for (place, _) in writers.zones.values() {
        if let Some(taken) = taken.get_mut(*place) {
            *taken = true;
        }
    }
    let free = taken.iter().position(|taken| !taken);
    free.unwrap_or(taken.len())
}

fn put(snapshot: &mut Snapshot, place: usize, zone: Option<Zone>) {
    while snapshot.zones.len() <= place {
        snapshot.zones.push(None);
    }
    if let Some(slot) = snapshot.zones.get_mut(place) {
        *slot = zone.map(Arc::new);
    }
}

pub(crate) fn committed(zone: &Zone, changed: bool) -> Committed {
    Committed {
        serial: zone.serial,
        records: zone.records,
        changed,
    }
}

/// Whether two versions hold the same names and records.
pub(crate) fn same_contents(left: &Zone, right: &Zone) -> bool {
    left.records == right.records
        && left.names == right.names
        && left
            .nodes()
            .zip(right.nodes())
            .all(|(left, right)| left.entry() == right.entry())
}

pub(crate) fn check_change(zone: &Zone, change: &Change) -> Result<(), StoreError> {
    if !change.owner.as_ref().is_at_or_below(zone.apex.as_ref()) {
        let apex = zone.apex.clone();
        return Err(StoreError::OutOfZone {
            apex,
            owner: change.owner.clone(),
        });
    }
    // It would take the place of the SOA.
    if change.layer < Layer::Static && change.rtype == Rtype::CNAME && change.owner == zone.apex {
        let apex = zone.apex.clone();
        return Err(StoreError::NoSoa { apex });
    }
    let too_big = change.rrset.as_ref().is_some_and(|rrset| {
        rrset.rdatas.len() > usize::from(u16::MAX)
            || rrset
                .rdatas
                .iter()
                .any(|rdata| rdata.len() > usize::from(u16::MAX))
    });
    if too_big {
        return Err(StoreError::TooBig {
            owner: change.owner.clone(),
            rtype: change.rtype,
        });
    }
    Ok(())
}
