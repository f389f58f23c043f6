//! The election: one task that follows the Lease, takes it when it is free, and keeps it.

use std::time::Duration;

use serde_json::Value;
use source::watch::Link;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::{Candidate, LeaseOptions, Standing, Term};
use crate::api::{Api, ApiError, Fault, Resource};
use crate::clock::boot_time;

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
pub(super) enum Over {
    Lost,
    Stopped,
}

/// A Lease as it was seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) lease: Value,
    pub(super) record: Record,
    /// When this record was seen first, by our clock.
    pub(super) since: Duration,
}

pub(super) struct Election {
    pub(super) api: Api,
    pub(super) resource: Resource,
    pub(super) candidate: Option<Candidate>,
    /// What stands in the Lease while we hold it.
    pub(super) identity: Option<String>,
    pub(super) options: LeaseOptions,
    pub(super) seen: Option<Seen>,
    /// Whether the server has answered yet.
    pub(super) heard: bool,
    /// The highest number of a term that was seen.
    pub(super) highest: u32,
    standing: watch::Sender<Standing>,
    /// Whether it was said that the API server gives no answer.
    trouble: bool,
    /// Whether we have the right to watch; else it is asked again and again.
    pub(super) may_watch: bool,
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

    /// Tells of others; who leads itself is told by what it does.
    pub(super) fn tell_who_leads(&self) {
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

    pub(super) fn say(&self, next: Standing) {
        self.standing.send_if_modified(|now| {
            let differs = !now.is_same(&next);
            if differs {
                *now = next;
            }
            differs
        });
    }

    /// Says once that the Lease is out of reach, and once that it is back.
    pub(super) fn tell_trouble(&mut self, error: Option<&ApiError>) {
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
pub(super) const LEAST_PATIENCE: Duration = Duration::from_millis(500);
