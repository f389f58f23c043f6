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
use wire::update::Update;
use wire::{Name, Rtype, Serial};

use crate::assemble::assemble;
use crate::cow::CowVec;
use crate::hash::HashKeys;
use crate::hidden::{Hidden, View};
use crate::history::{History, Step};
use crate::journal::{Entry, Journal, JournalError, Stored};
use crate::layer::Layer;
use crate::news::{Listeners, News};
use crate::records::Records;
use crate::snapshot::{Apexes, Snapshot, Zone};
use crate::update::{self, Effect, Permit, Refusal};
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
    journal: OnceLock<Arc<dyn Journal>>,
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
    ceilings: HashMap<Name, Serial>,
    /// Those of them that only keep the place of a zone that could not be read.
    pub(crate) withheld: HashSet<Name>,
    /// By the same: what is stored of zones that are not served.
    stored: BTreeMap<Name, Stored>,
    /// Why the journal does not have all that is published.
    trouble: Option<JournalError>,
    /// Whether the journal has more than what is published.
    spoiled: bool,
    /// Whether all is being written anew because of that.
    renewing: bool,
    /// The serials of before are lost: zones begin with later ones than their files say, and not below
    /// this one.
    serials_lost: Option<Serial>,
}

/// A version of a zone, and the steps that lead to it from an earlier one.
#[derive(Debug)]
pub struct Since {
    /// The current version.
    pub zone: Arc<Zone>,
    /// The steps to it from the serial that was asked for; none if they are not known any more.
    pub steps: Option<Vec<Arc<Step>>>,
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
        // The long part is done before the lock: other zones' writers do not wait for it.
        let (zone, depths) = assemble(records, self.keys)?;
        let apex = zone.apex.clone();
        let mut next = ZoneWriter::new(zone, depths);
        // What is judged by one version must not be committed to another.
        let _settled = self.settle();
        let mut writers = self.lock();
        if writers.copies.contains(&apex) {
            return Err(StoreError::IsCopy { apex });
        }
        if writers.withheld.remove(&apex) {
            writers.zones.remove(&apex);
        }
        if let Some((place, writer)) = writers.zones.get_mut(&apex) {
            let place = *place;
            next.apply(writer.contributions());
            let (before, floor) = (writer.zone.serial, next.zone.serial);
            next.set_serial(before);
            next.zone.incomplete = writer.zone.incomplete;
            if same_contents(&writer.zone, &next.zone) && !floor.is_newer_than(before) {
                return Ok(committed(&writer.zone, false));
            }
            next.set_serial(if floor.is_newer_than(before) {
                floor
            } else {
                before.next()
            });
            let zone = next.zone.clone();
            let done = committed(&zone, true);
            let old = std::mem::replace(writer, next).zone;
            if !zone.incomplete {
                let history = writers.histories.entry(apex.clone()).or_default();
                history.push(Step::between(&old, &zone), zone.memory_bytes());
            }
            self.note(&mut writers, &apex, zone.serial, &[]);
            self.publish(place, Some(zone), Some(old));
            return Ok(done);
        }
        if let Some(stored) = writers.stored.remove(&apex) {
            let floor = next.zone.serial;
            next.apply(stored.changes);
            // What the file said under the last serial is not known here: if it says something else
            // now, nobody must take that for what they have.
            if !floor.is_newer_than(stored.serial) {
                next.set_serial(stored.serial.next());
            }
            writers.ceilings.insert(apex.clone(), stored.ceiling);
            if next.zone.serial != floor {
                self.note(&mut writers, &apex, next.zone.serial, &[]);
            }
        } else if let Some(now) = writers.serials_lost {
            let serial = Serial(next.zone.serial.0.wrapping_add(2 * BLOCK));
            next.set_serial(newer(serial, now));
        }
        let zone = next.zone.clone();
        let done = committed(&zone, true);
        let place = free_place(&writers);
        writers.zones.insert(apex.clone(), (place, next));
        self.publish_apexes(place, &apex, Some(zone), &writers);
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
        // Of a zone that is not whole yet nobody has a copy, and its first records would be there
        // twice.
        if !zone.incomplete {
            let history = writers.histories.entry(zone.apex.clone()).or_default();
            history.push(Step::at(&before, &zone, changed), zone.memory_bytes());
        }
        self.publish(place, Some(zone), Some(before));
        Ok(done)
    }

    /// What an UPDATE would do to the current version of its zone.
    ///
    /// # Errors
    /// When it must not be carried out, with what to tell the client.
    pub fn evaluate(&self, update: &Update, permit: &dyn Permit) -> Result<Effect, Refusal> {
        let writers = self.lock();
        if writers.withheld.contains(&update.zone) {
            let reason = format!("zone \"{}\" could not be read", update.zone);
            return Err(Refusal::new(wire::Rcode::SERVFAIL, reason));
        }
        match writers.zones.get(&update.zone) {
            Some(_) if writers.copies.contains(&update.zone) => Err(Refusal::new(
                wire::Rcode::NOTAUTH,
                format!("zone \"{}\" is a copy of another server's", update.zone),
            )),
            Some((_, writer)) => {
                let effect = update::evaluate(writer, update, permit)?;
                for change in &effect.changes {
                    let checked = check_change(&writer.zone, change);
                    checked
                        .map_err(|error| Refusal::new(wire::Rcode::REFUSED, error.to_string()))?;
                }
                Ok(effect)
            }
            None => Err(Refusal::new(
                wire::Rcode::NOTAUTH,
                format!("zone \"{}\" is not served here", update.zone),
            )),
        }
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
            self.publish(*place, Some(writer.zone.clone()), Some(before));
        }
        true
    }

    /// What one layer says of a zone, shown or hidden, as the changes that would say it.
    #[must_use]
    pub fn layer(&self, apex: &Name, layer: Layer) -> Vec<Change> {
        let writers = self.lock();
        let Some((_, writer)) = writers.zones.get(apex) else {
            return Vec::new();
        };
        let mut changes = writer.contributions();
        changes.retain(|change| change.layer == layer);
        changes
    }

    /// What a layer says of a zone and nobody is answered, with what hides it.
    #[must_use]
    pub fn hidden(&self, apex: &Name, layer: Layer) -> Vec<Hidden> {
        let view = self.view(apex, layer, None);
        view.map_or_else(Vec::new, |view| view.all(apex.as_ref()))
    }

    /// The same of one name.
    #[must_use]
    pub fn hidden_at(&self, apex: &Name, owner: &Name, layer: Layer) -> Vec<Hidden> {
        let lower = owner.as_ref().to_lowercase();
        let below = lower.as_bytes().len().checked_sub(apex.as_bytes().len());
        let relative = below.and_then(|len| lower.as_bytes().get(..len));
        let view = relative.and_then(|owner| self.view(apex, layer, Some(owner)));
        view.map_or_else(Vec::new, |view| view.at(apex.as_ref(), lower.as_ref()))
    }

    /// A zone with what does not show in it. Both are of one instant; judging takes no lock.
    fn view(&self, apex: &Name, layer: Layer, owner: Option<&[u8]>) -> Option<View> {
        let writers = self.lock();
        let (_, writer) = writers.served(apex)?;
        Some(View {
            snapshot: self.current.load_full(),
            losers: writer.losers(layer, owner),
            layer,
        })
    }

    /// The current version of a zone with the steps that lead to it from a serial.
    #[must_use]
    pub fn since(&self, apex: &Name, serial: Serial) -> Option<Since> {
        let writers = self.lock();
        let (place, _) = writers.served(apex)?;
        let zone = self.current.load().zones.get(*place)?.clone()?;
        let steps = match writers.histories.get(apex) {
            _ if zone.serial == serial => Some(Vec::new()),
            Some(history) => history.since(serial),
            None => None,
        };
        Some(Since { zone, steps })
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
        writers.histories.remove(apex);
        // It may come back, with the serials that were seen of it.
        if !writers.withheld.remove(apex) {
            let stored = writers.state_of(apex, &writer);
            writers.stored.insert(apex.clone(), stored);
        }
        self.publish_apexes(place, apex, None, &writers);
        true
    }

    /// From now on keeps what the layers say in a journal; zones begin with what it has of them.
    /// To be called once, before the first zone comes.
    pub fn keep_in(&self, journal: Arc<dyn Journal>, recovered: BTreeMap<Name, Stored>) {
        self.lock().stored = recovered;
        let first = self.journal.set(journal);
        debug_assert!(first.is_ok(), "a store has one journal");
    }

    /// What was stored is lost, with the serials that others have seen. To be called before the first
    /// zone comes, with the time in seconds since 1970, which serials often are.
    pub fn lose_serials(&self, now: Serial) {
        self.lock().serials_lost = Some(now);
    }

    /// Tells the journal the serial of each zone: the last word before it is closed. What it has of
    /// commits may be lower where two came at the same time.
    pub fn note_serials(&self) {
        let _settled = self.settle();
        let mut writers = self.lock();
        let serials: Vec<(Name, Serial)> = writers
            .zones
            .iter()
            .filter(|(apex, _)| writers.ceilings.contains_key(*apex))
            .map(|(apex, (_, writer))| (apex.clone(), writer.zone.serial))
            .collect();
        for (apex, serial) in serials {
            self.note(&mut writers, &apex, serial, &[]);
        }
    }

    /// How often the journal was made durable so far.
    #[must_use]
    pub fn journal_flushes(&self) -> Option<u64> {
        self.journal.get().map(|journal| journal.flushes())
    }

    /// What became of updates so far.
    #[must_use]
    pub fn updates(&self) -> &UpdateTotals {
        &self.updates
    }

    /// Why the journal does not have all that is published, if so.
    #[must_use]
    pub fn journal_trouble(&self) -> Option<String> {
        let writers = self.lock();
        writers.trouble.as_ref().map(ToString::to_string)
    }

    /// Makes changes durable that are about to be committed.
    pub(crate) fn record<'c>(
        &self,
        batches: impl Iterator<Item = (&'c Name, &'c [Change], Option<Serial>)>,
    ) -> Result<(), JournalError> {
        let Some(journal) = self.journal.get() else {
            return Ok(());
        };
        let recorded = self.try_record(&**journal, batches);
        if recorded.is_err() {
            // What was added before the failure must not come back after a restart: nobody was told
            // that it was done.
            self.lock().spoiled = true;
        }
        recorded
    }

    fn try_record<'c>(
        &self,
        journal: &dyn Journal,
        batches: impl Iterator<Item = (&'c Name, &'c [Change], Option<Serial>)>,
    ) -> Result<(), JournalError> {
        let (mut position, mut raised) = (None, Vec::new());
        {
            let writers = self.lock();
            for (zone, changes, wanted) in batches {
                let Some((_, writer)) = writers.served(zone) else {
                    continue;
                };
                let serial = newer(
                    writer.zone.serial.next(),
                    wanted.unwrap_or(writer.zone.serial),
                );
                if writers.is_above_ceiling(zone, serial) {
                    let ceiling = Serial(serial.0.wrapping_add(BLOCK));
                    journal.append(Entry::Ceiling {
                        zone,
                        serial: ceiling,
                    })?;
                    raised.push((zone, ceiling));
                }
                position = Some(journal.append(Entry::Commit {
                    zone,
                    serial,
                    changes,
                })?);
            }
        }
        if let Some(position) = position {
            journal.flush(position)?;
        }
        let mut writers = self.lock();
        for (zone, ceiling) in raised {
            writers.ceilings.insert(zone.clone(), ceiling);
        }
        Ok(())
    }

    /// Tells the journal of what is published at once: names of objects need no promise, since they
    /// come again. A serial above the ceiling is the exception.
    fn note(&self, writers: &mut Writers, zone: &Name, serial: Serial, changes: &[Change]) {
        let Some(journal) = self.journal.get() else {
            return;
        };
        let noted = || -> Result<Option<Serial>, JournalError> {
            let above = writers.is_above_ceiling(zone, serial);
            let ceiling = Serial(serial.0.wrapping_add(BLOCK));
            if above {
                let position = journal.append(Entry::Ceiling {
                    zone,
                    serial: ceiling,
                })?;
                journal.flush(position)?;
            }
            journal.append(Entry::Commit {
                zone,
                serial,
                changes,
            })?;
            Ok(above.then_some(ceiling))
        };
        match noted() {
            Ok(Some(ceiling)) => drop(writers.ceilings.insert(zone.clone(), ceiling)),
            Ok(None) => {}
            Err(error) => writers.trouble = Some(error),
        }
    }

    /// Waits until all that is in the journal is committed, and keeps it so.
    pub(crate) fn settle(&self) -> MutexGuard<'_, ()> {
        self.unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the journal forget what later entries have replaced, when it is time for that. To be
    /// called every second or so.
    pub fn tidy_journal(&self) {
        let Some(journal) = self.journal.get() else {
            return;
        };
        let _settled = self.settle();
        let mut writers = self.lock();
        let all = |writers: &Writers| {
            let served = writers.zones.iter();
            let served = served.filter(|(apex, _)| !writers.withheld.contains(*apex));
            let served =
                served.map(|(apex, (_, writer))| (apex.clone(), writers.state_of(apex, writer)));
            let others = writers.stored.iter();
            let others = others.map(|(apex, stored)| (apex.clone(), stored.clone()));
            served.chain(others).collect()
        };
        let trouble = (writers.trouble.is_some() || writers.spoiled) && !writers.renewing;
        match Arc::clone(journal).tidy(trouble, &mut || all(&writers)) {
            // It is well once nothing is left to do.
            Ok(true) => writers.renewing = trouble,
            Ok(false) if writers.renewing => {
                (writers.trouble, writers.spoiled, writers.renewing) = (None, false, false);
            }
            Ok(false) => {}
            Err(error) => (writers.trouble, writers.renewing) = (Some(error), false),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Writers> {
        // Writers change their side only by whole steps; after a panic the last one stands.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the next version of the zone at a place.
    pub(crate) fn publish(&self, place: usize, zone: Option<Zone>, old: Option<Zone>) {
        let apex = zone.as_ref().map(|zone| zone.apex.clone());
        let mut next = Snapshot::clone(&self.current.load());
        put(&mut next, place, zone);
        self.swap(next, old);
        if let Some(apex) = apex {
            self.listeners.say(&apex, News::Changed);
        }
    }

    /// As [`Self::publish`], when a zone has come or gone.
    pub(crate) fn publish_apexes(
        &self,
        place: usize,
        apex: &Name,
        zone: Option<Zone>,
        writers: &Writers,
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
        let news = match zone {
            Some(_) => News::Came,
            None => News::Gone,
        };
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
    fn served(&self, apex: &Name) -> Option<&(usize, ZoneWriter)> {
        let zone = self.zones.get(apex)?;
        (!self.withheld.contains(apex)).then_some(zone)
    }

    fn is_above_ceiling(&self, zone: &Name, serial: Serial) -> bool {
        let ceiling = self.ceilings.get(zone);
        ceiling.is_none_or(|ceiling| serial.is_newer_than(*ceiling))
    }

    /// What a journal should know of a zone.
    fn state_of(&self, apex: &Name, writer: &ZoneWriter) -> Stored {
        let serial = writer.zone.serial;
        Stored {
            changes: writer.contributions(),
            serial,
            ceiling: self.ceilings.get(apex).copied().unwrap_or(serial),
        }
    }
}

fn newer(left: Serial, right: Serial) -> Serial {
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

/// Serials that are reserved at a time.
const BLOCK: u32 = 65_536;

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
