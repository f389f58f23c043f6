//! What is told, and in which words.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use config::EventReason;
use plan::diff::Conflict;
use plan::group::GroupKey;
use plan::{ChangeSet, Endpoint, ObjectRef, ProviderError, RowName};
use source::Problem;
use source::object::{Key, Kind};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::Instant;

use super::outbox::{Event, Outbox, Told};
use super::wishes::Wishes;
use crate::app::telemetry;

/// Tells what becomes of wishes. Clones tell the same.
#[derive(Clone, Debug)]
pub(in crate::app::sync) struct Reports {
    /// None if nobody is told.
    sender: Option<Sender<Event>>,
    told: Arc<Told>,
    reasons: Arc<BTreeSet<&'static str>>,
    begin: Instant,
}

/// What was done at a destination.
#[derive(Debug)]
pub(in crate::app::sync) struct Done<'a> {
    pub(in crate::app::sync) created: Vec<&'a Endpoint>,
    pub(in crate::app::sync) updated: Vec<&'a Endpoint>,
    pub(in crate::app::sync) deleted: Vec<&'a Endpoint>,
}

impl Reports {
    /// Tells nobody.
    pub(in crate::app::sync) fn silent() -> Self {
        Self {
            sender: None,
            told: Arc::default(),
            reasons: Arc::default(),
            begin: Instant::now(),
        }
    }

    /// Tells a task that writes to the cluster, which has the other end.
    pub(in crate::app::sync) fn new(emitted: &[EventReason], told: &Arc<Told>) -> (Self, Outbox) {
        let (sender, events) = mpsc::channel(QUEUE);
        let reasons = emitted.iter().map(|reason| match reason {
            EventReason::RecordDeleted => DELETED,
            EventReason::RecordError => ERROR,
            EventReason::RecordReady => READY,
        });
        let reports = Self {
            sender: Some(sender),
            told: Arc::clone(told),
            reasons: Arc::new(reasons.collect()),
            ..Self::silent()
        };
        let told = Arc::clone(told);
        (reports, Outbox { events, told })
    }

    /// The time since the start, for the brake: time that passes while the clock jumps counts once.
    pub(in crate::app::sync) fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Records were made, changed and taken away.
    pub(in crate::app::sync) fn made(&self, done: &Done<'_>, wishes: &mut Wishes) {
        let tells_deletes = self.reasons.contains(DELETED);
        if tells_deletes {
            for endpoint in done.created.iter().chain(&done.updated) {
                wishes.note(endpoint);
            }
        }
        let parts = [
            (&done.created, READY, CREATED),
            (&done.updated, READY, UPDATED),
            (&done.deleted, DELETED, GONE),
        ];
        for (endpoints, reason, action) in parts {
            for endpoint in endpoints {
                let mut endpoint = Cow::Borrowed(*endpoint);
                if action == GONE && tells_deletes {
                    let origins = wishes.take(&endpoint);
                    if endpoint.origins.is_empty() && !origins.is_empty() {
                        endpoint.to_mut().origins = origins;
                    }
                }
                self.event(&endpoint, reason, action, false, String::new());
            }
        }
    }

    /// Whether anybody is told of what went wrong.
    pub(in crate::app::sync) fn tells_errors(&self) -> bool {
        self.reasons.contains(ERROR)
    }

    /// Changes to these names were not taken.
    pub(in crate::app::sync) fn failed(
        &self,
        is_meant: impl Fn(&RowName) -> bool,
        changes: &ChangeSet,
        error: &ProviderError,
    ) {
        let created = changes.create.iter().map(|made| (made, CREATED));
        let updated = changes.update.iter().map(|update| (&update.new, UPDATED));
        let deleted = changes.delete.iter().map(|gone| (gone, GONE));
        for (endpoint, action) in created.chain(updated).chain(deleted) {
            if is_meant(&GroupKey::of(endpoint).name) {
                self.event(endpoint, ERROR, action, true, telemetry::chain(error));
            }
        }
    }

    /// An endpoint lost its name to another one.
    pub(in crate::app::sync) fn lost(&self, conflict: &Conflict, text: &str) {
        self.event(&conflict.loser, ERROR, NOTHING, true, text.to_owned());
    }

    /// A name cannot be where it is wanted.
    pub(in crate::app::sync) fn homeless(&self, endpoint: &Endpoint, text: &str) {
        self.event(endpoint, ERROR, NOTHING, true, text.to_owned());
    }

    /// The brake holds deletes. They are of many objects, some of which are gone: it is told of the
    /// namespace that is always there.
    pub(in crate::app::sync) fn braked(&self, destination: &str, zone: &str, held: usize) {
        if !self.reasons.contains(ERROR) {
            return;
        }
        let namespace = ObjectRef {
            kind: "Namespace",
            api_version: "v1",
            namespace: "default".into(),
            name: "default".into(),
            uid: Box::default(),
            created: 0,
        };
        let note = format!(
            "(external-dns) destination:{destination},zone:{zone}: too many deletes within an \
             interval, {held} are held; if they are meant, `zonewright brake release` lets them go"
        );
        self.send(Event {
            object: Arc::new(namespace),
            reason: ERROR,
            action: HELD,
            warning: true,
            note,
        });
    }

    /// Something is wrong with an object.
    pub(in crate::app::sync) fn wrong(&self, object: &Arc<ObjectRef>, problems: &[Problem]) {
        if !self.reasons.contains(ERROR) {
            return;
        }
        for problem in problems {
            let reason = problem.reason.label();
            let note = format!("(external-dns) {reason}: {}", problem.message);
            self.send(Event {
                object: Arc::clone(object),
                reason: ERROR,
                action: NOTHING,
                warning: true,
                note,
            });
        }
    }

    /// A DNSEndpoint was seen in this version, which its status does not say.
    pub(in crate::app::sync) fn observed(&self, key: Key, generation: i64) {
        if self.sender.is_some() {
            self.told.add(key, generation);
        }
    }

    /// The status of a DNSEndpoint is as it should be, or there is none.
    pub(in crate::app::sync) fn unobserved(&self, key: &Key) {
        self.told.forget(key);
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
        let mut objects = endpoint.origins.clone();
        if objects.is_empty() {
            // What is known to be there says in a label who asked for it.
            objects.extend(
                endpoint
                    .labels
                    .value(plan::Labels::RESOURCE)
                    .and_then(object),
            );
        }
        for object in objects {
            let note = note.clone();
            self.send(Event {
                object,
                reason,
                action,
                warning,
                note,
            });
        }
    }

    fn send(&self, event: Event) {
        let Some(sender) = &self.sender else { return };
        // Where nobody takes them, none is wanted.
        if let Err(TrySendError::Full(_)) = sender.try_send(event)
            && self.told.drop_one()
        {
            tracing::warn!("more to tell the cluster than it takes, some Events are left out");
        }
    }
}

/// The object that a label names, as `service/default/web`. Its identity is not known.
fn object(label: &str) -> Option<Arc<ObjectRef>> {
    let mut parts = label.split('/');
    let (word, first, second) = (parts.next()?, parts.next()?, parts.next());
    let (namespace, name) = second.map_or(("", first), |name| (first, name));
    let mut kinds = Kind::ALL.iter().filter(|kind| match word {
        "crd" => **kind == Kind::DnsEndpoint,
        // Gateways of the Gateway API ask for nothing themselves.
        word => **kind != Kind::Gateway && kind.name().eq_ignore_ascii_case(word),
    });
    let kind = kinds.next().filter(|_| !name.is_empty())?;
    Some(Arc::new(ObjectRef {
        kind: kind.name(),
        api_version: kind.api_version(),
        namespace: namespace.into(),
        name: name.into(),
        uid: Box::default(),
        created: 0,
    }))
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

/// Deletes wait for somebody to let them go.
const HELD: &str = "DeletesHeld";

/// Words waiting to be written.
const QUEUE: usize = 1024;

#[cfg(test)]
mod tests {
    use plan::{ErrorKind, Update};
    use wire::Rtype;

    use super::*;

    #[test]
    fn events_say_what_was_done_or_tried() {
        let emitted = [
            EventReason::RecordDeleted,
            EventReason::RecordError,
            EventReason::RecordReady,
        ];
        let (reports, mut outbox) = Reports::new(&emitted, &Arc::default());
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
        let [a, b, mut c] = all;
        // A destination knows objects by their label only.
        c.origins.clear();
        c.labels.set(plan::Labels::RESOURCE, "service/default/web");
        let (a, b, c) = (&a, &b, &c);
        let done = Done {
            created: vec![a],
            updated: vec![b],
            deleted: vec![c],
        };
        reports.made(&done, &mut Wishes::default());
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
        reports.failed(|name| name.as_str() == "a.example", &changes, &error);
        reports.homeless(c, "it is hidden");
        let mut said = Vec::new();
        while let Ok(event) = outbox.events.try_recv() {
            assert_eq!(event.object.to_string(), "service default/web");
            said.push((event.reason, event.action));
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

    #[test]
    fn labels_name_objects() {
        for (label, named) in [
            ("service/default/web", Some(("v1", "service default/web"))),
            ("node/one", Some(("v1", "node one"))),
            (
                "crd/a/b",
                Some(("externaldns.k8s.io/v1alpha1", "dnsendpoint a/b")),
            ),
            ("ingress/a/b", Some(("networking.k8s.io/v1", "ingress a/b"))),
            ("fake/default/x", None),
            ("service", None),
            ("service/default/", None),
            ("", None),
        ] {
            let found = object(label).map(|object| (object.api_version, object.to_string()));
            let named = named.map(|(version, text)| (version, text.to_owned()));
            assert_eq!(found, named, "{label}");
        }
    }
}
