//! Whatever the course of events, and whatever is not known on the way: what our own zones hold in
//! the end is what one pass over the last objects gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use source::Event;
use source::object::{Key, Kind};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::{Name, Rtype};
use zone::{Layer, Store};

use crate::app::sync::model::Model;
use crate::app::sync::testing::Settings;

/// Numbers that an object is made of: its kind, its name, all else.
type Seed = (usize, usize, u16);

/// Owner, type and data of each record.
type Held = BTreeSet<(String, Rtype, Box<[u8]>)>;

#[derive(Clone, Debug)]
enum Step {
    Apply(Seed),
    Delete(usize, usize),
    /// A list of all objects of a kind comes to its end.
    List(usize),
}

/// A destination that is our own server, at work.
struct Place {
    model: Model,
    store: Arc<Store>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Place {
    async fn start() -> Self {
        let sources = KINDS.iter().filter_map(|(_, source)| *source);
        let sources: Vec<String> = sources.map(|source| format!("--source={source}")).collect();
        let settings = ["--zone=example.org", "--policy=sync"];
        let settings = settings
            .into_iter()
            .chain(sources.iter().map(String::as_str));
        let settings = Settings::of(settings);
        let (model, mut destinations) = settings.parts().await;
        // Whoever asks is gone already.
        let (_, asks) = mpsc::channel(1);
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "it is stopped with the test")]
        let task = tokio::spawn(destinations.remove(0).run(asks, stop.clone()));
        Self {
            model,
            store: settings.store(),
            stop,
            task,
        }
    }

    fn apply(&self, kind: Kind, object: &Value) {
        let object = kind.decode_value(object, &self.model.trim()).unwrap();
        self.model.take([Event::Apply(object)]);
    }

    fn list(&self, kind: Kind, objects: &BTreeMap<(Kind, Key), Value>) {
        let trim = self.model.trim();
        let of_it = objects.iter().filter(|((other, _), _)| *other == kind);
        let of_it = of_it.map(|(_, object)| kind.decode_value(object, &trim).unwrap());
        let begin = std::iter::once(Event::Begin(kind));
        let events = begin.chain(of_it.map(Event::Apply));
        self.model.take(events.chain([Event::End(kind)]));
    }

    /// What the zone holds once all that has happened is done.
    async fn held(&self) -> Held {
        sleep(Duration::from_millis(1)).await;
        let zone = Name::from_text(b"example.org.", None).unwrap();
        let mut held = Held::new();
        for change in self.store.layer(&zone, Layer::Synced) {
            for rdata in change.rrset.into_iter().flat_map(|rrset| rrset.rdatas) {
                held.insert((change.owner.to_string(), change.rtype, rdata));
            }
        }
        held
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Kinds of objects, and the sources that look for names in them.
const KINDS: [(Kind, Option<&str>); 6] = [
    (Kind::Service, Some("service")),
    (Kind::Ingress, Some("ingress")),
    (Kind::DnsEndpoint, Some("crd")),
    (Kind::EndpointSlice, None),
    (Kind::Pod, None),
    (Kind::Node, None),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn what_waited_for_objects_that_were_not_known_comes_once_they_are(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(follow(steps))?;
    }
}

async fn follow(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let place = Place::start().await;
    let mut objects: BTreeMap<(Kind, Key), Value> = BTreeMap::new();
    let mut held = place.held().await;
    for step in steps {
        match step {
            Step::Apply(seed) => {
                let (at, made) = make(seed);
                place.apply(at.0, &made);
                objects.insert(at, made);
            }
            Step::Delete(kind, name) => {
                let at = at(kind, name);
                objects.remove(&at);
                place.model.take([Event::Delete(at.0, at.1)]);
            }
            Step::List(kind) => place.list(KINDS[kind].0, &objects),
        }
        let now = place.held().await;
        if !place.model.is_complete() {
            let gone: Vec<_> = held.difference(&now).collect();
            prop_assert!(gone.is_empty(), "gone while not all is known: {:?}", gone);
        }
        held = now;
    }
    let fresh = Place::start().await;
    for ((kind, _), object) in &objects {
        fresh.apply(*kind, object);
    }
    for place in [&place, &fresh] {
        while !place.model.is_complete() {
            for kind in place.model.wanted() {
                place.list(kind, &objects);
            }
        }
    }
    prop_assert_eq!(place.held().await, fresh.held().await);
    place.end().await;
    fresh.end().await;
    Ok(())
}

fn step() -> impl Strategy<Value = Step> {
    let (kind, name) = (0..KINDS.len(), 0..3_usize);
    prop_oneof![
        8 => (kind.clone(), name.clone(), any::<u16>()).prop_map(Step::Apply),
        3 => (kind.clone(), name).prop_map(|(kind, name)| Step::Delete(kind, name)),
        2 => kind.prop_map(Step::List),
    ]
}

fn at(kind: usize, name: usize) -> (Kind, Key) {
    let (kind, _) = KINDS[kind];
    let namespace = if kind.namespaced() { "default" } else { "" };
    (kind, Key::new(namespace, ["a", "b", "c"][name]))
}

fn make((kind, name, rest): Seed) -> ((Kind, Key), Value) {
    let at = at(kind, name);
    let is = |bit: u32| rest & (1 << bit) != 0;
    let pick = |shift: u32, among: usize| usize::from(rest >> shift) % among;
    let host = ["x.example.org", "y.example.org", "z.example.org"][pick(0, 3)];
    let address = format!("192.0.2.{}", pick(2, 4));
    let object = ["a", "b", "c"][pick(4, 3)];
    let ingress = if is(6) && is(7) {
        json!([{"hostname": "lb.example.net"}])
    } else {
        json!([{"ip": address}])
    };
    let service = ["LoadBalancer", "NodePort", "ClusterIP"][pick(8, 3)];
    let body = match at.0 {
        Kind::Service => json!({
            "spec": {
                "type": service,
                "clusterIP": "None",
                "selector": {"app": "web"},
                "ports": [{"name": "http", "port": 80, "nodePort": 30000}],
            },
            "status": {"loadBalancer": {"ingress": ingress}},
        }),
        Kind::Ingress => json!({
            "spec": {"rules": [{"host": host}]},
            "status": {"loadBalancer": {"ingress": ingress}},
        }),
        Kind::DnsEndpoint => json!({"spec": {"endpoints": [
            {"dnsName": host, "recordType": "A", "targets": [address]},
        ]}}),
        Kind::EndpointSlice => json!({
            "addressType": "IPv4",
            "endpoints": [{
                "addresses": [address],
                "conditions": {"ready": true},
                "targetRef": {"kind": "Pod", "name": object},
            }],
        }),
        Kind::Pod => json!({
            "spec": {"nodeName": object, "hostname": if is(9) { "host" } else { "" }},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
                "conditions": [{"type": "Ready", "status": "True"}]},
        }),
        _ => json!({"status": {"addresses": [{"type": "ExternalIP", "address": address}]}}),
    };
    let mut made = body;
    made["apiVersion"] = json!(at.0.api_version());
    made["kind"] = json!(at.0.name());
    made["metadata"] = json!({
        "namespace": at.1.namespace(), "name": at.1.name(),
        "labels": {"app": "web", "kubernetes.io/service-name": object},
        "annotations": {"external-dns.alpha.kubernetes.io/hostname": host},
    });
    (at, made)
}
