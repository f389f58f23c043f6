//! The keeper: one thread that owns the list of zones and follows their files.
//!
//! A zone is read again once its files differ from what was read, nobody is writing to them, and
//! none of them is missing (or has been for a second: editors take a file away before they put
//! the new one in its place).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use config::Zones;
use wire::Name;

use super::file::File;
use super::load::{Load, Loader};
use super::made::Made;
use super::order::{Handle, Order, Outcome};
use super::places::Places;
use super::say::{say, say_warnings};
use super::scan::{Found, From, Scan, scan};
use super::status::{State, Status, Statuses};
use super::way::way;
use crate::app::clock;
use crate::app::watch::{Nudge, Watcher};

/// Owns the list of zones.
#[derive(Debug)]
pub(crate) struct Keeper {
    settings: Zones,
    /// Zones that are there without a file.
    made: Vec<Made>,
    loader: Loader,
    statuses: Statuses,
    sources: BTreeMap<Name, Source>,
    watcher: Watcher,
    orders: Receiver<Order>,
    /// Files that somebody writes to, and when that was last seen.
    writing: HashMap<PathBuf, Instant>,
    /// Zones of which a file is missing, and since when.
    missing: HashMap<Name, Instant>,
    /// Problems of folders that were said.
    problems: BTreeSet<String>,
    /// Remarks about folders that were said.
    remarks: BTreeSet<String>,
    /// Whose events matter.
    places: Places,
    /// When to look at the files next, besides the slow poll.
    due: Option<Instant>,
    /// Whether all zones have been read once.
    started: bool,
}

/// A zone that should be served.
#[derive(Debug)]
struct Source {
    found: Found,
    files: Vec<File>,
}

impl Keeper {
    /// A keeper that has read nothing yet, and the way to give it orders.
    pub(crate) fn new(
        settings: Zones,
        made: Vec<Made>,
        loader: Loader,
        statuses: Statuses,
    ) -> (Self, Handle) {
        // Each order leads to one look at all files, and a nudge that finds no room is not needed.
        let (sender, orders) = sync_channel(64);
        let handle = Handle(sender);
        let keeper = Self {
            settings,
            made,
            loader,
            statuses,
            sources: BTreeMap::new(),
            watcher: Watcher::new(handle.sender(), Order::Nudge),
            orders,
            writing: HashMap::new(),
            missing: HashMap::new(),
            problems: BTreeSet::new(),
            remarks: BTreeSet::new(),
            places: Places::default(),
            due: None,
            started: false,
        };
        (keeper, handle)
    }

    /// Reads all zones for the first time; gives how many of them, or folders, are not as they
    /// should be.
    pub(crate) fn load(&mut self) -> usize {
        self.look(&Wanted::Changed, Instant::now());
        self.loader.store().settle_serials();
        self.started = true;
        self.statuses.count(State::Failed) + self.problems.len()
    }

    /// Follows the files until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut poll = Instant::now() + POLL;
        loop {
            let next = self.due.map_or(poll, |due| due.min(poll));
            let wait = next.saturating_duration_since(Instant::now());
            match self.orders.recv_timeout(wait) {
                Ok(Order::Nudge(nudge)) => self.take(nudge, Instant::now()),
                Ok(Order::Reload(zones, reply)) => {
                    let outcomes = self.reload(zones);
                    // Whoever asked may have gone.
                    let _unheard = reply.send(outcomes).is_err();
                }
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.due = None;
                    poll = Instant::now() + POLL;
                    self.look(&Wanted::Changed, Instant::now());
                }
            }
        }
    }

    pub(super) fn take(&mut self, nudge: Nudge, now: Instant) {
        match nudge {
            Nudge::Done(paths) if self.places.matter(&paths) => {
                for path in &paths {
                    self.writing.remove(path);
                }
                self.watcher.forget(&paths);
                self.look_at(now + DEBOUNCE);
            }
            Nudge::Lost => self.look_at(now + DEBOUNCE),
            Nudge::Writing(paths) if self.places.matter(&paths) => {
                self.writing
                    .extend(paths.into_iter().map(|path| (path, now)));
                self.look_at(now + PATIENCE);
            }
            // A link may stand in a busy folder, such as that of temporary files.
            Nudge::Done(_) | Nudge::Writing(_) => {}
        }
    }

    fn look_at(&mut self, time: Instant) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }

    pub(super) fn reload(&mut self, zones: Vec<Name>) -> Vec<Outcome> {
        let wanted = if zones.is_empty() {
            Wanted::All
        } else {
            Wanted::These(zones)
        };
        let loads = self.look(&wanted, Instant::now());
        let mut outcomes: Vec<Outcome> = loads.into_iter().map(outcome).collect();
        if let Wanted::These(zones) = wanted {
            for zone in zones {
                if outcomes.iter().all(|outcome| outcome.zone != zone) {
                    let result = Err("no such zone is served here".to_owned());
                    outcomes.push(Outcome { zone, result });
                }
            }
        }
        outcomes.sort_by(|left, right| left.zone.cmp(&right.zone));
        outcomes
    }

    /// Compares what should be served with what is, and reads what differs.
    pub(super) fn look(&mut self, wanted: &Wanted, now: Instant) -> Vec<Load> {
        self.writing.retain(|_, last| *last + PATIENCE > now);
        let scan = scan(&self.settings);
        self.say_problems(&scan);
        self.drop_gone(&scan, now);
        let mut jobs = Vec::new();
        for (zone, found) in scan.zones {
            let source = self
                .sources
                .get(&zone)
                .filter(|source| source.found == found);
            let needed = match source {
                None => true,
                Some(source) => self.should_read(&zone, source, wanted, now),
            };
            if needed {
                jobs.push((zone, found));
            } else if source.is_some_and(|source| source.files.iter().any(File::has_changed)) {
                self.missing.entry(zone).or_insert(now);
                self.look_at(now + PATIENCE);
            } else {
                self.missing.remove(&zone);
            }
        }
        let loads = self.read(jobs);
        self.make();
        self.watch();
        loads
    }

    /// Makes the zones that should be there and have no file that can be served.
    fn make(&self) {
        for made in &self.made {
            match made.put(self.loader.store()) {
                Ok(false) => {}
                Ok(true) if self.statuses.get(&made.apex).is_some() => {
                    tracing::info!(zone = %made.apex, "zone is served without its file");
                }
                Ok(true) => {
                    let status = Status::made();
                    self.statuses.set(made.apex.clone(), status);
                }
                Err(error) => tracing::error!(zone = %made.apex, %error, "zone cannot be made"),
            }
        }
    }

    fn should_read(&self, zone: &Name, source: &Source, wanted: &Wanted, now: Instant) -> bool {
        match wanted {
            Wanted::All => return true,
            Wanted::These(zones) if zones.contains(zone) => return true,
            Wanted::Changed | Wanted::These(_) => {}
        }
        if !source.files.iter().any(File::has_changed) {
            return false;
        }
        let being_written = |file: &File| self.writing.keys().any(|path| file.is_at(path));
        if source.files.iter().any(being_written) {
            return false;
        }
        let waited = |since: &Instant| *since + PATIENCE <= now;
        !source.files.iter().any(File::is_missing) || self.missing.get(zone).is_some_and(waited)
    }

    fn read(&mut self, jobs: Vec<(Name, Found)>) -> Vec<Load> {
        let paths: Vec<(Name, PathBuf)> = jobs
            .iter()
            .map(|(zone, found)| (zone.clone(), found.path.clone()))
            .collect();
        let mut loads = self.loader.load_all(&paths);
        loads.sort_by(|left, right| left.zone.cmp(&right.zone));
        let mut found: BTreeMap<Name, Found> = jobs.into_iter().collect();
        for load in &loads {
            self.missing.remove(&load.zone);
            if let Some(found) = found.remove(&load.zone) {
                self.note(load, found);
            }
        }
        loads
    }

    /// Writes down what came of a file, and says what is new about it.
    fn note(&mut self, load: &Load, found: Found) {
        let before = self.statuses.get(&load.zone).map(|status| status.state);
        let state = match &load.result {
            Ok(_) => State::Served,
            Err(_) if before.is_some_and(|state| state != State::Failed) => State::Stale,
            Err(_) => State::Failed,
        };
        // The zone above must not say that its names are not there.
        if state == State::Failed
            && let Err(error) = self.loader.store().withhold(&load.zone)
        {
            tracing::error!(zone = %load.zone, %error, "keep the place of a zone");
        }
        // What is well at the start is said in one go.
        if self.started || load.result.is_err() {
            say(load, before, state);
        }
        say_warnings(load);
        let status = Status {
            path: load.path.clone(),
            folder: match &found.from {
                From::Folder(folder) => Some(folder.clone()),
                From::Settings => None,
            },
            includes: load
                .files
                .iter()
                .skip(1)
                .map(|file| file.path.clone())
                .collect(),
            state,
            loaded: clock::now(),
            warnings: load.warnings,
            report: load
                .result
                .as_ref()
                .err()
                .map(|refused| refused.report.clone())
                .unwrap_or_default(),
        };
        self.statuses.set(load.zone.clone(), status);
        let files = load.files.clone();
        self.sources
            .insert(load.zone.clone(), Source { found, files });
    }

    /// Takes out zones whose file is gone from a folder that can still be listed.
    fn drop_gone(&mut self, scan: &Scan, now: Instant) {
        let mut gone = Vec::new();
        for (zone, source) in &self.sources {
            let unlisted = match &source.found.from {
                From::Folder(folder) => scan.unlisted.contains(folder),
                From::Settings => true,
            };
            if unlisted || scan.zones.contains_key(zone) {
                continue;
            }
            let since = *self.missing.entry(zone.clone()).or_insert(now);
            if since + PATIENCE <= now {
                gone.push(zone.clone());
            }
        }
        for zone in gone {
            self.sources.remove(&zone);
            self.missing.remove(&zone);
            self.statuses.remove(&zone);
            let made = self.made.iter().find(|made| made.apex == zone);
            if made.is_some_and(|made| made.replace_file(self.loader.store()).is_ok()) {
                self.statuses.set(zone.clone(), Status::made());
                tracing::info!(%zone, "zone is served without its file, which is gone");
                continue;
            }
            self.loader.store().remove(&zone);
            tracing::info!(%zone, "zone is gone with its file");
        }
        if !self.missing.is_empty() {
            self.look_at(now + PATIENCE);
        }
    }

    fn say_problems(&mut self, scan: &Scan) {
        let problems: BTreeSet<String> = scan.problems.iter().cloned().collect();
        for problem in problems.difference(&self.problems) {
            tracing::error!("{problem}");
        }
        self.problems = problems;
        let remarks: BTreeSet<String> = scan.remarks.iter().cloned().collect();
        for remark in remarks.difference(&self.remarks) {
            tracing::warn!("{remark}");
        }
        self.remarks = remarks;
    }

    fn watch(&mut self) {
        let files = self.sources.values().flat_map(|source| &source.files);
        self.places = Places::new(
            files.flat_map(|file| file.way.iter().cloned()),
            self.settings.dirs.iter().map(|folder| way(folder)),
        );
        self.watcher.follow(self.places.folders.clone());
    }
}

/// Which zones are read.
#[derive(Debug)]
pub(super) enum Wanted {
    /// All of them.
    All,
    /// Those whose files have changed.
    Changed,
    /// These, and those whose files have changed.
    These(Vec<Name>),
}

fn outcome(load: Load) -> Outcome {
    let result = match load.result {
        Ok(served) => Ok(served),
        Err(refused) => Err(refused.report),
    };
    Outcome {
        zone: load.zone,
        result,
    }
}

/// Long enough for the few steps of a replacement by renaming.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// How long a file may be missing, or be written to without a pause, before that counts.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How often files are looked at without any event: network file systems have none.
const POLL: Duration = Duration::from_secs(10);
