//! Cases that nobody thought of: objects, flags, records and changes drawn from a seed.
//!
//! Names, addresses and annotations come from small pools, so that objects meet at the same names.
//! A seed always gives the same case.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::object::Object;
use crate::recorder::Endpoint;

use super::case::{Case, Step};
use super::words::{ADDRESSES, ANNOTATIONS, FLAGS, HOSTS, NAMES, NODES, SOURCES};

/// The case of a seed.
pub(crate) fn case(seed: u64) -> Case {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
    let mut flags = draw.flags();
    let first: Vec<Value> = (0..2 + draw.below(6))
        .map(|slot| draw.object(slot))
        .collect();
    let mut steps = vec![Step {
        flags: flags.clone(),
        ..Step::default()
    }];
    let mut alive: Vec<Value> = first.clone();
    for round in 1..=draw.below(4) {
        let mut step = Step::default();
        let slot = 20 * round + draw.below(10);
        let made = draw.object(slot);
        step.create = objects(vec![made.clone()]);
        if !alive.is_empty() && draw.chance(70) {
            let gone = alive.remove(draw.below(alive.len()));
            step.delete = objects(vec![gone]);
        }
        if !alive.is_empty() && draw.chance(60) {
            let index = draw.below(alive.len());
            step.patch = alive
                .get(index)
                .map(|it| objects(vec![draw.change(it)]))
                .unwrap_or_default();
        }
        alive.push(made);
        if draw.chance(15) {
            flags.retain(|flag| !flag.starts_with("--policy"));
            flags.push(format!(
                "--policy={}",
                draw.pick(&["sync", "upsert-only", "create-only"])
            ));
        }
        step.flags.clone_from(&flags);
        steps.push(step);
    }
    let count = draw.below(4);
    Case {
        name: format!("random/{seed}"),
        key: String::new(),
        expected: PathBuf::new(),
        objects: objects([shared(), first].concat()),
        records: (0..count).flat_map(|_| draw.record()).collect(),
        filter: None,
        mask_txt: false,
        either: true,
        env: Vec::new(),
        steps,
    }
}

/// What routes and ports of nodes need.
fn shared() -> Vec<Value> {
    let node = |name: &str, addresses: Value| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "status": {"addresses": addresses}})
    };
    // Any of the first objects may be a headless service.
    let slices = (0..8).map(|slot| slice(&format!("o{slot}")));
    let others = vec![
        node(
            "n1.example.org",
            json!([{"type": "ExternalIP", "address": "203.0.113.1"},
            {"type": "InternalIP", "address": "10.1.0.1"}]),
        ),
        node(
            "n2.example.org",
            json!([{"type": "InternalIP", "address": "10.1.0.2"},
            {"type": "InternalIP", "address": "2001:db8:1::2"}]),
        ),
        pod("db-0", true),
        pod("db-1", false),
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"name": "gw"}, "spec": {"gatewayClassName": "c", "listeners": [
                {"name": "all", "port": 80, "protocol": "HTTP"},
                {"name": "sub", "port": 81, "protocol": "HTTP", "hostname": "*.w.example.org"}]},
            "status": {"addresses": [{"type": "IPAddress", "value": "192.0.2.40"}]}}),
    ];
    slices.chain(others).collect()
}

/// A pod of the headless service, with a host name of its own or without.
fn pod(name: &str, named: bool) -> Value {
    let address = if named { "10.3.0.0" } else { "10.3.0.1" };
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "db"}},
        "spec": {"nodeName": "n1.example.org", "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
            "hostIP": "10.1.0.1", "hostIPs": [{"ip": "10.1.0.1"}]}});
    if named {
        pod["spec"]["hostname"] = json!(name);
    }
    pod
}

/// What a headless service of this name is made of.
fn slice(service: &str) -> Value {
    let of = |name: &str, address: &str, ready: bool| {
        json!({"addresses": [address], "conditions": {"ready": ready},
            "targetRef": {"kind": "Pod", "name": name, "namespace": "default"}})
    };
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": service, "namespace": "default",
            "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "ports": [],
        "endpoints": [of("db-0", "10.3.0.0", true), of("db-1", "10.3.0.1", false)]})
}

fn objects(values: Vec<Value>) -> Vec<Object> {
    // All of them have a name and a kind.
    values
        .into_iter()
        .filter_map(|value| Object::new(value).ok())
        .collect()
}

/// A source of choices: splitmix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len()))
            .copied()
            .unwrap_or_default()
    }

    fn flags(&mut self) -> Vec<String> {
        let mut flags: Vec<String> = Vec::new();
        for source in SOURCES {
            if self.chance(50) {
                flags.push(format!("--source={source}"));
            }
        }
        if flags.is_empty() {
            flags.push("--source=service".to_owned());
        }
        for group in FLAGS {
            if self.chance(22) {
                let chosen = self.pick(group);
                flags.extend(chosen.split(' ').map(str::to_owned));
            }
        }
        flags
    }

    fn names(&mut self) -> String {
        let count = 1 + self.below(3) / 2;
        let names: Vec<&str> = (0..count).map(|_| self.pick(NAMES)).collect();
        names.join(",")
    }

    fn annotations(&mut self, named: bool) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: String| {
            map.insert(format!("external-dns.kubernetes.io/{key}"), json!(value));
        };
        if named {
            put("hostname", self.names());
        }
        for (key, values) in ANNOTATIONS {
            if self.chance(12) {
                put(key, self.pick(values).to_owned());
            }
        }
        Value::Object(map)
    }

    fn balancer(&mut self) -> Value {
        let count = self.below(3);
        let entries = (0..count).map(|_| match self.chance(75) {
            true => json!({"ip": self.pick(ADDRESSES)}),
            false => json!({"hostname": self.pick(&["lb1.example.net", "lb2.example.net"])}),
        });
        json!({"loadBalancer": {"ingress": entries.collect::<Vec<_>>()}})
    }

    /// An object whose name and addresses nobody else has, since its slot is its own.
    fn object(&mut self, slot: usize) -> Value {
        let name = format!("o{slot}");
        let namespace = self.pick(&["default", "shop"]);
        let labels = json!({"team": self.pick(&["red", "blue"])});
        let named = self.chance(80);
        let metadata = json!({"name": name, "namespace": namespace, "labels": labels,
            "annotations": self.annotations(named)});
        match self.below(11) {
            8 => json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
                "spec": {"hostNetwork": self.chance(50), "nodeName": self.pick(NODES),
                    "containers": [{"name": "c", "image": "i"}]},
                "status": {"phase": "Running", "podIP": format!("10.2.0.{}", 1 + slot),
                    "podIPs": [{"ip": format!("10.2.0.{}", 1 + slot)}]}}),
            // The pods behind it are those that all cases have.
            9 => json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
                "spec": {"clusterIP": "None", "selector": {"app": "db"},
                    "publishNotReadyAddresses": self.chance(30), "ports": [{"port": 80}]}}),
            10 => {
                let parent = json!({"name": "gw", "namespace": "default"});
                let time = "2026-01-01T00:00:00Z";
                json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute",
                    "metadata": metadata,
                    "spec": {"parentRefs": [parent], "hostnames": [self.pick(HOSTS)]},
                    "status": {"parents": [{"parentRef": parent, "controllerName": "example.org/c",
                        "conditions": [{"type": "Accepted", "status": "True",
                            "reason": "R", "message": "m", "lastTransitionTime": time}]}]}})
            }
            0..=2 => {
                let mut spec = json!({"type": self.pick(&["LoadBalancer", "LoadBalancer", "ClusterIP", "NodePort"]),
                    "clusterIP": format!("10.96.100.{}", 1 + slot),
                    "ports": [{"port": 80}]});
                if spec["type"] == "NodePort" {
                    spec["ports"][0]["nodePort"] = json!(31_000 + slot);
                }
                if self.chance(20) {
                    spec["externalIPs"] = json!(["198.51.100.77"]);
                }
                let status = if spec["type"] == "LoadBalancer" {
                    self.balancer()
                } else {
                    json!({})
                };
                json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
                    "spec": spec, "status": status})
            }
            3 | 4 => {
                let rules = (0..1 + self.below(2)).map(|_| json!({"host": self.pick(HOSTS)}));
                json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata,
                    "spec": {"rules": rules.collect::<Vec<_>>()}, "status": self.balancer()})
            }
            5 => {
                let parent = json!({"name": "gw", "namespace": "default"});
                let time = "2026-01-01T00:00:00Z";
                json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                    "metadata": metadata,
                    "spec": {"parentRefs": [parent], "hostnames": [self.pick(HOSTS)]},
                    "status": {"parents": [{"parentRef": parent, "controllerName": "example.org/c",
                        "conditions": [{"type": "Accepted", "status": self.pick(&["True", "True", "False"]),
                            "reason": "R", "message": "m", "lastTransitionTime": time}]}]}})
            }
            _ => {
                let endpoints = (0..1 + self.below(3)).map(|_| self.endpoint());
                json!({"apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
                    "metadata": metadata, "spec": {"endpoints": endpoints.collect::<Vec<_>>()}})
            }
        }
    }

    fn endpoint(&mut self) -> Value {
        let (kind, targets): (&str, Vec<&str>) = match self.below(4) {
            0 => (
                "CNAME",
                vec![self.pick(&["t1.example.net", "t2.example.net"])],
            ),
            1 => ("AAAA", vec!["2001:db8::5"]),
            _ => (
                "A",
                (0..1 + self.below(2))
                    .map(|_| self.pick(&ADDRESSES[..4]))
                    .collect(),
            ),
        };
        let mut endpoint =
            json!({"dnsName": self.pick(NAMES), "recordType": kind, "targets": targets});
        if self.chance(20) {
            endpoint["recordTTL"] = json!(60);
        }
        if self.chance(10) {
            endpoint["setIdentifier"] = json!("one");
        }
        endpoint
    }

    /// A change of an object that exists: its annotations.
    fn change(&mut self, object: &Value) -> Value {
        let mut metadata = object["metadata"].clone();
        metadata["annotations"] = self.annotations(true);
        json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata})
    }

    /// A record that is there before, and perhaps its ownership.
    fn record(&mut self) -> Vec<Endpoint> {
        let name = self.pick(&["a.example.org", "b.example.org", "old.example.org"]);
        let mut records = vec![Endpoint {
            dns_name: name.to_owned(),
            record_type: "A".to_owned(),
            targets: vec![self.pick(&ADDRESSES[..4]).to_owned()],
            ..Endpoint::default()
        }];
        let owner = self.pick(&["me", "me", "you", ""]);
        if !owner.is_empty() {
            let text = format!("\"heritage=external-dns,external-dns/owner={owner}\"");
            records.push(Endpoint {
                dns_name: format!("a-{name}"),
                record_type: "TXT".to_owned(),
                targets: vec![text],
                ..Endpoint::default()
            });
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_case() {
        let text = |seed| format!("{:?}", case(seed));
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }
}
