//! Objects and their history.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;

use crate::fault::{Fault, Faults};

/// Group and version, plural name.
pub(crate) type Resource = (String, String);

/// What a server holds.
#[derive(Debug)]
pub struct Store {
    state: Mutex<State>,
    changes: broadcast::Sender<Option<Change>>,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    /// By resource, then namespace and name.
    objects: BTreeMap<Resource, BTreeMap<(String, String), Arc<Stored>>>,
    installed: HashSet<Resource>,
    history: VecDeque<Change>,
    /// Changes up to this version are forgotten.
    compacted: u64,
    faults: Faults,
    requests: Vec<String>,
    /// Whether it is told what kinds there are.
    tells_kinds: bool,
    next_uid: u64,
}

#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) value: Value,
    pub(crate) text: Bytes,
    pub(crate) version: u64,
}

/// One change, as a watch tells it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) resource: Resource,
    pub(crate) namespace: String,
    pub(crate) kind: &'static str,
    pub(crate) object: Arc<Stored>,
}

impl Default for Store {
    fn default() -> Self {
        // A watch that falls further behind is closed, as real servers do.
        let (changes, _) = broadcast::channel(1 << 16);
        let store = Self {
            state: Mutex::default(),
            changes,
        };
        store.lock().version = 1000;
        for (version, plural, _) in KINDS {
            store.install(version, plural);
        }
        store
    }
}

impl Store {
    /// Tells from now on what kinds there are: clients of Go want to know.
    pub fn tell_kinds(&self) {
        self.lock().tells_kinds = true;
    }

    pub(crate) fn tells_kinds(&self) -> bool {
        self.lock().tells_kinds
    }

    /// Makes a resource known.
    pub fn install(&self, api_version: &str, plural: &str) {
        self.lock()
            .installed
            .insert((api_version.to_owned(), plural.to_owned()));
    }

    /// Forgets a resource, as when its definition is deleted.
    pub fn uninstall(&self, api_version: &str, plural: &str) {
        let resource = (api_version.to_owned(), plural.to_owned());
        let mut state = self.lock();
        state.installed.remove(&resource);
        state.objects.remove(&resource);
        drop(state);
        self.close_watches();
    }

    /// Makes or changes an object.
    pub fn apply(&self, object: Value) {
        self.apply_to(&mut self.lock(), object);
    }

    /// Makes an object; none if there is one of its name.
    pub(crate) fn create(&self, object: Value) -> Option<Value> {
        let mut state = self.lock();
        let place = state.objects.get(&resource_of(&object));
        if place.is_some_and(|place| place.contains_key(&name_of(&object))) {
            return None;
        }
        Some(self.apply_to(&mut state, object))
    }

    /// Replaces an object; none if it is not of the version any more that the new one names.
    pub(crate) fn replace(&self, object: Value) -> Option<Value> {
        let mut state = self.lock();
        let place = state.objects.get(&resource_of(&object));
        let before = place.and_then(|place| place.get(&name_of(&object)))?;
        let version = object["metadata"]["resourceVersion"].as_str();
        if version.is_some_and(|version| version != before.version.to_string()) {
            return None;
        }
        Some(self.apply_to(&mut state, object))
    }

    fn apply_to(&self, state: &mut State, mut object: Value) -> Value {
        let resource = resource_of(&object);
        state.version += 1;
        let version = state.version;
        state.next_uid += 1;
        let uid = format!("00000000-0000-4000-8000-{:012x}", state.next_uid);
        let (namespace, name) = name_of(&object);
        let place = state.objects.entry(resource.clone()).or_default();
        let before = place.get(&(namespace.clone(), name.clone()));
        let before = before.map(|stored| stored.value["metadata"].clone());
        complete(&mut object, before.as_ref(), &uid, version);
        let text = Bytes::from(object.to_string());
        let stored = Arc::new(Stored {
            value: object,
            text,
            version,
        });
        place.insert((namespace.clone(), name), Arc::clone(&stored));
        let written = stored.value.clone();
        let kind = if before.is_some() {
            "MODIFIED"
        } else {
            "ADDED"
        };
        self.record(
            state,
            Change {
                resource,
                namespace,
                kind,
                object: stored,
            },
        );
        written
    }

    /// Takes an object away; tells whether it was there.
    pub fn delete(&self, api_version: &str, plural: &str, namespace: &str, name: &str) -> bool {
        let resource = (api_version.to_owned(), plural.to_owned());
        let mut state = self.lock();
        let place = state.objects.entry(resource.clone()).or_default();
        let Some(stored) = place.remove(&(namespace.to_owned(), name.to_owned())) else {
            return false;
        };
        state.version += 1;
        let version = state.version;
        let mut value = stored.value.clone();
        value["metadata"]["resourceVersion"] = json!(version.to_string());
        let text = Bytes::from(value.to_string());
        let object = Arc::new(Stored {
            value,
            text,
            version,
        });
        let namespace = namespace.to_owned();
        self.record(
            &mut state,
            Change {
                resource,
                namespace,
                kind: "DELETED",
                object,
            },
        );
        true
    }

    /// Forgets the history: watches from older versions are told 410.
    pub fn compact(&self) {
        let mut state = self.lock();
        state.compacted = state.version;
        state.history.clear();
    }

    /// Ends all watches, as a server that restarts does.
    pub fn close_watches(&self) {
        // Without watches there is nobody to hear it.
        let _heard = self.changes.send(None).is_ok();
    }

    /// Sets what goes wrong from now on.
    pub fn fail(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// The requests so far, as `GET /api/v1/services?watch=true`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    /// One object as it is now.
    #[must_use]
    pub fn object(
        &self,
        api_version: &str,
        plural: &str,
        namespace: &str,
        name: &str,
    ) -> Option<Value> {
        let state = self.lock();
        let place = state
            .objects
            .get(&(api_version.to_owned(), plural.to_owned()))?;
        Some(
            place
                .get(&(namespace.to_owned(), name.to_owned()))?
                .value
                .clone(),
        )
    }

    /// All objects of a resource as they are now.
    #[must_use]
    pub fn objects(&self, api_version: &str, plural: &str) -> Vec<Value> {
        let state = self.lock();
        let place = (api_version.to_owned(), plural.to_owned());
        let objects = state.objects.get(&place).into_iter().flatten();
        objects.map(|(_, stored)| stored.value.clone()).collect()
    }

    pub(crate) fn note(&self, request: String) {
        self.lock().requests.push(request);
    }

    pub(crate) fn faults(&self, plural: &str) -> Vec<Fault> {
        let state = self.lock();
        let fits = |(name, _): &&(String, Fault)| name.is_empty() || name == plural;
        state
            .faults
            .iter()
            .filter(fits)
            .map(|(_, fault)| fault.clone())
            .collect()
    }

    pub(crate) fn is_installed(&self, resource: &Resource) -> bool {
        self.lock().installed.contains(resource)
    }

    /// All objects of a resource, and the version they are of.
    pub(crate) fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
    ) -> (Vec<Arc<Stored>>, u64) {
        let state = self.lock();
        let all = state.objects.get(resource).into_iter().flatten();
        let here = all.filter(|((of, _), _)| namespace.is_none_or(|namespace| namespace == of));
        (
            here.map(|(_, stored)| Arc::clone(stored)).collect(),
            state.version,
        )
    }

    /// Changes after a version and those to come; none if history does not reach back so far.
    pub(crate) fn changes_since(
        &self,
        version: u64,
    ) -> Option<(Vec<Change>, broadcast::Receiver<Option<Change>>)> {
        let state = self.lock();
        if version < state.compacted {
            return None;
        }
        let past = state
            .history
            .iter()
            .filter(|change| change.object.version > version);
        Some((past.cloned().collect(), self.changes.subscribe()))
    }

    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    fn record(&self, state: &mut State, change: Change) {
        if self.changes.receiver_count() > 0 || state.history.len() < HISTORY {
            state.history.push_back(change.clone());
        }
        while state.history.len() > HISTORY {
            if let Some(oldest) = state.history.pop_front() {
                state.compacted = oldest.object.version;
            }
        }
        let _heard = self.changes.send(Some(change)).is_ok();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fills in what a server adds to an object's metadata.
fn complete(object: &mut Value, before: Option<&Value>, uid: &str, version: u64) {
    let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    meta.insert("resourceVersion".to_owned(), json!(version.to_string()));
    let mut keep = |key: &str, fresh: Value| {
        let value = before.and_then(|before| before.get(key)).cloned();
        insert_missing(meta, key, value.unwrap_or(fresh));
    };
    keep("uid", json!(uid));
    keep("creationTimestamp", json!("2026-01-01T00:00:00Z"));
    keep("generation", json!(1));
}

fn insert_missing(map: &mut Map<String, Value>, key: &str, value: Value) {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), value);
    }
}

fn name_of(object: &Value) -> (String, String) {
    let text = |key| {
        object["metadata"][key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (text("namespace"), text("name"))
}

fn resource_of(object: &Value) -> Resource {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    let known = KINDS
        .iter()
        .find(|(of, _, name)| *of == version && *name == kind);
    let plural = known.map_or_else(
        || format!("{}s", kind.to_ascii_lowercase()),
        |(_, plural, _)| (*plural).to_owned(),
    );
    (version.to_owned(), plural)
}

/// How many changes are remembered.
const HISTORY: usize = 1 << 16;

/// What every server has here.
pub(crate) const KINDS: &[(&str, &str, &str)] = &[
    ("v1", "services", "Service"),
    ("v1", "pods", "Pod"),
    ("v1", "nodes", "Node"),
    ("v1", "namespaces", "Namespace"),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    ("networking.k8s.io/v1", "ingresses", "Ingress"),
    ("events.k8s.io/v1", "events", "Event"),
    ("coordination.k8s.io/v1", "leases", "Lease"),
    ("zonewright.dev/v1alpha1", "zones", "Zone"),
    (
        "zonewright.dev/v1alpha1",
        "zonecheckpoints",
        "ZoneCheckpoint",
    ),
    ("zonewright.dev/v1alpha1", "zonejournals", "ZoneJournal"),
    ("externaldns.k8s.io/v1alpha1", "dnsendpoints", "DNSEndpoint"),
    ("gateway.networking.k8s.io/v1", "gateways", "Gateway"),
    ("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute"),
];
