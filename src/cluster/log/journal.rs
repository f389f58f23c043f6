//! The log as the writers of zones see it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use source::watch::Connection;
use tokio::sync::{Notify, mpsc, oneshot};
use wire::{Name, Serial};
use zone::journal::{Entry, Journal, JournalError, Position, Stored, pack, pack_zone};
use zone::{Committed, Store};

use super::fold::Fold;
use super::objects::Objects;
use super::open::Before;
use super::served::Served;
use super::state::{Lead, Sizes, Standing, State, ZoneLog};
use super::worker::{self, Begin};
use super::{LogError, LogOptions, Opened};
use crate::lease::Term;

/// The journal of all zones as objects of the API server: [`zone::Store::keep_in`] takes it.
///
/// It takes entries in a term only: [`Self::lead`] begins one, [`Self::follow`] ends it. Of commits it
/// keeps what clients brought; the names of objects come again by themselves.
#[derive(Debug)]
pub struct ObjectLog {
    shared: Arc<Shared>,
    begin: mpsc::Sender<Begin>,
}

/// What the thread that sends shares with everybody else.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something was sent, or will not be.
    settled: Condvar,
    /// There is something to send.
    pub(super) work: Notify,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // All steps under the lock leave a whole state behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait.
    pub(super) fn tell(&self) {
        self.settled.notify_all();
    }
}

impl ObjectLog {
    /// Starts the thread that sends. It has a way to the server of its own, so that no other request is
    /// before an update's, and goes on while threads of the runtime wait for it. It ends with this value.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(connection: Connection, options: LogOptions) -> io::Result<Self> {
        Self::start_with(Served::new(connection, options), SIZES)
    }

    pub(super) fn start_with(objects: impl Objects, sizes: Sizes) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(sizes)),
            settled: Condvar::new(),
            work: Notify::new(),
        });
        // Terms begin one after the other.
        let (begin, begins) = mpsc::channel(1);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let worker = worker::run(objects, Arc::clone(&shared), begins);
        let thread = std::thread::Builder::new().name("zone-log".to_owned());
        thread.spawn(move || runtime.block_on(worker))?;
        Ok(Self { shared, begin })
    }

    /// Begins a term: reads what is there, and keeps those before us from adding to it. `held` is the
    /// latest serial that this replica has of each zone, and `now` the time in seconds since 1970.
    ///
    /// Nothing is taken before [`Self::take_over`] has told the zones what was read. Tried again while the
    /// term lasts this does no harm.
    ///
    /// # Errors
    /// When the server cannot be asked, or the term is over.
    pub async fn lead(
        &self,
        term: Term,
        held: BTreeMap<Name, Serial>,
        now: Serial,
    ) -> Result<Opened, LogError> {
        self.follow();
        let before = Before {
            held,
            now,
            writer: getrandom::u64().unwrap_or_else(|_| term.number()),
        };
        let (done, opened) = oneshot::channel();
        let begin = Begin { term, before, done };
        let sent = self.begin.send(begin).await;
        sent.map_err(|_| LogError::Stopped)?;
        opened.await.map_err(|_| LogError::Stopped)?
    }

    /// Tells zones what was read at the beginning of this term; entries are taken from then on. Those that
    /// are copies become ours after that, and begin with it. Gives the zones that were ours already and
    /// have changed; nothing is done when the term is over.
    pub fn take_over(&self, store: &Store, opened: Opened) -> Vec<(Name, Committed)> {
        if self.shared.lock().same_lead(&opened.term).is_none() {
            return Vec::new();
        }
        let changed = store.recall(opened.zones);
        if let Some(lead) = self.shared.lock().same_lead(&opened.term) {
            lead.told = true;
        }
        changed
    }

    /// Takes nothing any more, until the next term. What is on its way may still be carried out.
    pub fn follow(&self) {
        self.shared.lock().lose(Arc::new(LogError::NotLeading));
        self.shared.tell();
    }

    /// Bytes that a zone has in the log; for a metric.
    #[must_use]
    pub fn bytes(&self) -> Vec<(Name, u64)> {
        let state = self.shared.lock();
        let zones = state.lead.iter().flat_map(|lead| &lead.zones);
        zones
            .map(|(zone, log)| (zone.clone(), log.all_bytes()))
            .collect()
    }

    /// Whether all that a zone had at some time of this term, or before it, is in the cluster.
    #[must_use]
    pub fn has_checkpoint(&self, zone: &Name) -> bool {
        let state = self.shared.lock();
        let log = state.lead.as_ref().and_then(|lead| lead.zones.get(zone));
        log.is_some_and(ZoneLog::has_checkpoint)
    }

    #[cfg(test)]
    pub(super) fn is_folding(&self) -> bool {
        let state = self.shared.lock();
        let mut zones = state.lead.iter().flat_map(|lead| lead.zones.values());
        zones.any(ZoneLog::is_folding)
    }

    fn fold(&self, captured: Vec<(Name, Stored)>, wanted: Vec<Wanted>) -> io::Result<bool> {
        let mut captured: BTreeMap<Name, Stored> = captured.into_iter().collect();
        let most = self.shared.lock().sizes.object;
        let mut work = Vec::new();
        for (zone, upto, covered) in wanted {
            // Of a zone that is not ours at the moment only the log knows what it holds.
            let stored = captured
                .remove(&zone)
                .filter(|stored| stored.shown.is_some());
            match stored {
                Some(stored) => work.push((zone, upto, covered, stored)),
                None => self.shared.lock().drop_fold(&zone),
            }
        }
        if work.is_empty() {
            return Ok(false);
        }
        let shared = Arc::clone(&self.shared);
        let pack = move || {
            for (zone, upto, covered, stored) in work {
                let pieces = pack_zone(&zone, &stored, upto, most);
                let mark = getrandom::u64().unwrap_or(upto);
                shared.lock().folds.push_back(Fold {
                    zone,
                    upto,
                    mark,
                    pieces,
                    covered,
                });
                shared.work.notify_one();
            }
        };
        let thread = std::thread::Builder::new().name("zone-log-fold".to_owned());
        thread.spawn(pack)?;
        Ok(true)
    }
}

/// A zone that wants a checkpoint: what it covers, and makes useless.
type Wanted = (Name, u64, Vec<super::item::Id>);

impl Drop for ObjectLog {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.work.notify_one();
    }
}

impl Journal for ObjectLog {
    fn append(&self, entry: Entry<'_>) -> Result<Position, JournalError> {
        let mut state = self.shared.lock();
        let sizes = state.sizes;
        let position = Position(state.last);
        let (zone, is_commit) = match entry {
            Entry::Ceiling { zone, .. } => (zone, false),
            Entry::Commit { zone, .. } => (zone, true),
            Entry::Forget { .. }
            | Entry::Passed { .. }
            | Entry::Shown { .. }
            | Entry::Step { .. } => {
                return Ok(position);
            }
        };
        let Some(lead) = state.writing() else {
            return Err(elsewhere(LogError::NotLeading));
        };
        let log = lead
            .zones
            .entry(zone.clone())
            .or_insert_with(ZoneLog::fresh);
        let mut data = Vec::new();
        let number = log.next + (log.pending.len() as u64).saturating_sub(1);
        if !pack(&mut data, number, entry) {
            return Ok(position);
        }
        if data.len() > sizes.object {
            return Err(JournalError::Large {
                zone: zone.clone(),
                bytes: data.len() as u64,
                most: sizes.object as u64,
            });
        }
        let bytes = log.all_bytes() + data.len() as u64;
        // Names that are taken away make room only once they are.
        let takes_away = matches!(entry, Entry::Commit { changes, .. }
            if changes.iter().all(|change| change.rrset.is_none()));
        let most = sizes.zone + if takes_away { sizes.zone / 16 } else { 0 };
        if is_commit && bytes > most {
            return Err(JournalError::Full {
                zone: zone.clone(),
                bytes: log.all_bytes(),
                most: sizes.zone,
            });
        }
        match log.pending.back_mut() {
            Some(last) if last.len() + data.len() <= sizes.object => last.append(&mut data),
            Some(_) => {
                let mut data = Vec::new();
                pack(&mut data, number + 1, entry);
                log.pending.push_back(data);
            }
            None => log.pending.push_back(data),
        }
        state.last += 1;
        Ok(Position(state.last))
    }

    fn flush(&self, upto: Position) -> Result<(), JournalError> {
        self.shared.work.notify_one();
        let mut state = self.shared.lock();
        loop {
            match state.standing(upto.0) {
                Standing::Durable => return Ok(()),
                Standing::Void(why) => return Err(JournalError::Elsewhere(why)),
                Standing::Waiting if state.stopped => return Err(elsewhere(LogError::Stopped)),
                Standing::Waiting => {}
            }
            let waited = self.shared.settled.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn flushes(&self) -> u64 {
        self.shared.lock().flushes
    }

    fn tidy(
        self: Arc<Self>,
        renew: bool,
        capture: &mut dyn FnMut() -> Vec<(Name, Stored)>,
    ) -> Result<bool, JournalError> {
        // What nobody waits for is sent now.
        self.shared.work.notify_one();
        let wanted = {
            let mut state = self.shared.lock();
            if let Some(why) = state.fold_error.take() {
                return Err(JournalError::Elsewhere(why));
            }
            state.begin_folds(renew)
        };
        if wanted.is_empty() {
            return Ok(false);
        }
        let zones: Vec<Name> = wanted.iter().map(|(zone, ..)| zone.clone()).collect();
        self.fold(capture(), wanted).map_err(|error| {
            let mut state = self.shared.lock();
            zones.iter().for_each(|zone| state.drop_fold(zone));
            JournalError::Elsewhere(Arc::new(error))
        })
    }
}

pub(super) fn elsewhere(error: LogError) -> JournalError {
    JournalError::Elsewhere(Arc::new(error))
}

/// The beginning of a term.
pub(super) fn lead_of(term: Term, writer: u64, zones: BTreeMap<Name, ZoneLog>) -> Lead {
    Lead {
        term,
        writer,
        zones,
        told: false,
    }
}

const SIZES: Sizes = Sizes {
    // As base64 below 700 KiB: etcd takes 1.5 MiB.
    object: 512 << 10,
    zone: 32 << 20,
    fold_entries: 512,
    fold_bytes: 2 << 20,
};

/// Whether the thread that sends is there is looked at now and then.
const LOOK: Duration = Duration::from_secs(1);
