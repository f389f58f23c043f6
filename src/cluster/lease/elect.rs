//! The election: one task that follows the Lease, takes it when it is free, and keeps it.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use source::watch::Link;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::record::{Holding, Record, blank};
use super::{Candidate, LeaseOptions, Standing, Term};
use crate::api::{Api, ApiError, Fault, Lines, Resource};
use crate::clock::{boot_time, wall_time};

/// Runs for the lead: gives the task to be run, and what it finds.
///
/// The task ends after `stop`; if it leads then, it lets go of the Lease first, so that another one
/// takes it at once: cancel `stop` when all writes are done. While the API server is away a leader
/// steps down at the renew deadline, and the task goes on trying.
pub fn elect(
    link: Link,
    candidate: Candidate,
    options: LeaseOptions,
    stop: CancellationToken,
) -> (impl Future<Output = ()> + Send, watch::Receiver<Standing>) {
    run(link, Some(candidate), options, stop)
}

/// As [`elect()`], for who only wants to know who leads.
pub fn observe(
    link: Link,
    options: LeaseOptions,
    stop: CancellationToken,
) -> (impl Future<Output = ()> + Send, watch::Receiver<Standing>) {
    run(link, None, options, stop)
}

fn run(
    link: Link,
    candidate: Option<Candidate>,
    options: LeaseOptions,
    stop: CancellationToken,
) -> (impl Future<Output = ()> + Send, watch::Receiver<Standing>) {
    let (standing, receiver) = watch::channel(Standing::Unknown);
    // A process is told apart from one of the same name before it.
    let mark = random();
    let identity = candidate
        .as_ref()
        .map(|candidate| format!("{}_{mark:016x}", candidate.name));
    let mut election = Election {
        api: Api::new(link),
        resource: Resource {
            group: "coordination.k8s.io",
            version: "v1",
            plural: "leases",
            namespace: options.namespace.clone(),
        },
        candidate,
        identity,
        options,
        seen: None,
        heard: false,
        highest: 0,
        standing,
        trouble: false,
        may_watch: true,
    };
    let task = async move {
        loop {
            let turn = tokio::select! {
                () = stop.cancelled() => break,
                term = election.follow() => term,
            };
            if election.lead(&turn, &stop).await == Over::Stopped {
                election.release(&turn).await;
                break;
            }
        }
    };
    (task, receiver)
}

/// Why leading is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Lost,
    Stopped,
}

/// A Lease as it was seen.
#[derive(Clone, Debug)]
struct Seen {
    lease: Value,
    record: Record,
    /// When this record was seen first, by our clock.
    since: Duration,
}

struct Election {
    api: Api,
    resource: Resource,
    candidate: Option<Candidate>,
    /// What stands in the Lease while we hold it.
    identity: Option<String>,
    options: LeaseOptions,
    seen: Option<Seen>,
    /// Whether the server has answered yet.
    heard: bool,
    /// The highest number of a term that was seen.
    highest: u32,
    standing: watch::Sender<Standing>,
    /// Whether it was said that the API server gives no answer.
    trouble: bool,
    /// Whether we have the right to watch; else it is asked again and again.
    may_watch: bool,
}

impl Election {
    /// Follows the Lease until it is ours.
    async fn follow(&mut self) -> Term {
        loop {
            let looked = self.look().await;
            self.tell_trouble(looked.as_ref().err());
            let pause = match looked {
                Ok(()) => match self.try_to_take().await {
                    Ok(Some(term)) => return term,
                    Ok(None) => self.wait().await,
                    // Somebody was faster.
                    Err(ApiError {
                        fault: Fault::Conflict,
                        ..
                    }) => Duration::ZERO,
                    Err(error) => {
                        self.tell_trouble(Some(&error));
                        self.options.retry
                    }
                },
                Err(_) => self.options.retry,
            };
            self.tell_who_leads();
            sleep(jittered(pause)).await;
        }
    }

    /// Reads the Lease.
    async fn look(&mut self) -> Result<(), ApiError> {
        let name = format!("/{}", self.options.name);
        let patience = self.options.retry.max(LEAST_PATIENCE);
        let read = self
            .api
            .call(Method::GET, &self.resource, &name, None, patience);
        match read.await {
            Ok(lease) => self.see(lease),
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => self.seen = None,
            Err(error) => return Err(error),
        }
        self.heard = true;
        self.tell_who_leads();
        Ok(())
    }

    /// Takes in what the Lease says. One that says what it said before is only a new version.
    fn see(&mut self, lease: Value) {
        let record = Record::of(&lease);
        self.highest = self.highest.max(record.transitions);
        let before = self.seen.take().filter(|seen| seen.record == record);
        let since = before.map_or_else(boot_time, |seen| seen.since);
        self.seen = Some(Seen {
            lease,
            record,
            since,
        });
    }

    /// How long it is until the Lease may be taken; none where nobody has one.
    fn runs_out_in(&self) -> Option<Duration> {
        let seen = self.seen.as_ref()?;
        let ours = Some(&seen.record.holder) == self.identity.as_ref();
        if seen.record.holder.is_empty() || ours {
            return None;
        }
        // Settings may differ while versions are changed: the longer time is safe.
        let lasts = seen.record.duration.max(self.options.duration);
        let left = (seen.since + lasts).saturating_sub(boot_time());
        (!left.is_zero()).then_some(left)
    }

    /// Takes the Lease if it is free; fails if somebody else was faster.
    async fn try_to_take(&mut self) -> Result<Option<Term>, ApiError> {
        let (Some(identity), Some(candidate)) = (&self.identity, &self.candidate) else {
            return Ok(None);
        };
        if self.runs_out_in().is_some() {
            return Ok(None);
        }
        let now = wall_time();
        let (mut lease, transitions) = match &self.seen {
            Some(seen) => (
                seen.lease.clone(),
                seen.record.transitions.saturating_add(1),
            ),
            // Numbers of terms go on where somebody has deleted the Lease.
            None => {
                let first = first_transition(now);
                (
                    blank(&self.options),
                    first.max(self.highest.saturating_add(1)),
                )
            }
        };
        Holding {
            holder: identity,
            address: Some(candidate.address),
            seconds: self.options.seconds(),
            transitions,
            acquired: Some(now),
            renewed: now,
        }
        .write(&mut lease);
        let (method, behind) = match &self.seen {
            Some(_) => (Method::PUT, format!("/{}", self.options.name)),
            None => (Method::POST, String::new()),
        };
        let sent = boot_time();
        let patience = self.options.renew_deadline / 2;
        let written = self
            .api
            .call(method, &self.resource, &behind, Some(&lease), patience);
        self.see(written.await?);
        let spent = boot_time().saturating_sub(sent);
        let left = self.options.renew_deadline.saturating_sub(spent);
        let term = Term::begin(transitions.into(), left);
        tracing::info!(lease = %self.options.name, term = term.number(), "this replica leads");
        self.tell_trouble(None);
        self.say(Standing::Leader(term.clone()));
        Ok(Some(term))
    }

    /// Waits until the Lease may be free, and tells who leads meanwhile; gives how long to wait before
    /// it is looked at again.
    async fn wait(&mut self) -> Duration {
        if !self.may_watch {
            return self.options.retry;
        }
        let version = self
            .seen
            .as_ref()
            .and_then(|seen| seen.lease.pointer("/metadata/resourceVersion"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let query = format!(
            "?watch=true&fieldSelector=metadata.name%3D{}&resourceVersion={version}",
            self.options.name
        );
        let patience = self.options.retry.max(LEAST_PATIENCE);
        let lines = match self.api.watch(&self.resource, &query, patience).await {
            Ok(lines) => lines,
            Err(error) => {
                if let Fault::Forbidden { .. } = error.fault {
                    self.may_watch = false;
                }
                self.tell_trouble(Some(&error));
                return self.options.retry;
            }
        };
        self.hear(lines).await
    }

    /// Hears of renewals until there is something to do.
    async fn hear(&mut self, mut lines: Lines) -> Duration {
        loop {
            self.tell_who_leads();
            // A holder renews each `retry`: a silence may be that of the connection. The end of the
            // Lease comes before, or the look at the Lease finds it.
            let most = self.options.retry * 2;
            let silence = match self.runs_out_in() {
                Some(left) => left.min(most),
                // It is free, and we are not to take it.
                None if self.identity.is_none() => most,
                None => return Duration::ZERO,
            };
            let heard = tokio::time::timeout(silence, lines.next()).await;
            let Ok(heard) = heard else {
                return Duration::ZERO;
            };
            let Some(event) = heard else {
                // The server ends a watch after a while; one that always does is not asked faster.
                return self.options.retry / 2;
            };
            let kind = event.get("type").and_then(Value::as_str);
            match (kind, event.get("object")) {
                (Some("ADDED" | "MODIFIED"), Some(lease)) => self.see(lease.clone()),
                (Some("BOOKMARK"), _) => {}
                _ => return self.options.retry / 2,
            }
        }
    }

    /// Renews until that does not do any more.
    async fn lead(&mut self, term: &Term, stop: &CancellationToken) -> Over {
        let mut pause = self.options.retry;
        loop {
            let pause_or_end = sleep(pause.min(term.left()));
            tokio::select! {
                () = stop.cancelled() => return Over::Stopped,
                () = pause_or_end => {}
            }
            if !term.may_write() {
                return self.lose(term, None);
            }
            match self.renew(term).await {
                Ok(true) => {
                    self.tell_trouble(None);
                    pause = self.options.retry;
                }
                Ok(false) => return self.lose(term, Some("another one holds the Lease")),
                Err(error) if error.fault.may_pass() => {
                    self.tell_trouble(Some(&error));
                    pause = self.options.retry / 4;
                }
                Err(error) => {
                    self.tell_trouble(Some(&error));
                    return self.lose(term, Some("the Lease cannot be written"));
                }
            }
        }
    }

    /// Renews once; tells whether the Lease is still ours.
    async fn renew(&mut self, term: &Term) -> Result<bool, ApiError> {
        // A renewal of ours may have been carried out though we were not told: then the version that
        // we know is not the last one.
        for _ in 0..2 {
            let sent = boot_time();
            let Some(mut lease) = self.seen.as_ref().map(|seen| seen.lease.clone()) else {
                return Ok(false);
            };
            self.holding(term, wall_time()).write(&mut lease);
            let name = format!("/{}", self.options.name);
            let patience = self.options.retry.max(LEAST_PATIENCE).min(term.left());
            let written = self
                .api
                .call(Method::PUT, &self.resource, &name, Some(&lease), patience);
            match written.await {
                Ok(lease) => {
                    self.see(lease);
                    term.extend(sent + self.options.renew_deadline);
                    return Ok(true);
                }
                Err(ApiError {
                    fault: Fault::Conflict,
                    ..
                }) => {
                    self.look().await?;
                    let seen = self.seen.as_ref();
                    if seen.map(|seen| &seen.record.holder) != self.identity.as_ref() {
                        return Ok(false);
                    }
                }
                Err(ApiError {
                    fault: Fault::Absent,
                    ..
                }) => {
                    self.seen = None;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        // Somebody writes to it all the time; the next renewal may come through.
        Ok(true)
    }

    fn holding(&self, term: &Term, now: Duration) -> Holding<'_> {
        Holding {
            holder: self.identity.as_deref().unwrap_or_default(),
            address: self.candidate.as_ref().map(|candidate| candidate.address),
            seconds: self.options.seconds(),
            // It was made of one.
            transitions: u32::try_from(term.number()).unwrap_or(u32::MAX),
            acquired: None,
            renewed: now,
        }
    }

    fn lose(&self, term: &Term, why: Option<&str>) -> Over {
        term.end();
        let why = why.unwrap_or("it could not be renewed in time");
        tracing::warn!(lease = %self.options.name, term = term.number(), "this replica does not lead any more: {why}");
        self.say(Standing::Follower { leader: None });
        Over::Lost
    }

    /// Lets go of the Lease, so that another one takes it at once.
    async fn release(&mut self, term: &Term) {
        let patience = term.left().min(self.options.retry.max(LEAST_PATIENCE));
        term.end();
        self.say(Standing::Follower { leader: None });
        let Some(mut lease) = self.seen.as_ref().map(|seen| seen.lease.clone()) else {
            return;
        };
        Holding {
            holder: "",
            address: None,
            seconds: 1,
            ..self.holding(term, wall_time())
        }
        .write(&mut lease);
        let name = format!("/{}", self.options.name);
        let written = self
            .api
            .call(Method::PUT, &self.resource, &name, Some(&lease), patience);
        match written.await {
            Ok(_) => tracing::info!(lease = %self.options.name, "let go of the lead"),
            // Others wait for its end then.
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "did not let go of the lead; another replica leads when the Lease has run out"
            ),
        }
    }

    /// Tells of others; who leads itself is told by what it does.
    fn tell_who_leads(&self) {
        if !self.heard {
            return;
        }
        if let Standing::Leader(term) = &*self.standing.borrow()
            && term.may_write()
        {
            return;
        }
        let seen = self.seen.as_ref();
        let leader = seen
            .filter(|_| self.runs_out_in().is_some())
            .and_then(|seen| seen.record.leader());
        self.say(Standing::Follower { leader });
    }

    fn say(&self, next: Standing) {
        self.standing.send_if_modified(|now| {
            let differs = !now.is_same(&next);
            if differs {
                *now = next;
            }
            differs
        });
    }

    /// Says once that the Lease is out of reach, and once that it is back.
    fn tell_trouble(&mut self, error: Option<&ApiError>) {
        match error {
            Some(error) if !self.trouble => {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "the Lease that says who leads is out of reach; tried again"
                );
            }
            None if self.trouble => tracing::info!("the Lease is within reach again"),
            _ => {}
        }
        self.trouble = error.is_some();
    }
}

/// Seconds since the start of 2026: above the transitions that a Lease before this one can have come to.
fn first_transition(now: Duration) -> u32 {
    const START: u64 = 1_767_225_600;
    let seconds = now.as_secs().saturating_sub(START);
    // The field is signed; this is for a hundred years from then on.
    u32::try_from(seconds)
        .unwrap_or(u32::MAX)
        .clamp(1, i32::MAX.unsigned_abs())
}

/// Up to a tenth less, so that candidates do not ask at the same instant.
fn jittered(pause: Duration) -> Duration {
    let share = u32::from(random().to_le_bytes()[0]);
    pause - pause / 10 * share / 256
}

fn random() -> u64 {
    // Without random bytes the time tells processes apart.
    getrandom::u64().unwrap_or_else(|_| boot_time().as_secs() ^ u64::from(std::process::id()))
}

/// A request has this time at least, whatever the retry is.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
