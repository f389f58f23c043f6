//! Carries out updates: a thread of its own that takes all that waits as one commit.
//!
//! ```text
//! requests ─→ a group of updates that touch different names ─→ journal, one flush ─→ one version ─→ replies
//! ```
//!
//! An update is judged by what is published, so two that touch the same name are never in one group:
//! the later one waits for the next. Nobody is told that an update is done before it is durable.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use wire::update::{Action, Update};
use wire::{Name, Rcode, Rtype, Serial};

use crate::journal::{JournalError, size};
use crate::propose::StoreError;
use crate::store::{Committed, Store};
use crate::update::{Effect, Permit, Refusal};
use crate::writer::Change;

/// An update, and who wants to know what came of it.
pub struct UpdateRequest {
    /// What is to be done.
    pub update: Update,
    /// What the client may do.
    pub permit: Box<dyn Permit + Send>,
    /// Told once, by the thread that carries updates out. It must not wait.
    pub done: Box<dyn FnOnce(Result<Committed, UpdateError>) + Send>,
}

/// Why an update was not carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpdateError {
    /// Too many updates wait already.
    #[error("too many updates are waiting")]
    Busy,
    /// It does not fit the zone.
    #[error("change the zone")]
    Commit(#[source] Arc<StoreError>),
    /// It could not be made durable.
    #[error("store the update")]
    Journal(#[source] Arc<JournalError>),
    /// It must not be carried out.
    #[error(transparent)]
    Refused(Refusal),
}

impl UpdateError {
    /// What the client is told.
    #[must_use]
    pub fn rcode(&self) -> Rcode {
        match self {
            // It would be the same tomorrow.
            Self::Journal(error) if error.is_full() => Rcode::REFUSED,
            Self::Busy | Self::Commit(_) | Self::Journal(_) => Rcode::SERVFAIL,
            Self::Refused(refusal) => refusal.rcode,
        }
    }
}

/// What became of updates.
#[derive(Debug, Default)]
pub struct UpdateTotals {
    /// Carried out.
    pub done: AtomicU64,
    /// Nothing had to be changed.
    pub unchanged: AtomicU64,
    /// Not carried out as they do not fit the zone, or are not granted.
    pub refused: AtomicU64,
    /// Not carried out as they could not be stored.
    pub failed: AtomicU64,
    /// Commits that those carried out went into.
    pub commits: AtomicU64,
}

/// The way to hand in updates. The thread ends when the last one is gone.
#[derive(Clone, Debug)]
pub struct Updater(SyncSender<UpdateRequest>);

impl Updater {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(store: Arc<Store>) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, queue) = sync_channel(MOST_WAITING);
        let named = std::thread::Builder::new().name("updates".to_owned());
        let thread = named.spawn(move || run(&store, &queue))?;
        Ok((Self(sender), thread))
    }

    /// Hands in an update.
    ///
    /// # Errors
    /// The request, where too many wait.
    pub fn submit(&self, request: UpdateRequest) -> Result<(), UpdateRequest> {
        self.0.try_send(request).map_err(|error| match error {
            TrySendError::Full(request) | TrySendError::Disconnected(request) => request,
        })
    }
}

fn run(store: &Store, queue: &Receiver<UpdateRequest>) {
    let mut waiting = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match queue.recv() {
                Ok(request) => waiting.push_back(Waiting::new(request)),
                Err(_) => return,
            }
        }
        while waiting.len() < MOST_WAITING
            && let Ok(request) = queue.try_recv()
        {
            waiting.push_back(Waiting::new(request));
        }
        // A fault must not keep later updates from being carried out; those of this group are not
        // answered, and clients ask again.
        let turn = AssertUnwindSafe(|| {
            let _unsettled = store.settle();
            let group = gather(store, &mut waiting);
            carry_out(store, group);
        });
        if catch_unwind(turn).is_err() {
            store.updates().failed.fetch_add(1, Relaxed);
        }
    }
}

impl Store {
    /// Carries out an update from this thread: durable and published when this returns.
    ///
    /// # Errors
    /// It must not be carried out, or cannot be stored.
    pub fn update(&self, update: &Update, permit: &dyn Permit) -> Result<Committed, UpdateError> {
        let _settled = self.settle();
        let Effect { changes, serial } = self
            .evaluate(update, permit)
            .map_err(UpdateError::Refused)?;
        let zone = &update.zone;
        if !changes.is_empty() || serial.is_some() {
            let batch = (zone, &changes[..], serial);
            let recorded = self.record(std::iter::once(batch));
            let full = recorded.map_err(|error| UpdateError::Journal(Arc::new(error)))?;
            if let Some(error) = full.into_values().next() {
                return Err(UpdateError::Journal(Arc::new(error)));
            }
        }
        let committed = self.commit_recorded(zone, changes, serial);
        committed.map_err(|error| UpdateError::Commit(Arc::new(error)))
    }
}

/// An update with what tells whether it can go together with others.
struct Waiting {
    request: UpdateRequest,
    zone: Name,
    /// Hashes of all names that it looks at or changes.
    names: Vec<u64>,
    /// Whether what it does to one name depends on names below it.
    wide: bool,
}

impl Waiting {
    fn new(request: UpdateRequest) -> Self {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let update = &request.update;
        let mut names: Vec<u64> = names(update).map(|name| hasher.hash_one(name)).collect();
        names.sort_unstable();
        names.dedup();
        Self {
            zone: update.zone.as_ref().to_lowercase(),
            wide: is_wide(update),
            names,
            request,
        }
    }
}

type Done = Box<dyn FnOnce(Result<Committed, UpdateError>) + Send>;

/// What a group does to one zone.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    serial: Option<Serial>,
    /// About how much is to be stored.
    bytes: usize,
    done: Vec<Done>,
}

/// Takes those updates that can go together, in their order; the others stay. Those that change
/// nothing, or must not be carried out, are answered at once.
fn gather(store: &Store, waiting: &mut VecDeque<Waiting>) -> HashMap<Name, Batch> {
    let mut batches: HashMap<Name, Batch> = HashMap::new();
    let mut touched: HashSet<u64> = HashSet::new();
    let mut closed: HashSet<Name> = HashSet::new();
    let mut left = VecDeque::new();
    // Behind many that have to wait the next group begins: looking at all of them each time would
    // take longer the more of them there are.
    while left.len() < MOST_PASSED_OVER
        && let Some(next) = waiting.pop_front()
    {
        let is_large = |batch: &Batch| batch.bytes > MOST_BYTES;
        let waits = closed.contains(&next.zone)
            || batches.get(&next.zone).is_some_and(is_large)
            || (next.wide && batches.contains_key(&next.zone))
            || next.names.iter().any(|name| touched.contains(name));
        touched.extend(&next.names);
        if next.wide {
            closed.insert(next.zone.clone());
        }
        if waits {
            left.push_back(next);
            continue;
        }
        let UpdateRequest {
            update,
            permit,
            done,
        } = next.request;
        match store.evaluate(&update, &*permit) {
            Err(refusal) => {
                store.updates().refused.fetch_add(1, Relaxed);
                done(Err(UpdateError::Refused(refusal)));
            }
            Ok(effect) => batches.entry(next.zone).or_default().add(effect, done),
        }
    }
    left.append(waiting);
    *waiting = left;
    batches
}

/// All names that an update looks at or changes.
fn names(update: &Update) -> impl Iterator<Item = &Name> {
    let conditions = update.prerequisites.iter().map(|one| one.owner());
    conditions.chain(update.operations.iter().map(|one| &one.owner))
}

/// Whether what an update does to one name depends on names below it.
fn is_wide(update: &Update) -> bool {
    let mut operations = update.operations.iter();
    operations.any(|one| matches!(one.action, Action::Add(Rtype::DNAME, ..)))
}

impl Batch {
    fn add(&mut self, effect: Effect, done: Done) {
        self.bytes += effect.changes.iter().map(size).sum::<usize>();
        self.changes.extend(effect.changes);
        self.serial = effect.serial.or(self.serial);
        self.done.push(done);
    }

    /// Tells everybody that it could not be stored.
    fn fail(self, store: &Store, error: &Arc<JournalError>) {
        for done in self.done {
            store.updates().failed.fetch_add(1, Relaxed);
            done(Err(UpdateError::Journal(Arc::clone(error))));
        }
    }
}

/// Makes a group durable, publishes it and tells everybody.
fn carry_out(store: &Store, group: HashMap<Name, Batch>) {
    let is_change = |batch: &Batch| !batch.changes.is_empty() || batch.serial.is_some();
    let recorded = group
        .iter()
        .filter(|(_, batch)| is_change(batch))
        .map(|(zone, batch)| (zone, &batch.changes[..], batch.serial));
    let mut full = match store.record(recorded) {
        Ok(full) => full,
        Err(error) => {
            let error = Arc::new(error);
            for batch in group.into_values() {
                batch.fail(store, &error);
            }
            return;
        }
    };
    for (zone, batch) in group {
        if let Some(error) = full.remove(&zone) {
            batch.fail(store, &Arc::new(error));
            continue;
        }
        let committed = store.commit_recorded(&zone, batch.changes, batch.serial);
        let committed = committed.map_err(Arc::new);
        let totals = store.updates();
        let (total, commits) = match &committed {
            Ok(committed) if committed.changed => (&totals.done, 1),
            Ok(_) => (&totals.unchanged, 0),
            Err(_) => (&totals.failed, 0),
        };
        total.fetch_add(batch.done.len() as u64, Relaxed);
        totals.commits.fetch_add(commits, Relaxed);
        for done in batch.done {
            done(committed.clone().map_err(UpdateError::Commit));
        }
    }
}

/// How many updates are passed over before a group is closed.
const MOST_PASSED_OVER: usize = 64;

/// What a group does to one zone is stored as one piece: with one update more, of 64 KiB, it has room in
/// an object of the API server.
const MOST_BYTES: usize = 256 << 10;

/// How many updates wait, and go into one commit.
const MOST_WAITING: usize = 1024;

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use wire::Ttl;
    use wire::update::{Operation, Prerequisite};

    use super::*;
    use crate::journal::{Folder, Log};
    use crate::layer::Layer;
    use crate::records::{Place, Records};
    use crate::update::AllButTakeover;
    use crate::writer::Rrset;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    /// The records of a zone's file.
    fn file(serial: u32) -> Records {
        let mut records = Records::new(name("zone."));
        let mut soa = b"\x02ns\x00\x01h\x00".to_vec();
        for number in [serial, 3600, 600, 86400, 300] {
            soa.extend_from_slice(&number.to_be_bytes());
        }
        let ttl = Ttl::from_secs(300);
        let place = Place::default();
        records.push(name("zone.").as_ref(), Rtype::SOA, ttl, &soa, place);
        records.sort();
        records
    }

    fn add(owner: &str, text: u16) -> Update {
        let [high, low] = text.to_be_bytes();
        let rdata = Box::from([2, high, low]);
        let action = Action::Add(Rtype::TXT, Ttl::from_secs(60), rdata);
        Update {
            zone: name("ZONE."),
            prerequisites: Vec::new(),
            operations: vec![Operation {
                owner: name(owner),
                action,
            }],
        }
    }

    /// Hands in updates and gives what came of each, in their order.
    fn carry_out(updater: &Updater, updates: Vec<Update>) -> Vec<Result<Committed, Rcode>> {
        let (sender, results) = channel();
        let count = updates.len();
        for (number, update) in updates.into_iter().enumerate() {
            let sender = sender.clone();
            let request = UpdateRequest {
                update,
                permit: Box::new(AllButTakeover),
                done: Box::new(move |result| {
                    let result = result.map_err(|error| error.rcode());
                    sender.send((number, result)).unwrap();
                }),
            };
            assert!(updater.submit(request).is_ok());
        }
        let mut results: Vec<_> = results.iter().take(count).collect();
        results.sort_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn texts(store: &Store, owner: &str) -> usize {
        let snapshot = store.snapshot();
        let zone = snapshot.zone(name("zone.").as_ref()).unwrap();
        let rrset = zone.rrset(name(owner).as_ref(), Rtype::TXT);
        rrset.map_or(0, |rrset| rrset.len())
    }

    #[test]
    fn updates_of_one_name_come_one_after_the_other() {
        let store = Arc::new(Store::new([1, 2]));
        store.replace_static(&file(1)).unwrap();
        let (updater, thread) = Updater::start(Arc::clone(&store)).unwrap();
        // Each is only carried out if the one before was not.
        let once = |text| Update {
            prerequisites: vec![Prerequisite::NameNotInUse(name("once.zone."))],
            ..add("once.zone.", text)
        };
        let results = carry_out(&updater, (0..50).map(once).collect());
        assert!(results[0].is_ok());
        assert!(results[1..].iter().all(|one| *one == Err(Rcode::YXDOMAIN)));
        let many = (0..100).map(|text| add("many.Zone.", text)).collect();
        assert!(carry_out(&updater, many).iter().all(Result::is_ok));
        assert_eq!(
            (texts(&store, "once.zone."), texts(&store, "many.zone.")),
            (1, 100)
        );
        drop(updater);
        thread.join().unwrap();
    }

    #[test]
    fn what_was_acknowledged_is_there_after_a_restart_and_serials_grow() {
        let folder = tempfile::tempdir().unwrap();
        let mut last = Serial(1);
        for round in 0..4_u16 {
            let disk = Folder::open(folder.path()).unwrap();
            let (log, recovered) = Log::open(Arc::new(disk), 0).unwrap();
            let log = Arc::new(log);
            let store = Arc::new(Store::new([1, 2]));
            store.keep_in(log.clone(), recovered.zones);
            store.replace_static(&file(1)).unwrap();
            for before in 0..round {
                assert_eq!(
                    texts(&store, &format!("n{before}.zone.")),
                    1,
                    "{before} in {round}"
                );
                assert_eq!(
                    texts(&store, &format!("s{before}.zone.")),
                    1,
                    "{before} in {round}"
                );
            }
            let (updater, thread) = Updater::start(Arc::clone(&store)).unwrap();
            let done = carry_out(&updater, vec![add(&format!("n{round}.zone."), round)]);
            let serial = done[0].unwrap().serial;
            assert!(serial.is_newer_than(last), "{serial:?} after {last:?}");
            let synced = Change {
                owner: name(&format!("s{round}.zone.")),
                rtype: Rtype::TXT,
                layer: Layer::Synced,
                rrset: Some(Rrset {
                    rtype: Rtype::TXT,
                    ttl: Ttl::from_secs(60),
                    rdatas: vec![Box::from(*b"\x01s")],
                }),
            };
            last = store.commit(&name("zone."), vec![synced]).unwrap().serial;
            assert!(last.is_newer_than(serial));
            drop(updater);
            thread.join().unwrap();
            // Closed in order, or not.
            if round % 2 == 0 {
                log.close().unwrap();
            }
            assert!(store.journal_trouble().is_none());
        }
    }
}
