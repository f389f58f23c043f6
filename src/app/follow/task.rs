//! The task of one followed zone: does what its course says is due, and tells what changes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wire::{Name, Rtype, Serial};
use zone::{Committed, Store, Zone};

use super::attempt::{Came, Trouble, Upstream};
use super::copy::{Copies, CopyFile};
use super::course::{Course, Due, Timers};
use super::hub::{Notice, Told};
use crate::app::zones::{State, Status, Statuses};
use crate::app::{clock, telemetry};

/// Follows one zone.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) zone: Name,
    upstreams: Vec<Upstream>,
    /// What it is followed for, if not for the settings.
    reason: Option<String>,
    notices: mpsc::Receiver<Told>,
    store: Arc<Store>,
    file: Option<CopyFile>,
    course: Course,
    /// The primary that is asked first.
    first: usize,
    /// Whether the next attempt asks for the SOA before all else.
    look: bool,
    /// When the copy is to be written to its file, if it differs.
    write_at: Option<Instant>,
    /// How long ago it may have been written at least.
    write_pause: Duration,
    /// Why the copy could not be written last time.
    unwritten: Option<String>,
    /// What was said about the last attempts, if they came to nothing.
    said: Option<String>,
    /// Those who want the whole zone anew; told what came of it.
    anew: Vec<oneshot::Sender<Result<Committed, String>>>,
    /// Told once the first attempt has ended.
    attempted: Option<oneshot::Sender<()>>,
}

impl Follower {
    pub(super) fn new(
        zone: Name,
        upstreams: Vec<Upstream>,
        notices: mpsc::Receiver<Told>,
        store: Arc<Store>,
    ) -> Self {
        Self {
            zone,
            upstreams,
            reason: None,
            notices,
            store,
            file: None,
            course: Course::new(Instant::now()),
            first: 0,
            look: true,
            write_at: None,
            write_pause: LEAST_PAUSE,
            unwritten: None,
            said: None,
            anew: Vec::new(),
            attempted: None,
        }
    }

    /// Says what the zone is followed for.
    pub(super) fn because(mut self, reason: String) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Serves the copy of an earlier run, if there is one.
    pub(super) fn load(&mut self, copies: &Copies) {
        let (zone, file) = (&self.zone, copies.file(&self.zone));
        let recalled = file.recall(zone, &self.store);
        self.file = Some(file);
        let Some((done, since)) = recalled else {
            return;
        };
        let Some(timers) = self.timers() else {
            return;
        };
        let (serial, records, age) = (done.serial.0, done.records, since.as_secs());
        if self.course.found(since, timers, Instant::now()) {
            tracing::info!(%zone, serial, records, age, "zone is served from its copy");
        } else {
            self.store.set_expired(zone, true);
            tracing::warn!(%zone, serial, age, "the copy of this zone has expired, it is not served");
        }
    }

    /// Tells when the first attempt has ended, if nothing is served before.
    pub(super) fn first_attempt(&mut self) -> Option<oneshot::Receiver<()>> {
        if self.course.is_held() {
            return None;
        }
        let (sender, ended) = oneshot::channel();
        self.attempted = Some(sender);
        Some(ended)
    }

    /// Follows the zone until the stop.
    pub(super) async fn run(mut self, statuses: Statuses, stop: CancellationToken) {
        loop {
            match self.course.due(Instant::now()) {
                Due::Expire => self.expire(),
                Due::Attempt => {
                    let Some(outcome) = self.attempt(&stop).await else {
                        break;
                    };
                    self.take(outcome);
                    self.drain();
                }
                Due::Wait(until) => {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => break,
                        Some(told) = self.notices.recv() => self.listen(told),
                        () = sleep_until(self.write_at.unwrap_or(until)), if self.write_at.is_some() => {
                            self.write().await;
                        }
                        () = sleep_until(until) => {}
                    }
                    continue;
                }
            }
            self.show(&statuses);
        }
        if self.write_at.is_some() {
            self.write().await;
        }
    }

    /// Asks one primary after the other, until one has told. None at the stop.
    async fn attempt(
        &mut self,
        stop: &CancellationToken,
    ) -> Option<Result<(usize, Came), Trouble>> {
        let goes_on = self.course.is_held() && self.anew.is_empty();
        let base = goes_on.then(|| self.version()).flatten();
        let (zone, upstreams, store) = (&self.zone, &self.upstreams, &self.store);
        let (first, look) = (self.first, self.look);
        let course = &mut self.course;
        let mut asking = pin!(async {
            let mut last = None;
            for at in 0..upstreams.len() {
                let at = (first + at) % upstreams.len();
                let Some(upstream) = upstreams.get(at) else {
                    continue;
                };
                match upstream.attempt(zone, base.clone(), look, store).await {
                    Ok(came) => return Some(Ok((at, came))),
                    Err(trouble) => {
                        let error = telemetry::chain(&trouble);
                        tracing::debug!(%zone, primary = upstream.label(), error, "not followed");
                        last = Some(trouble);
                    }
                }
            }
            last.map(Err)
        });
        loop {
            let expires = course.expires();
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                outcome = &mut asking => return outcome,
                // A transfer may take longer than the copy is good for.
                () = sleep_until(expires.unwrap_or_else(Instant::now)), if expires.is_some() => {
                    course.expired();
                    if store.set_expired(zone, true) {
                        tracing::error!(%zone, "{EXPIRED}");
                    }
                }
            }
        }
    }

    /// Takes what came of an attempt.
    fn take(&mut self, outcome: Result<(usize, Came), Trouble>) {
        self.look = true;
        for waits in self.anew.drain(..) {
            let told = match &outcome {
                Ok((_, Came::New { done, .. })) => Ok(*done),
                Ok((_, Came::Current)) => Err("the primary has given nothing".to_owned()),
                Err(trouble) => Err(telemetry::chain(trouble)),
            };
            // Whoever asked may have gone.
            let _unheard = waits.send(told).is_err();
        }
        let now = Instant::now();
        match outcome {
            Ok((at, came)) => {
                self.first = at;
                self.succeed(came, now);
            }
            Err(trouble) => {
                self.course.failed(now, dice());
                self.fail(&trouble);
            }
        }
        if let Some(attempted) = self.attempted.take() {
            // At the end nobody waits any more.
            let _unheard = attempted.send(()).is_err();
        }
    }

    fn succeed(&mut self, came: Came, now: Instant) {
        let (zone, primary) = (&self.zone, self.upstreams.get(self.first));
        let primary = primary.map(Upstream::label);
        if self.said.take().is_some() {
            tracing::info!(%zone, primary, "zone is followed again");
        }
        let Some(timers) = self.timers() else {
            return;
        };
        self.store.set_expired(zone, false);
        self.course.confirmed(timers, now, dice());
        match came {
            Came::New { done, kind, took } => {
                let (serial, records) = (done.serial.0, done.records);
                let took = format!("{took:.1?}");
                tracing::info!(%zone, primary, serial, records, kind, took, "zone is new from its primary");
                if self.file.is_some() && self.write_at.is_none() {
                    self.write_at = Some(now + self.write_pause);
                }
            }
            Came::Current if self.write_at.is_none() => {
                let file = self.file.as_ref();
                let confirmed = file.map(|file| file.confirm(clock::now().unix_seconds()));
                if let Some(Err(error)) = confirmed {
                    tracing::debug!(%zone, %error, "note that a copy is confirmed");
                    self.write_at = Some(now + self.write_pause);
                }
            }
            Came::Current => {}
        }
    }

    fn fail(&mut self, trouble: &Trouble) {
        let (zone, error) = (&self.zone, telemetry::chain(trouble));
        if self.said.as_ref() == Some(&error) {
            return;
        }
        let hint = Some(trouble.hint()).filter(|hint| !hint.is_empty());
        if self.course.is_held() {
            tracing::warn!(%zone, error, hint, "no primary could be followed, the zone is served as it was");
        } else {
            tracing::error!(%zone, error, hint, "no primary could be followed, the zone is not served");
        }
        self.said = Some(error);
    }

    fn expire(&mut self) {
        self.course.expired();
        if self.store.set_expired(&self.zone, true) {
            tracing::error!(zone = %self.zone, "{EXPIRED}");
        }
    }

    fn listen(&mut self, told: Told) {
        match told {
            Told::Notice(notice) => self.hear(notice),
            Told::Retransfer(waits) => {
                self.anew.push(waits);
                self.look = false;
                self.course.told(Instant::now());
            }
        }
    }

    fn hear(&mut self, notice: Notice) {
        let ours = self.course.is_held().then(|| self.serial()).flatten();
        if let (Some(ours), Some(theirs)) = (ours, notice.serial)
            && theirs == ours
        {
            return;
        }
        let primary = self.upstreams.get(notice.primary).map(Upstream::label);
        let serial = notice.serial.map(|serial| serial.0);
        tracing::debug!(zone = %self.zone, primary, serial, "told of a change");
        self.first = notice.primary;
        self.look = false;
        self.course.told(Instant::now());
    }

    /// Hears what was said during an attempt.
    fn drain(&mut self) {
        while let Ok(told) = self.notices.try_recv() {
            self.listen(told);
        }
    }

    /// Writes the copy to its file.
    async fn write(&mut self) {
        self.write_at = None;
        let (Some(file), Some(copied)) = (self.file.clone(), self.store.copied(&self.zone)) else {
            return;
        };
        let (begin, confirmed) = (Instant::now(), clock::now().unix_seconds());
        let written = tokio::task::spawn_blocking(move || file.write(&copied, confirmed));
        let written = written.await;
        // A large zone that changes all the time is not written all the time.
        self.write_pause = (begin.elapsed() * 20).max(LEAST_PAUSE);
        let error = written.ok().and_then(Result::err);
        if error.is_some() {
            self.write_at = Some(Instant::now() + MOST_PAUSE);
        }
        // Once, not each minute.
        let error = error.map(|error| error.to_string());
        if let Some(error) = error
            .as_ref()
            .filter(|error| self.unwritten.as_ref() != Some(error))
        {
            tracing::warn!(
                zone = %self.zone, error,
                "the copy of this zone could not be written; it is tried again"
            );
        }
        self.unwritten = error;
    }

    fn version(&self) -> Option<Arc<Zone>> {
        let since = self.store.since(&self.zone, Serial(0))?;
        since.zone.withheld().is_none().then_some(since.zone)
    }

    fn serial(&self) -> Option<Serial> {
        let snapshot = self.store.snapshot();
        snapshot.zone(self.zone.as_ref()).map(Zone::serial)
    }

    fn timers(&self) -> Option<Timers> {
        let snapshot = self.store.snapshot();
        let apex = snapshot.zone(self.zone.as_ref())?.apex_node()?;
        apex.rrset(Rtype::SOA).map(|soa| Timers::of(soa.first()))
    }

    /// Shows how the zone is to those who ask.
    pub(super) fn show(&self, statuses: &Statuses) {
        let snapshot = self.store.snapshot();
        let withheld = snapshot.zone(self.zone.as_ref()).and_then(Zone::withheld);
        let state = match (withheld, &self.said) {
            (None, None) => State::Served,
            (None, Some(_)) => State::Unconfirmed,
            (Some(zone::Withheld::Absent), _) => State::Waiting,
            (Some(zone::Withheld::Expired), _) => State::Expired,
        };
        let mut primaries: Vec<&str> = self.upstreams.iter().map(Upstream::label).collect();
        primaries.extend(self.reason.as_deref());
        let report = self.said.clone().unwrap_or_default();
        let status = Status::followed(&primaries, state, report);
        statuses.set(self.zone.clone(), status);
    }
}

/// A random number.
fn dice() -> u32 {
    getrandom::u32().unwrap_or_default()
}

const EXPIRED: &str = "no primary has confirmed the zone for as long as its SOA allows: it has expired, \
                       and is not served until one does";

/// How long changes are gathered before the copy is written, and how long after an error.
const LEAST_PAUSE: Duration = Duration::from_secs(2);
const MOST_PAUSE: Duration = Duration::from_mins(1);
