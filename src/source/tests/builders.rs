//! Short ways to objects and to what they give.

use std::collections::BTreeMap;
use std::sync::Arc;

use plan::Endpoint;
use serde_json::{Value, json};

use crate::kind::{Row, unite};
use crate::object::{Key, Kind};
use crate::{Engine, Problem, Rules, Touch};

/// An engine that keeps what it told, as the planner does.
pub(super) struct Rig {
    pub(super) engine: Engine,
    told: BTreeMap<(u16, Key), Touch>,
}

impl Rig {
    pub(super) fn new(rules: Rules, sources: &[&str]) -> Self {
        let rows = sources
            .iter()
            .map(|name| Row::named(name).expect("a source of that name"));
        Self {
            engine: Engine::new(Arc::new(rules), rows),
            told: BTreeMap::new(),
        }
    }

    /// Applies an object in the form of a manifest. One that cannot be read changes nothing.
    pub(super) fn apply(&mut self, object: &Value) {
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let kind = Kind::named(text("apiVersion"), text("kind")).expect("a kind in the table");
        // Through text, as from a server.
        let json = serde_json::to_vec(object).expect("a value has a text");
        if let Ok(decoded) = kind.decode(&json, &self.engine.trim()) {
            let touches = self.engine.apply(decoded);
            self.keep(touches);
        }
    }

    pub(super) fn delete(&mut self, kind: Kind, key: &Key) {
        let touches = self.engine.delete(kind, key);
        self.keep(touches);
    }

    /// What the object is now cannot be read.
    pub(super) fn unreadable(&mut self, kind: Kind, key: &Key) {
        let touches = self.engine.unreadable(kind, key, "it is odd");
        self.keep(touches);
    }

    pub(super) fn keep(&mut self, touches: Vec<Touch>) {
        for touch in touches {
            let at = (touch.contributor.source, touch.key.clone());
            self.told.retain(|other, old| {
                // A place that is used again must have been left before.
                *other == at || old.contributor != touch.contributor
            });
            if touch.endpoints.is_empty() && touch.problems.is_empty() {
                self.told.remove(&at);
            } else {
                self.told.insert(at, touch);
            }
        }
    }

    /// What each object asks for.
    pub(super) fn told(&self) -> BTreeMap<(u16, Key), (Vec<Endpoint>, Vec<Problem>)> {
        let told = self.told.iter();
        told.map(|(at, touch)| {
            (
                at.clone(),
                (touch.endpoints.clone(), touch.problems.clone()),
            )
        })
        .collect()
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let problems = self.told.values().flat_map(|touch| &touch.problems);
        problems.map(|problem| problem.message.clone()).collect()
    }

    /// What a source gives as a whole, united as the planner does.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let mut all = Vec::new();
        for (row, number) in self.engine.rows().zip(0..) {
            let told = self
                .told
                .iter()
                .filter(|((source, _), _)| *source == number);
            let mut endpoints: Vec<Endpoint> = told
                .flat_map(|(_, touch)| touch.endpoints.clone())
                .collect();
            unite(&mut endpoints, row.merge);
            all.append(&mut endpoints);
        }
        all
    }

    /// The same, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.endpoints().iter().map(line).collect();
        lines.sort();
        lines
    }
}

fn line(endpoint: &Endpoint) -> String {
    let mut line = format!(
        "{} {} {}",
        endpoint.name,
        endpoint.rtype,
        endpoint.targets.join(" ")
    );
    if let Some(ttl) = endpoint.ttl {
        line += &format!(" ttl={}", ttl.as_secs());
    }
    if !endpoint.set_identifier.is_empty() {
        line += &format!(" set={}", endpoint.set_identifier);
    }
    for (key, value) in endpoint.labels.iter() {
        line += &format!(" {key}={value}");
    }
    for (name, value) in endpoint.properties.iter() {
        line += &format!(" {name}:{value}");
    }
    line
}

/// An object; annotations stand without their prefix.
pub(super) fn object(
    kind: Kind,
    key: &str,
    annotations: &[(&str, &str)],
    mut rest: Value,
) -> Value {
    let (namespace, name) = key.split_once('/').unwrap_or(("", key));
    let annotations: BTreeMap<String, &str> = (annotations.iter())
        .map(|(name, value)| {
            let own = !name.contains('/');
            let prefix = if own {
                "external-dns.kubernetes.io/"
            } else {
                ""
            };
            (format!("{prefix}{name}"), *value)
        })
        .collect();
    let map = rest.as_object_mut().expect("a map");
    let labels = map.remove("labels").unwrap_or_else(|| json!({}));
    map.insert("apiVersion".to_owned(), json!(kind.api_version()));
    map.insert("kind".to_owned(), json!(kind.name()));
    map.insert(
        "metadata".to_owned(),
        json!({
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": annotations,
        }),
    );
    rest
}

/// Checks what objects give under one source.
pub(super) fn check(rules: Rules, source: &str, objects: &[Value], expected: &[&str]) {
    let mut rig = Rig::new(rules, &[source]);
    for object in objects {
        rig.apply(object);
    }
    assert_eq!(rig.lines(), expected);
    // In any order of events.
    let mut back = Rig::new(rig.engine.rules().clone(), &[source]);
    for object in objects.iter().rev() {
        back.apply(object);
    }
    assert_eq!(back.lines(), expected, "with the objects in reverse order");
}

pub(super) fn service(annotations: &[(&str, &str)], spec: Value, entries: Value) -> Value {
    let body = json!({"spec": spec, "status": {"loadBalancer": {"ingress": entries}}});
    object(Kind::Service, "default/web", annotations, body)
}

pub(super) fn node(name: &str, addresses: &[(&str, &str)]) -> Value {
    let addresses: Vec<Value> = (addresses.iter())
        .map(|(kind, address)| json!({"type": kind, "address": address}))
        .collect();
    object(
        Kind::Node,
        name,
        &[],
        json!({"status": {"addresses": addresses}}),
    )
}

pub(super) fn pod(name: &str, node: &str, ready: bool, annotations: &[(&str, &str)]) -> Value {
    let body = json!({
        "labels": {"app": "web"},
        "spec": {"nodeName": node, "hostname": name},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "hostIP": "192.0.2.77",
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
        },
    });
    object(Kind::Pod, &format!("default/{name}"), annotations, body)
}

pub(super) fn slice(pods: &[(&str, &str, bool)]) -> Value {
    let endpoints: Vec<Value> = (pods.iter())
        .map(|(pod, address, ready)| {
            json!({
                "addresses": [address],
                "conditions": {"ready": ready},
                "targetRef": {"kind": "Pod", "name": pod},
            })
        })
        .collect();
    let body = json!({
        "labels": {"kubernetes.io/service-name": "web"},
        "addressType": "IPv4",
        "endpoints": endpoints,
    });
    object(Kind::EndpointSlice, "default/web-1", &[], body)
}

pub(super) const WEB: (&str, &str) = ("hostname", "web.example.org");
