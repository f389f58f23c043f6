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
use plan::group::GroupKey;
use plan::{ChangeSet, Endpoint, ObjectRef, ProviderError, RowName};
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
            (&done.created, READY, CREATED),
            (&done.updated, READY, UPDATED),
            (&done.deleted, DELETED, GONE),
        ];
        for (endpoints, reason, action) in parts {
            for endpoint in endpoints {
                self.event(endpoint, reason, action, false, String::new());
            }
        }
    }

    /// Changes to a name were refused.
    pub(super) fn failed(&self, name: &RowName, changes: &ChangeSet, error: &ProviderError) {
        let created = changes.create.iter().map(|made| (made, CREATED));
        let updated = changes.update.iter().map(|update| (&update.new, UPDATED));
        let deleted = changes.delete.iter().map(|gone| (gone, GONE));
        for (endpoint, action) in created.chain(updated).chain(deleted) {
            if GroupKey::of(endpoint).name == *name {
                self.event(endpoint, ERROR, action, true, telemetry::chain(error));
            }
        }
    }

    /// An endpoint lost its name to another one.
    pub(super) fn lost(&self, conflict: &Conflict, text: &str) {
        self.event(&conflict.loser, ERROR, NOTHING, true, text.to_owned());
    }

    /// A name cannot be where it is wanted.
    pub(super) fn homeless(&self, endpoint: &Endpoint, text: &str) {
        self.event(endpoint, ERROR, NOTHING, true, text.to_owned());
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
                action: NOTHING,
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

// What was done, or tried, in the words that external-dns has for it.
const CREATED: &str = "Created";
const UPDATED: &str = "Updated";
const GONE: &str = "Deleted";

/// Nothing could be tried.
const NOTHING: &str = "FailedSync";

/// Words waiting to be written.
const QUEUE: usize = 1024;

#[cfg(test)]
mod tests {
    use plan::{ErrorKind, Update};
    use wire::Rtype;

    use super::*;

    #[test]
    fn events_say_what_was_done_or_tried() {
        let (reports, mut items) = Reports::new(&[
            EventReason::RecordDeleted,
            EventReason::RecordError,
            EventReason::RecordReady,
        ]);
        let endpoint = |name: &str| {
            let mut endpoint = Endpoint::new(name, Rtype::A, ["192.0.2.1"]);
            endpoint.origins = vec![Arc::new(ObjectRef {
                kind: "Service",
                api_version: "v1",
                namespace: "default".into(),
                name: "web".into(),
                uid: "1".into(),
                created: 0,
            })];
            endpoint
        };
        let all = ["a.example", "b.example", "c.example"].map(endpoint);
        let [a, b, c] = &all;
        let done = Done {
            created: vec![a],
            updated: vec![b],
            deleted: vec![c],
        };
        reports.made(&done);
        let update = Update {
            old: a.clone(),
            new: a.clone(),
        };
        let changes = ChangeSet {
            create: vec![a.clone(), b.clone()],
            update: vec![update],
            delete: vec![a.clone()],
        };
        let error = ProviderError {
            kind: ErrorKind::Rejected,
            provider: "webhook",
            operation: "apply changes",
            message: "no".to_owned(),
            source: None,
        };
        reports.failed(&RowName::new("a.example"), &changes, &error);
        reports.homeless(c, "it is hidden");
        let mut said = Vec::new();
        while let Ok(Item::Event { reason, action, .. }) = items.try_recv() {
            said.push((reason, action));
        }
        let expected = [
            (READY, CREATED),
            (READY, UPDATED),
            (DELETED, GONE),
            (ERROR, CREATED),
            (ERROR, UPDATED),
            (ERROR, GONE),
            (ERROR, NOTHING),
        ];
        assert_eq!(said, expected);
    }
}
