//! Starts at which an object cannot be read: what hangs on it stays as it was, wherever it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use source::Event;
use source::object::{Key, Kind};
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::{Layer, Store};

use super::super::Destination;
use super::faults::Shared;
use crate::app::sync::model::Model;
use crate::app::sync::testing::Settings;

fn object(kind: Kind, key: &str, host: &str, mut rest: Value) -> (Kind, Value) {
    let (namespace, name) = key.split_once('/').unwrap_or(("", key));
    let mut meta = json!({"namespace": namespace, "name": name, "labels": rest["labels"]});
    if !host.is_empty() {
        meta["annotations"] = json!({"external-dns.kubernetes.io/hostname": host});
    }
    rest["apiVersion"] = json!(kind.versions()[0]);
    rest["kind"] = json!(kind.name());
    rest["metadata"] = meta;
    (kind, rest)
}

/// Names of all sorts of objects, and what these hang on.
fn cluster() -> Vec<(Kind, Value)> {
    let pod = |name: &str, node: &str, host: &str| {
        let status = json!({"phase": "Running", "podIP": "10.0.0.7"});
        let rest = json!({"labels": {"app": "web"}, "spec": {"nodeName": node}, "status": status});
        object(Kind::Pod, &format!("default/{name}"), host, rest)
    };
    let slice = |name: &str, pod: &str, address: &str| {
        let target = json!({"kind": "Pod", "name": pod});
        let endpoints = json!([{"addresses": [address], "targetRef": target}]);
        let labels = json!({"kubernetes.io/service-name": "pods"});
        let rest = json!({"labels": labels, "addressType": "IPv4", "endpoints": endpoints});
        object(Kind::EndpointSlice, &format!("default/{name}"), "", rest)
    };
    let node = |name: &str, address: &str| {
        let addresses = json!([{"type": "ExternalIP", "address": address}]);
        object(
            Kind::Node,
            name,
            "",
            json!({"status": {"addresses": addresses}}),
        )
    };
    let parent = json!({"name": "edge"});
    let accepted = json!([{"type": "Accepted", "status": "True"}]);
    let listener = json!({"name": "web", "protocol": "HTTP", "port": 80});
    vec![
        object(
            Kind::Service,
            "default/pods",
            "pods.example.org",
            json!({"spec": {"type": "ClusterIP", "clusterIP": "None"}}),
        ),
        slice("one", "p0", "10.0.0.1"),
        slice("two", "p1", "10.0.0.2"),
        pod("p0", "n0", ""),
        pod("p1", "n1", "pod.example.org"),
        object(
            Kind::Service,
            "default/nodes",
            "nodes.example.org",
            json!({"spec": {"type": "NodePort"}}),
        ),
        node("n0", "192.0.2.10"),
        node("n1", "192.0.2.11"),
        object(
            Kind::HttpRoute,
            "default/route",
            "",
            json!({
                "spec": {"hostnames": ["route.example.org"], "parentRefs": [parent]},
                "status": {"parents": [{"parentRef": parent, "conditions": accepted}]},
            }),
        ),
        object(
            Kind::Gateway,
            "default/edge",
            "",
            json!({
                "spec": {"listeners": [listener]},
                "status": {"addresses": [{"value": "192.0.2.20"}]},
            }),
        ),
        object(
            Kind::Service,
            "default/plain",
            "plain.example.org",
            json!({
                "spec": {"type": "LoadBalancer"},
                "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.30"}]}},
            }),
        ),
    ]
}

fn key(object: &Value) -> Key {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    Key::new(text("namespace"), text("name"))
}

/// Lists all kinds; these objects cannot be read.
fn list(model: &Model, objects: &[(Kind, Value)], odd: &[(Kind, Key)]) {
    let trim = model.trim();
    for kind in Kind::ALL {
        let of_kind = objects.iter().filter(|(of, _)| of == kind);
        let events = of_kind.map(|(_, object)| {
            let key = key(object);
            if odd.contains(&(*kind, key.clone())) {
                let error = kind.decode(b"[]", &trim).unwrap_err();
                return Event::Unreadable(*kind, key, error);
            }
            Event::Apply(kind.decode_value(object, &trim).unwrap())
        });
        let begin = std::iter::once(Event::Begin(*kind));
        model.take(begin.chain(events).chain([Event::End(*kind)]));
    }
}

/// A destination at work.
struct At {
    model: Model,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl At {
    fn work(destination: Destination) -> Self {
        let (model, stop) = (destination.model.clone(), CancellationToken::new());
        // Whoever asks is gone already.
        let (_, asks) = mpsc::channel(1);
        #[expect(clippy::disallowed_methods, reason = "it is stopped with the test")]
        let task = tokio::spawn(destination.run(asks, stop.clone()));
        Self { model, stop, task }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

const SOURCES: [&str; 3] = [
    "--source=service",
    "--source=pod",
    "--source=gateway-httproute",
];

/// All that may be unreadable, and of what then nothing may be lost.
fn odd() -> Vec<(Kind, Key)> {
    let all = cluster();
    all.iter()
        .map(|(kind, object)| (*kind, key(object)))
        .collect()
}

fn zone() -> Name {
    Name::from_text(b"example.org.", None).unwrap()
}

fn held(store: &Store) -> BTreeSet<String> {
    let all = store.layer(&zone(), Layer::Synced).into_iter();
    let all = all.flat_map(|change| {
        let data = change.rrset.into_iter().flat_map(|rrset| rrset.rdatas);
        let owner = change.owner.to_string();
        data.map(move |data| format!("{owner} {} {data:?}", change.rtype))
    });
    all.collect()
}

#[tokio::test(start_paused = true)]
async fn our_own_zones_keep_what_they_had_of_before() {
    let settings = || {
        Settings::of(
            SOURCES
                .into_iter()
                .chain(["--zone=example.org", "--policy=sync"]),
        )
    };
    let first = settings();
    let at = At::work(first.parts().await.1.remove(0));
    list(&at.model, &cluster(), &[]);
    sleep(Duration::from_secs(1)).await;
    let before = held(&first.store());
    assert_eq!(before.len(), 7, "{before:?}");
    at.end().await;
    for odd in odd() {
        let again = settings();
        let stored = first.store().layer(&zone(), Layer::Synced);
        again.store().commit(&zone(), stored).unwrap();
        let at = At::work(again.parts().await.1.remove(0));
        list(&at.model, &cluster(), std::slice::from_ref(&odd));
        sleep(Duration::from_secs(200)).await;
        assert_eq!(held(&again.store()), before, "{odd:?}");
        // What can be read is followed all the same.
        if odd != (Kind::Service, Key::new("default", "plain")) {
            let gone = Key::new("default", "plain");
            at.model.take([Event::Delete(Kind::Service, gone)]);
            sleep(Duration::from_secs(1)).await;
            assert_eq!(held(&again.store()).len(), 6, "{odd:?}");
        }
        list(&at.model, &cluster(), &[]);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(held(&again.store()), before, "{odd:?}");
        // Once it can be read, or is gone, nothing is left that nobody asks for.
        list(&at.model, &cluster(), std::slice::from_ref(&odd));
        list(&at.model, &[], &[]);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(held(&again.store()), BTreeSet::new(), "{odd:?}");
        at.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_left_goes_once_its_object_is_gone() {
    let settings = Settings::of(
        SOURCES
            .into_iter()
            .chain(["--zone=example.org", "--policy=sync"]),
    );
    let first = At::work(settings.parts().await.1.remove(0));
    list(&first.model, &cluster(), &[]);
    sleep(Duration::from_secs(1)).await;
    first.end().await;
    let at = At::work(settings.parts().await.1.remove(0));
    let odd = (Kind::Service, Key::new("default", "plain"));
    list(&at.model, &cluster(), std::slice::from_ref(&odd));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(held(&settings.store()).len(), 7);
    at.model.take([Event::Delete(odd.0, odd.1)]);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(held(&settings.store()).len(), 6);
    at.end().await;
}

#[tokio::test(start_paused = true)]
async fn elsewhere_the_registry_tells_what_hangs_on_it() {
    for registry in ["noop", "txt"] {
        let destination = async |other: &Shared| {
            let registry = format!("--registry={registry}");
            let all = [
                "--provider=inmemory",
                "--policy=sync",
                "--txt-owner-id=me",
                &registry,
            ];
            let settings = Settings::of(SOURCES.into_iter().chain(all));
            let mut destination = settings.parts().await.1.remove(0);
            destination.provider = Box::new(other.clone());
            destination
        };
        let other = Shared::default();
        let at = At::work(destination(&other).await);
        list(&at.model, &cluster(), &[]);
        sleep(Duration::from_secs(1)).await;
        let before = other.texts();
        at.end().await;
        for odd in odd() {
            let at = At::work(destination(&other).await);
            list(&at.model, &cluster(), std::slice::from_ref(&odd));
            sleep(Duration::from_secs(200)).await;
            assert_eq!(other.texts(), before, "{registry}: {odd:?}");
            list(&at.model, &cluster(), &[]);
            sleep(Duration::from_secs(200)).await;
            assert_eq!(other.texts(), before, "{registry}: {odd:?}");
            at.end().await;
        }
    }
}
