//! The store: all zones, one writer each at a time, and the snapshot that readers answer from.
//!
//! ```text
//! propose → next version beside the current one → publish: one pointer swap
//! ```
//!
//! Readers never wait for writers, nor writers for readers. What a swap leaves behind is freed by a
//! thread of its own, so that neither an answer nor a commit pays for it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use wire::{Name, Serial};

use crate::assemble::assemble;
use crate::cow::CowVec;
use crate::credit::Hearer;
use crate::hash::HashKeys;
use crate::history::{History, Step};
use crate::journal::{Journal, JournalError, Position, Shown, Stored};
use crate::mask::Fence;
use crate::news::{Listeners, News};
use crate::propose::{StoreError, check_change};
use crate::publish::Reaper;
use crate::records::Records;
use crate::snapshot::{Apexes, Snapshot, Zone};
use crate::sum::Sum;
use crate::updater::UpdateTotals;
use crate::writer::{Change, ZoneWriter};

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
    pub(crate) current: ArcSwap<Snapshot>,
    writers: Mutex<Writers>,
    pub(crate) journal: OnceLock<Arc<dyn Journal>>,
    /// Held from when changes are in the journal until they are committed.
    unsettled: Mutex<()>,
    updates: UpdateTotals,
    /// The least serial that a version made now should have, if that depends on the time.
    pub(crate) least_serial: OnceLock<fn() -> Serial>,
    /// Told of each new version, by its apex.
    pub(crate) listeners: Listeners,
    /// Told of who wanted it.
    pub(crate) hearer: OnceLock<Hearer>,
    /// Whether what we write may be shown, where zones are shared with other replicas.
    pub(crate) fence: OnceLock<Fence>,
    pub(crate) reaper: Reaper,
}

#[derive(Debug, Default)]
pub(crate) struct Writers {
    /// By apex in lower case: the place in the snapshot and the writer's side.
    pub(crate) zones: HashMap<Name, (usize, ZoneWriter)>,
    /// By the same: what has changed lately.
    pub(crate) histories: HashMap<Name, History>,
    /// By the same: zones that are copies of other servers'.
    pub(crate) copies: HashSet<Name>,
    /// By the same: what is shown in the place of zones of ours that another replica writes.
    pub(crate) masks: HashMap<Name, ZoneWriter>,
    /// By the same: the highest serial that may be published.
    pub(crate) ceilings: HashMap<Name, Serial>,
    /// By the same: serials up to this one may have been shown, and the next version passes over them.
    pub(crate) passed: HashMap<Name, Serial>,
    /// By the same: the sum over what files or settings give, where zones are shared.
    pub(crate) files: HashMap<Name, Sum>,
    /// Those of them that only keep the place of a zone that could not be read.
    pub(crate) withheld: HashSet<Name>,
    /// By the same: what is stored of zones that are not served.
    pub(crate) stored: BTreeMap<Name, Stored>,
    /// Why the journal does not have all that is published.
    pub(crate) trouble: Option<Arc<JournalError>>,
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
        Self {
            keys,
            current: ArcSwap::from_pointee(snapshot),
            writers: Mutex::default(),
            journal: OnceLock::new(),
            unsettled: Mutex::new(()),
            listeners: Listeners::default(),
            hearer: OnceLock::new(),
            fence: OnceLock::new(),
            updates: UpdateTotals::default(),
            least_serial: OnceLock::new(),
            reaper: Reaper::start(),
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
        let files = self.is_shared().then(|| next.zone.sum());
        // What is judged by one version must not be committed to another.
        let _settled = self.settle();
        let mut writers = self.lock();
        if writers.copies.contains(&apex) {
            return Err(StoreError::IsCopy { apex });
        }
        if let Some(files) = files {
            writers.files.insert(apex.clone(), files);
        }
        self.step_back(&mut writers, &apex);
        // Its place was kept; in another one it would stand beside what keeps it.
        let kept = match writers.withheld.remove(&apex) {
            true => writers.zones.remove(&apex).map(|(place, _)| place),
            false => None,
        };
        let shown = writers.zones.get(&apex);
        let after = shown.map(|(_, writer)| self.next_serial(&writers, &apex, writer.zone.serial));
        if let Some(after) = after
            && let Some((place, writer)) = writers.zones.get_mut(&apex)
        {
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
                after
            });
            let zone = next.zone.clone();
            let done = committed(&zone, true);
            let sum = writer.sum;
            let old = std::mem::replace(writer, next).zone;
            writer.sum = sum;
            let step = Step::between(&old, &zone);
            self.note(&mut writers, &apex, zone.serial, &[]);
            self.remember(&mut writers, &zone, step);
            self.show(&writers, place, zone, old);
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
        let zone = self.shown_first(&mut writers, zone)?;
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
        self.step_back(&mut writers, apex);
        if recorded && writers.masks.contains_key(apex) {
            // Who sent it must not be told that it is done where nobody can see it.
            let apex = apex.clone();
            return Err(StoreError::Behind { apex });
        }
        let (_, writer) = writers.served(apex).ok_or_else(no_zone)?;
        for change in &changes {
            check_change(&writer.zone, change)?;
        }
        let next = self.next_serial(&writers, apex, writer.zone.serial);
        if !recorded {
            self.note(&mut writers, apex, next, &changes);
        }
        let (place, writer) = writers.zones.get_mut(apex).ok_or_else(no_zone)?;
        // Cloning shares everything; what the changes touch is copied.
        let before = writer.zone.clone();
        let changed = writer.apply(changes);
        let wanted = wanted.filter(|serial| serial.is_newer_than(before.serial));
        if changed.is_empty() && wanted.is_none() {
            return Ok(committed(&before, false));
        }
        writer.set_serial(wanted.unwrap_or(next));
        let (place, zone) = (*place, writer.zone.clone());
        let done = committed(&zone, true);
        let step = Step::at(&before, &zone, changed);
        self.remember(&mut writers, &zone, step);
        self.show(&writers, place, zone, before);
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
            let (place, zone) = (*place, writer.zone.clone());
            if !writers.masks.contains_key(apex) {
                // Who has a copy need not look again.
                self.publish_quietly(place, zone, before);
            }
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
        writers.masks.remove(apex);
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

    /// Whether the writers' side is free, or becomes so within this time: nobody holds it for longer than
    /// one commit takes.
    pub fn is_free_within(&self, patience: Duration) -> bool {
        let begin = Instant::now();
        loop {
            match self.writers.try_lock() {
                Err(TryLockError::WouldBlock) if begin.elapsed() > patience => return false,
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(STEP),
                // After a panic the last whole step stands.
                Ok(_) | Err(TryLockError::Poisoned(_)) => return true,
            }
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Writers> {
        // Writers change their side only by whole steps; after a panic the last one stands.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often it is looked whether a writer has come to its end.
const STEP: Duration = Duration::from_millis(5);

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
