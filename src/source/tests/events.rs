//! Whatever the course of events: what is told in the end is what one pass over the last objects
//! gives.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::builders::{Rig, object};
use crate::object::{Key, Kind};
use crate::template::{Engine as Templates, Templates as Flags};
use crate::{Compatibility, Rules};

/// Numbers that an object is made of: its kind, its name, all else.
type Seed = (usize, usize, u32);

#[derive(Clone, Debug)]
enum Step {
    Apply(Seed),
    Delete(usize, usize),
    /// It is there, but cannot be read.
    Unreadable(usize, usize),
    /// A list of all objects of a kind, one in eight of which cannot be read; it may break off.
    List(usize, Vec<(usize, u32)>, bool),
    Resolve(bool, u8),
}

const KINDS: [Kind; 9] = [
    Kind::DnsEndpoint,
    Kind::EndpointSlice,
    Kind::Gateway,
    Kind::HttpRoute,
    Kind::Ingress,
    Kind::Namespace,
    Kind::Node,
    Kind::Pod,
    Kind::Service,
];
const NAMES: [&str; 4] = ["x/a", "x/b", "y/a", "y/b"];
const SOURCES: [&str; 6] = [
    "service",
    "ingress",
    "node",
    "pod",
    "crd",
    "gateway-httproute",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn events_lead_where_one_pass_does(
        steps in proptest::collection::vec(step(), 1..60),
        rules in rules(),
    ) {
        let mut rig = Rig::new(rules.clone(), &SOURCES);
        let mut objects: BTreeMap<(Kind, Key), Value> = BTreeMap::new();
        let mut unread: BTreeSet<(Kind, Key)> = BTreeSet::new();
        // Could never be read; and kinds of which a list has begun and not ended.
        let mut unknown: BTreeSet<(Kind, Key)> = BTreeSet::new();
        let mut listing: BTreeSet<Kind> = BTreeSet::new();
        let mut answers: BTreeMap<&str, Vec<IpAddr>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Apply(seed) => {
                    let (at, made) = make(seed);
                    rig.apply(&made);
                    unread.remove(&at);
                    unknown.remove(&at);
                    objects.insert(at, made);
                }
                Step::Unreadable(kind, name) => {
                    let at = at(kind, name);
                    rig.unreadable(at.0, &at.1);
                    if objects.contains_key(&at) {
                        unread.insert(at);
                    } else {
                        unknown.insert(at);
                    }
                }
                Step::Delete(kind, name) => {
                    let at = at(kind, name);
                    rig.delete(at.0, &at.1);
                    objects.remove(&at);
                    unread.remove(&at);
                    unknown.remove(&at);
                }
                Step::List(kind, listed, whole) => {
                    rig.engine.begin(KINDS[kind]);
                    listing.insert(KINDS[kind]);
                    let mut present = BTreeSet::new();
                    for (name, rest) in listed {
                        let (at, made) = make((kind, name, rest));
                        present.insert(at.clone());
                        if rest % 8 == 0 {
                            rig.unreadable(at.0, &at.1);
                            if objects.contains_key(&at) {
                                unread.insert(at);
                            } else {
                                unknown.insert(at);
                            }
                        } else {
                            rig.apply(&made);
                            unread.remove(&at);
                            unknown.remove(&at);
                            objects.insert(at, made);
                        }
                    }
                    if whole {
                        objects.retain(|at, _| at.0 != KINDS[kind] || present.contains(at));
                        unread.retain(|at| objects.contains_key(at));
                        unknown.retain(|at| at.0 != KINDS[kind] || present.contains(at));
                        let touches = rig.engine.end(KINDS[kind]);
                        rig.keep(touches);
                        listing.remove(&KINDS[kind]);
                    }
                }
                Step::Resolve(first, last) => {
                    let host = if first { HOSTS[0] } else { HOSTS[1] };
                    let addresses = vec![IpAddr::V4(Ipv4Addr::new(198, 51, 100, last))];
                    let touches = rig.engine.resolve(host, &addresses);
                    rig.keep(touches);
                    answers.insert(host, addresses);
                }
            }
        }
        let mut fresh = Rig::new(rules, &SOURCES);
        for object in objects.values() {
            fresh.apply(object);
        }
        for (kind, key) in unread.iter().chain(&unknown) {
            fresh.unreadable(*kind, key);
        }
        // Who is in doubt for objects of a list is seen once that ends.
        for kind in listing {
            rig.engine.begin(kind);
            for ((of, key), object) in &objects {
                if *of == kind && unread.contains(&(kind, key.clone())) {
                    rig.unreadable(kind, key);
                } else if *of == kind {
                    rig.apply(object);
                }
            }
            for (_, key) in unknown.iter().filter(|(of, _)| *of == kind) {
                rig.unreadable(kind, key);
            }
            let touches = rig.engine.end(kind);
            rig.keep(touches);
        }
        for (host, addresses) in &answers {
            for rig in [&mut rig, &mut fresh] {
                let touches = rig.engine.resolve(host, addresses);
                rig.keep(touches);
            }
        }
        prop_assert_eq!(rig.told(), fresh.told());
        prop_assert_eq!(rig.engine.wanted(), fresh.engine.wanted());
        // A pass over all finds nothing that events have not told.
        let told = rig.told();
        let touches = rig.engine.all();
        rig.keep(touches);
        prop_assert_eq!(rig.told(), told);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let kind = 0..KINDS.len();
    let name = 0..NAMES.len();
    prop_oneof![
        8 => (kind.clone(), name.clone(), any::<u32>()).prop_map(Step::Apply),
        2 => (kind.clone(), name.clone()).prop_map(|(kind, name)| Step::Delete(kind, name)),
        1 => (kind.clone(), name.clone()).prop_map(|(kind, name)| Step::Unreadable(kind, name)),
        1 => (kind, proptest::collection::vec((name, any::<u32>()), 0..5), any::<bool>())
            .prop_map(|(kind, listed, whole)| Step::List(kind, listed, whole)),
        1 => (any::<bool>(), 0..4_u8).prop_map(|(first, last)| Step::Resolve(first, last)),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    any::<u16>().prop_map(|bits| {
        let is = |bit: u32| bits & (1 << bit) != 0;
        let templates = (is(0) && is(1)).then(|| {
            let flags = Flags {
                fqdn: &["{{.Name}}.t.example.org".to_owned()],
                combine: is(2),
                ..Flags::default()
            };
            Arc::new(Templates::new(flags).expect("a template"))
        });
        Rules {
            publish_internal_services: is(3),
            publish_host_ip: is(4),
            always_publish_not_ready: is(5),
            resolve_load_balancers: is(6),
            expose_internal_ipv6: is(7),
            exclude_unschedulable: is(8),
            compatibility: is(9).then_some(Compatibility::KopsDnsController),
            pod_domain: if is(10) {
                "pods.example.org".into()
            } else {
                Box::default()
            },
            namespace: if is(11) && is(12) {
                "x".into()
            } else {
                Box::default()
            },
            templates,
            ..Rules::default()
        }
    })
}

fn at(kind: usize, name: usize) -> (Kind, Key) {
    let kind = KINDS[kind];
    let (namespace, name) = NAMES[name].split_once('/').expect("both parts");
    let namespace = if kind.namespaced() { namespace } else { "" };
    (kind, Key::new(namespace, name))
}

fn one<'t>(among: &[&'t str], at: usize) -> &'t str {
    among[at]
}

const HOSTS: [&str; 2] = ["one.example.net", "two.example.net"];

fn make((kind, name, rest): Seed) -> ((Kind, Key), Value) {
    let at = at(kind, name);
    let is = |bit: u32| rest & (1 << bit) != 0;
    let pick = |shift: u32, among: usize| (rest >> shift) as usize % among;
    let mut annotations = Vec::new();
    if is(0) || is(1) {
        annotations.push(("hostname", ["a.example.org", "b.example.org"][pick(2, 2)]));
    }
    if is(3) && is(4) {
        annotations.push(("target", "203.0.113.9"));
    }
    if is(5) && is(6) {
        annotations.push(("internal-hostname", "in.example.org"));
    }
    if is(7) && is(8) {
        annotations.push(("endpoints-type", ["HostIP", "NodeExternalIP"][pick(9, 2)]));
    }
    if is(10) && is(11) {
        annotations.push(("dns.alpha.kubernetes.io/external", "kops.example.org"));
    }
    if is(12) && is(13) && is(14) {
        annotations.push(("controller", "someone"));
    }
    let address = format!("192.0.2.{}", pick(15, 3));
    let app = ["web", "db"][pick(16, 2)];
    let body = match at.0 {
        Kind::DnsEndpoint => json!({"spec": {"endpoints": [
            {"dnsName": "c.example.org", "recordType": "A", "targets": [address]},
        ]}}),
        Kind::EndpointSlice => json!({
            "labels": {"kubernetes.io/service-name": one(&["a", "b"], pick(17, 2))},
            "addressType": "IPv4",
            "endpoints": [{
                "addresses": [address],
                "conditions": {"ready": is(18)},
                "targetRef": {"kind": "Pod", "name": one(&["a", "b"], pick(19, 2))},
            }],
        }),
        Kind::Gateway => json!({
            "spec": {"listeners": [{
                "name": "web", "protocol": "HTTP", "port": 80,
                "allowedRoutes": {"namespaces": {
                    "from": one(&["All", "Same", "Selector"], pick(17, 3)),
                    "selector": {"matchLabels": {"app": app}},
                }},
            }]},
            "status": {"addresses": [{"value": address}]},
        }),
        Kind::HttpRoute => {
            let parent = json!({
                "name": one(&["a", "b"], pick(17, 2)),
                "namespace": one(&["x", "y"], pick(18, 2)),
            });
            json!({
                "spec": {"hostnames": ["r.example.org"], "parentRefs": [parent]},
                "status": {"parents": [{
                    "parentRef": parent,
                    "conditions": [{"type": "Accepted", "status": if is(19) { "True" } else { "False" }}],
                }]},
            })
        }
        Kind::Ingress => json!({
            "spec": {"rules": [{"host": "i.example.org"}]},
            "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
        }),
        Kind::Namespace => json!({"labels": {"app": app}}),
        Kind::Node => json!({
            "labels": if is(17) { json!({"node-role.kubernetes.io/node": ""}) } else { json!({}) },
            "spec": {"unschedulable": is(18)},
            "status": {"addresses": [
                {"type": if is(19) { "ExternalIP" } else { "InternalIP" }, "address": address},
                {"type": "InternalIP", "address": "2001:db8::1"},
            ]},
        }),
        Kind::Pod => json!({
            "labels": {"app": app},
            "spec": {
                "nodeName": one(&["a", "b"], pick(17, 2)),
                "hostname": if is(18) { "host" } else { "" },
                "hostNetwork": is(19),
            },
            "status": {
                "phase": if is(20) { "Running" } else { "Pending" },
                "podIP": address,
                "podIPs": [{"ip": address}],
                "hostIP": "192.0.2.77",
                "conditions": [{"type": "Ready", "status": if is(21) { "True" } else { "False" }}],
            },
        }),
        _ => json!({
            "spec": {
                "type": one(&["LoadBalancer", "ClusterIP", "NodePort", "ExternalName"], pick(17, 4)),
                "clusterIP": if is(20) { "None" } else { "10.0.0.1" },
                "externalName": "ext.example.net",
                "externalTrafficPolicy": if is(21) { "Local" } else { "Cluster" },
                "selector": {"app": app},
                "ports": [{"nodePort": 30000}],
            },
            "status": {"loadBalancer": {"ingress": [
                {"ip": address},
                {"hostname": HOSTS[pick(22, 2)]},
            ]}},
        }),
    };
    let key = if at.0.namespaced() {
        NAMES[name]
    } else {
        at.1.name()
    };
    let made = object(at.0, key, &annotations, body);
    (at, made)
}
