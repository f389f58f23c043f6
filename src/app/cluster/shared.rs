//! The task of one zone that copies share: follows the leader, keeps the copy on the disk.
//!
//! ```text
//! follow: told, or now and then ─ IXFR, else AXFR ─→ shown ─→ those who wait for it are told
//! lead, alone: nothing is asked
//! each version ─ after a moment ─→ file, for the next start
//! ```
//!
//! A copy that no leader has confirmed for as long as its SOA allows is not answered from.

use std::sync::Arc;
use std::time::Duration;

use server::pipeline::Came;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wire::{Name, Rtype, Serial};
use zone::{Store, Zone};

use super::gate::{Replicas, Told};
use super::role::{Leader, Role};
use crate::app::follow::{Copies, CopyFile, Timers, Trouble, Upstream, Version};
use crate::app::zones::{State, Status, Statuses};
use crate::app::{clock, telemetry};

/// One zone.
pub(super) struct Shared {
    apex: Name,
    store: Arc<Store>,
    replicas: Arc<Replicas>,
    statuses: Statuses,
    roles: watch::Receiver<Role>,
    told: mpsc::Receiver<Told>,
    changed: Arc<Notify>,
    file: Option<CopyFile>,
    /// When it was known last that nobody has anything newer.
    confirmed: Instant,
    expired: bool,
    /// When the file is to be written.
    write_at: Option<Instant>,
    write_pause: Duration,
    /// Those who want to know when a version is here, and until when they wait.
    waiting: Vec<(Option<Serial>, Instant, Came)>,
    /// What was said about the last attempts, if they came to nothing.
    said: Option<String>,
}

/// What happened while nothing had to be asked.
enum Event {
    Ended,
    Role,
    Told(Told),
    Due,
}

impl Shared {
    /// The task of a zone, which begins with [`Self::load`]. What comes back ends when the zone is gone.
    pub(super) fn new(
        apex: Name,
        replicas: &Arc<Replicas>,
        (copies, statuses): (Option<&Copies>, &Statuses),
    ) -> (Self, CancellationToken) {
        // One leader tells of one version at a time; more say nothing that these do not.
        let (sender, told) = mpsc::channel(16);
        let changed = Arc::new(Notify::new());
        let gone = replicas.add(&apex, sender, Arc::clone(&changed));
        let shared = Self {
            file: copies.map(|copies| copies.file(&apex)),
            apex,
            store: Arc::clone(&replicas.store),
            replicas: Arc::clone(replicas),
            statuses: statuses.clone(),
            roles: replicas.subscribe(),
            told,
            changed,
            confirmed: Instant::now(),
            expired: false,
            write_at: None,
            write_pause: LEAST_PAUSE,
            waiting: Vec::new(),
            said: None,
        };
        (shared, gone)
    }

    /// Serves the copy of an earlier run, if there is one. Reads files.
    pub(super) fn load(&mut self) {
        let zone = &self.apex;
        if !self.store.is_behind(zone) {
            return;
        }
        let Some(file) = &self.file else { return };
        let Some((done, age)) = file.recall(zone, &self.store) else {
            return;
        };
        let (serial, records) = (done.serial.0, done.records);
        let now = Instant::now();
        match self.lasts().checked_sub(age) {
            Some(_) => {
                self.confirmed = now.checked_sub(age).unwrap_or(now);
                tracing::info!(%zone, serial, records, age = age.as_secs(), "zone is served from its copy");
            }
            None => {
                self.expired = true;
                self.store.set_expired(zone, true);
                tracing::warn!(%zone, serial, age = age.as_secs(), "the copy of this zone has expired, it is not served");
            }
        }
    }

    /// Does what the role asks for until the stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            let role = self.roles.borrow_and_update().clone();
            self.mark(matches!(role, Role::Lead(_)));
            let goes_on = match &role {
                Role::Follow(leader) => self.follow(leader, &stop).await,
                Role::Lead(_) => {
                    self.said = None;
                    self.confirm();
                    self.idle(&stop, true).await
                }
                Role::Alone => self.idle(&stop, false).await,
            };
            self.answer(false);
            if !goes_on {
                break;
            }
        }
        if self.write_at.is_some() {
            self.write().await;
        }
    }

    /// Waits while there is nobody to ask. False at the stop.
    async fn idle(&mut self, stop: &CancellationToken, leads: bool) -> bool {
        let mut confirm_at = Instant::now() + REFRESH;
        loop {
            match self.wait(confirm_at, stop).await {
                Event::Ended => return false,
                Event::Role => return true,
                Event::Told(Told::Await(_, came)) => came(false),
                Event::Told(Told::Notice) => {}
                Event::Due => {
                    confirm_at = Instant::now() + REFRESH;
                    if leads {
                        self.confirm();
                    }
                }
            }
        }
    }

    /// Follows a leader until it leads no more. False at the stop.
    async fn follow(&mut self, leader: &Leader, stop: &CancellationToken) -> bool {
        let (mut look, mut pause) = (true, FIRST_PAUSE);
        loop {
            // What is told from here on is of a version that the attempt may miss.
            self.listen_for_all();
            let (apex, store) = (self.apex.clone(), Arc::clone(&self.store));
            let provisional = self.replicas.is_provisional(&apex);
            let base = self.version().filter(|_| !provisional && !self.expired);
            let attempt = async {
                let _turn = TURNS.acquire().await;
                leader.upstream.attempt(&apex, base, look, &store).await
            };
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                changed = self.roles.changed() => return changed.is_ok(),
                result = attempt => result,
            };
            let due = match result {
                Ok(came) => {
                    pause = FIRST_PAUSE;
                    self.succeed(came, &leader.upstream);
                    self.mark(true);
                    self.answer(true);
                    Instant::now() + REFRESH
                }
                Err(trouble) => {
                    self.fail(&trouble, &leader.upstream);
                    self.mark(false);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    Instant::now() + pause
                }
            };
            look = true;
            if !self.waiting.is_empty() {
                // Told of a version that is not what came: it is asked for once more, in a moment.
                look = false;
                tokio::time::sleep(BETWEEN).await;
                continue;
            }
            match self.wait(due, stop).await {
                Event::Ended => return false,
                Event::Role => return true,
                Event::Told(told) => {
                    look = false;
                    self.hear(told);
                    if self.said.is_some() {
                        tokio::time::sleep(BETWEEN).await;
                    }
                }
                Event::Due => {}
            }
        }
    }

    /// Waits for what happens next; files are written meanwhile.
    async fn wait(&mut self, due: Instant, stop: &CancellationToken) -> Event {
        loop {
            let expires = self.confirmed + self.lasts();
            let led = matches!(*self.roles.borrow(), Role::Lead(_));
            let can_expire = !led && !self.expired;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Event::Ended,
                changed = self.roles.changed() => return match changed {
                    Ok(()) => Event::Role,
                    Err(_) => Event::Ended,
                },
                Some(told) = self.told.recv() => return Event::Told(told),
                () = self.changed.notified() => {
                    if self.file.is_some() && self.write_at.is_none() {
                        self.write_at = Some(Instant::now() + self.write_pause);
                    }
                }
                () = sleep_until(self.write_at.unwrap_or(due)), if self.write_at.is_some() => {
                    self.write().await;
                }
                () = sleep_until(expires), if can_expire => {
                    self.expire();
                    self.mark(false);
                }
                () = sleep_until(due) => return Event::Due,
            }
        }
    }

    /// Hears all that was said, without waiting.
    fn listen_for_all(&mut self) {
        while let Ok(told) = self.told.try_recv() {
            self.hear(told);
        }
    }

    fn hear(&mut self, told: Told) {
        if let Told::Await(serial, came) = told {
            self.waiting.push((serial, Instant::now() + AWAITED, came));
        }
    }

    /// Tells those who wait for what is here; with `asked`, the others go on waiting for a while.
    fn answer(&mut self, asked: bool) {
        if self.waiting.is_empty() {
            return;
        }
        let (ours, now) = (self.version().map(|zone| zone.serial()), Instant::now());
        for (serial, until, came) in std::mem::take(&mut self.waiting) {
            let is_here = match (ours, serial) {
                (Some(ours), Some(theirs)) => ours == theirs || ours.is_newer_than(theirs),
                (Some(_), None) => asked,
                (None, _) => false,
            };
            if is_here || !asked || until <= now {
                came(is_here);
            } else {
                self.waiting.push((serial, until, came));
            }
        }
    }

    fn succeed(&mut self, came: Version, upstream: &Upstream) {
        let (zone, leader) = (&self.apex, upstream.label());
        if self.said.take().is_some() {
            tracing::info!(%zone, leader, "zone is followed again");
        }
        self.replicas.settle(zone);
        if let Version::New { done, kind, took } = came {
            let (serial, records) = (done.serial.0, done.records);
            tracing::debug!(%zone, leader, serial, records, kind, ?took, "zone is new from the leader");
        }
        self.confirm();
    }

    /// Nobody has anything newer than what we have.
    fn confirm(&mut self) {
        self.confirmed = Instant::now();
        if std::mem::take(&mut self.expired) {
            self.store.set_expired(&self.apex, false);
        }
        if self.write_at.is_some() {
            return;
        }
        let now = clock::now().unix_seconds();
        let noted = self.file.as_ref().map(|file| file.confirm(now));
        if noted.is_some_and(|noted| noted.is_err()) {
            self.write_at = Some(Instant::now() + self.write_pause);
        }
    }

    fn fail(&mut self, trouble: &Trouble, upstream: &Upstream) {
        let (zone, error) = (&self.apex, telemetry::chain(trouble));
        if self.said.as_ref() == Some(&error) {
            return;
        }
        let hint = Some(trouble.hint()).filter(|hint| !hint.is_empty());
        let leader = upstream.label();
        match self.version() {
            Some(_) => {
                tracing::warn!(%zone, leader, error, hint, "the leader could not be followed, the zone is served as it was");
            }
            None => {
                tracing::error!(%zone, leader, error, hint, "the leader could not be followed, the zone is not served");
            }
        }
        self.said = Some(error);
    }

    fn expire(&mut self) {
        self.expired = true;
        if self.store.set_expired(&self.apex, true) {
            tracing::error!(
                zone = %self.apex,
                "no leader has confirmed the zone for as long as its SOA allows: it has expired, and is not \
                 served until one does"
            );
        }
    }

    /// Shows to those who ask whether the leader has confirmed what is served, or we lead.
    fn mark(&self, confirmed: bool) {
        let state = match (&self.version(), self.expired) {
            (None, true) => State::Expired,
            (None, false) => State::Waiting,
            (Some(_), _) if confirmed => State::Served,
            (Some(_), _) => State::Unconfirmed,
        };
        let report = match &self.said {
            Some(said) => said.clone(),
            None if self.replicas.files.differs(&self.apex) => OTHER_FILE.to_owned(),
            None => String::new(),
        };
        if let Some(status) = self.statuses.get(&self.apex)
            && !matches!(status.state, State::Failed | State::Stale)
            && (status.state != state || status.report != report)
        {
            let marked = Status {
                state,
                report,
                ..status
            };
            self.statuses.set(self.apex.clone(), marked);
        }
    }

    /// Writes what is shown to its file.
    async fn write(&mut self) {
        self.write_at = None;
        let (Some(file), Some(copied)) = (self.file.clone(), self.store.copied(&self.apex)) else {
            return;
        };
        // Of what is not whole nobody should have a copy.
        if copied.zone.is_incomplete() || self.replicas.is_provisional(&self.apex) {
            return;
        }
        let (begin, confirmed) = (Instant::now(), clock::now().unix_seconds());
        let written = tokio::task::spawn_blocking(move || file.write(&copied, confirmed)).await;
        // A large zone that changes all the time is not written all the time.
        self.write_pause = (begin.elapsed() * 20).max(LEAST_PAUSE);
        if let Ok(Err(error)) = written {
            tracing::warn!(zone = %self.apex, %error, "the copy of this zone could not be written");
            self.write_at = Some(Instant::now() + MOST_PAUSE);
        }
    }

    /// What is shown, if it is answered from.
    fn version(&self) -> Option<Arc<Zone>> {
        let since = self.store.since(&self.apex, Serial(0))?;
        since.zone.withheld().is_none().then_some(since.zone)
    }

    /// How long a copy is good for without anybody's word.
    fn lasts(&self) -> Duration {
        let snapshot = self.store.snapshot();
        let apex = snapshot.zone(self.apex.as_ref()).and_then(Zone::apex_node);
        let soa = apex.and_then(|apex| apex.rrset(Rtype::SOA));
        soa.map_or(MOST, |soa| Timers::of(soa.first()).expire.min(MOST))
    }
}

/// What is to be said of a zone whose file is not the one that the leader has.
const OTHER_FILE: &str = "its file here is not that of the leader, or of the one before";

/// Attempts at once: leaders count connections, twenty of one client.
static TURNS: Semaphore = Semaphore::const_new(6);

/// How often a leader that says nothing is asked, and how often a copy is noted as good.
const REFRESH: Duration = Duration::from_secs(10);

/// Pauses after attempts that came to nothing; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The least time between two attempts, where the first did not bring what was told of.
const BETWEEN: Duration = Duration::from_millis(5);

/// How long one who told of a version is left without an answer.
const AWAITED: Duration = Duration::from_millis(800);

/// How long changes are gathered before the copy is written, and how long after an error.
const LEAST_PAUSE: Duration = Duration::from_secs(2);
const MOST_PAUSE: Duration = Duration::from_mins(1);

/// Nothing lasts longer without anybody's word.
const MOST: Duration = Duration::from_hours(24 * 365);
