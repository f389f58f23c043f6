//! What becomes of objects' wishes, told to the cluster: Events on the objects, if they are asked
//! for, and the status of DNSEndpoints.
//!
//! Told through a bounded queue; when it is full, what is new is dropped, since records matter more
//! than words about them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use config::EventReason;
use plan::diff::Conflict;
use plan::{Endpoint, ObjectRef, ProviderError};
use source::Problem;
use source::object::Key;
use source::watch::{Report, Reporter};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;

use crate::app::telemetry;

/// Tells what becomes of wishes. Clones tell the same.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    sender: Option<Sender<Item>>,
    reasons: Arc<BTreeSet<&'static str>>,
    dropped: Arc<AtomicU64>,
    begin: Instant,
}

/// What was done at a destination.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) created: Vec<&'a Endpoint>,
    pub(super) updated: Vec<&'a Endpoint>,
    pub(super) deleted: Vec<&'a Endpoint>,
}

/// Something to write.
#[derive(Debug)]
pub(super) enum Item {
    Event {
        object: Arc<ObjectRef>,
        reason: &'static str,
        action: &'static str,
        warning: bool,
        note: String,
    },
    Observed {
        key: Key,
        generation: i64,
    },
}

impl Reports {
    /// Tells nobody.
    pub(super) fn silent() -> Self {
        Self {
            sender: None,
            reasons: Arc::default(),
            dropped: Arc::default(),
            begin: Instant::now(),
        }
    }

    /// Tells a task that writes to the cluster, which has the other end.
    pub(super) fn new(emitted: &[EventReason]) -> (Self, Receiver<Item>) {
        let (sender, items) = mpsc::channel(QUEUE);
        let reasons = emitted.iter().map(|reason| match reason {
            EventReason::RecordDeleted => DELETED,
            EventReason::RecordError => ERROR,
            EventReason::RecordReady => READY,
        });
        let reports = Self {
            sender: Some(sender),
            reasons: Arc::new(reasons.collect()),
            ..Self::silent()
        };
        (reports, items)
    }

    /// The time since the start, for the brake: time that passes while the clock jumps counts once.
    pub(super) fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Records were made, changed and taken away.
    pub(super) fn made(&self, done: &Done<'_>) {
        let parts = [
            (&done.created, READY, "Created"),
            (&done.updated, READY, "Updated"),
            (&done.deleted, DELETED, "Deleted"),
        ];
        for (endpoints, reason, action) in parts {
            for endpoint in endpoints {
                self.event(endpoint, reason, action, false, String::new());
            }
        }
    }

    /// Changes were refused.
    pub(super) fn failed<'a>(
        &self,
        endpoints: impl Iterator<Item = &'a Endpoint>,
        error: &ProviderError,
    ) {
        for endpoint in endpoints {
            self.event(endpoint, ERROR, "Updated", true, telemetry::chain(error));
        }
    }

    /// An endpoint lost its name to another one.
    pub(super) fn lost(&self, conflict: &Conflict, text: &str) {
        self.event(&conflict.loser, ERROR, "Updated", true, text.to_owned());
    }

    /// A name cannot be where it is wanted.
    pub(super) fn homeless(&self, endpoint: &Endpoint, text: &str) {
        self.event(endpoint, ERROR, "Updated", true, text.to_owned());
    }

    /// Something is wrong with an object.
    pub(super) fn wrong(&self, object: &Arc<ObjectRef>, problems: &[Problem]) {
        if !self.reasons.contains(ERROR) {
            return;
        }
        for problem in problems {
            let reason = problem.reason.label();
            let note = format!("(external-dns) {reason}: {}", problem.message);
            self.send(Item::Event {
                object: Arc::clone(object),
                reason: ERROR,
                action: "Updated",
                warning: true,
                note,
            });
        }
    }

    /// A DNSEndpoint was seen in this version.
    pub(super) fn observed(&self, key: Key, generation: i64) {
        self.send(Item::Observed { key, generation });
    }

    fn event(
        &self,
        endpoint: &Endpoint,
        reason: &'static str,
        action: &'static str,
        warning: bool,
        why: String,
    ) {
        if !self.reasons.contains(reason) {
            return;
        }
        let owner = endpoint
            .labels
            .value(plan::Labels::OWNER)
            .unwrap_or_default();
        let ttl = endpoint.ttl.map_or(0, wire::Ttl::as_secs);
        let colon = if why.is_empty() { "" } else { ": " };
        let note = format!(
            "(external-dns) record:{},owner:{owner},type:{},ttl:{ttl},targets:{}{colon}{why}",
            endpoint.name,
            endpoint.rtype,
            endpoint.targets.join(","),
        );
        for object in &endpoint.origins {
            let (object, note) = (Arc::clone(object), note.clone());
            self.send(Item::Event {
                object,
                reason,
                action,
                warning,
                note,
            });
        }
    }

    fn send(&self, item: Item) {
        let Some(sender) = &self.sender else { return };
        if sender.try_send(item).is_err() && self.dropped.fetch_add(1, Relaxed) == 0 {
            tracing::warn!("more to tell the cluster than it takes, some Events are left out");
        }
    }
}

/// Writes what is told, until nobody tells any more.
pub(super) async fn write(reporter: Reporter, mut items: Receiver<Item>) {
    let mut refused = false;
    while let Some(item) = items.recv().await {
        let written = match &item {
            Item::Event {
                object,
                reason,
                action,
                warning,
                note,
            } => {
                let report = Report {
                    object,
                    source: &object.kind.to_ascii_lowercase(),
                    reason,
                    action,
                    warning: *warning,
                    note: note.clone(),
                    now: now(),
                };
                reporter.event(&report).await
            }
            Item::Observed { key, generation } => reporter.observed(key, *generation).await,
        };
        match written {
            Ok(()) => refused = false,
            // Said once: without the right to it, every one is refused.
            Err(error) if !refused => {
                refused = true;
                let error = telemetry::chain(&error);
                tracing::warn!(
                    error,
                    "status or Event is not written, which harms no record"
                );
            }
            Err(_) => {}
        }
    }
}

/// Nanoseconds since 1970.
fn now() -> u128 {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the application looks at the clock"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

const READY: &str = "RecordReady";
const ERROR: &str = "RecordError";
const DELETED: &str = "RecordDeleted";

/// Words waiting to be written.
const QUEUE: usize = 1024;
