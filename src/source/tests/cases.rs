//! What objects give, rule by rule: a line for each endpoint.

use serde_json::{Value, json};

use super::builders::{Rig, check, object};
use crate::object::Kind;
use crate::{Compatibility, Rules, ServiceTypes};

fn service(annotations: &[(&str, &str)], spec: Value, entries: Value) -> Value {
    let body = json!({"spec": spec, "status": {"loadBalancer": {"ingress": entries}}});
    object(Kind::Service, "default/web", annotations, body)
}

fn node(name: &str, addresses: &[(&str, &str)]) -> Value {
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

fn pod(name: &str, node: &str, ready: bool, annotations: &[(&str, &str)]) -> Value {
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

fn slice(pods: &[(&str, &str, bool)]) -> Value {
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

const WEB: (&str, &str) = ("hostname", "web.example.org");

#[test]
fn a_load_balancer_gives_addresses_and_names() {
    let balanced = |annotations: &[(&str, &str)], entries: Value| {
        service(
            annotations,
            json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1"}),
            entries,
        )
    };
    let rules = Rules::default();
    let both = json!([{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}, {"hostname": "lb.example.net."}]);
    check(
        rules.clone(),
        "service",
        &[balanced(&[WEB, ("ttl", "5m")], both)],
        &[
            "web.example.org A 192.0.2.1 ttl=300 resource=service/default/web",
            "web.example.org AAAA 2001:db8::1 ttl=300 resource=service/default/web",
            "web.example.org CNAME lb.example.net ttl=300 resource=service/default/web",
        ],
    );
    let one = json!([{"ip": "192.0.2.1"}]);
    check(
        rules.clone(),
        "service",
        &[balanced(
            &[WEB, ("target", "a.example.net.,192.0.2.9")],
            one.clone(),
        )],
        &[
            "web.example.org A 192.0.2.9 resource=service/default/web",
            "web.example.org CNAME a.example.net resource=service/default/web",
        ],
    );
    let settings = [
        WEB,
        ("set-identifier", "s"),
        ("aws-weight", "10"),
        ("alias", "true"),
    ];
    check(
        rules.clone(),
        "service",
        &[balanced(&settings, one.clone())],
        &[
            "web.example.org A 192.0.2.1 set=s resource=service/default/web alias:true aws/weight:10",
        ],
    );
    check(
        rules.clone(),
        "service",
        &[balanced(
            &[("internal-hostname", "in.example.org")],
            one.clone(),
        )],
        &["in.example.org A 10.0.0.1 resource=service/default/web"],
    );
    check(
        rules.clone(),
        "service",
        &[balanced(&[WEB, ("controller", "other")], one.clone())],
        &[],
    );
    check(
        rules.clone(),
        "service",
        &[balanced(&[WEB], json!([]))],
        &[],
    );
    let old = (
        "external-dns.alpha.kubernetes.io/hostname",
        "old.example.org",
    );
    check(
        rules.clone(),
        "service",
        &[balanced(&[old], one.clone())],
        &["old.example.org A 192.0.2.1 resource=service/default/web"],
    );
    let ignoring = Rules {
        ignore_hostname_annotation: true,
        ..rules.clone()
    };
    check(ignoring, "service", &[balanced(&[WEB], one.clone())], &[]);
    let types = ServiceTypes {
        node_port: true,
        ..ServiceTypes::default()
    };
    check(
        Rules {
            service_types: types,
            ..rules
        },
        "service",
        &[balanced(&[WEB], one)],
        &[],
    );
}

#[test]
fn names_of_load_balancers_are_resolved_on_request() {
    let rules = Rules {
        resolve_load_balancers: true,
        ..Rules::default()
    };
    let mut rig = Rig::new(rules, &["service"]);
    let entries = json!([{"hostname": "lb.example.net"}]);
    rig.apply(&service(&[WEB], json!({"type": "LoadBalancer"}), entries));
    assert_eq!(rig.engine.names().collect::<Vec<_>>(), ["lb.example.net"]);
    assert!(rig.lines().is_empty());
    let addresses = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let touches = rig.engine.resolve("lb.example.net", &addresses);
    rig.keep(touches);
    assert_eq!(
        rig.lines(),
        [
            "web.example.org A 192.0.2.1 resource=service/default/web",
            "web.example.org AAAA 2001:db8::1 resource=service/default/web",
        ]
    );
    let touches = rig.engine.resolve("lb.example.net", &[]);
    rig.keep(touches);
    assert!(rig.lines().is_empty());
    assert_eq!(
        rig.problems(),
        ["\"lb.example.net\" of the load balancer has no address in DNS"]
    );
}

#[test]
fn a_cluster_address_is_published_only_on_request() {
    let inside = |annotations: &[(&str, &str)]| {
        service(
            annotations,
            json!({"type": "ClusterIP", "clusterIP": "10.0.0.1"}),
            json!([]),
        )
    };
    check(Rules::default(), "service", &[inside(&[WEB])], &[]);
    check(
        Rules::default(),
        "service",
        &[inside(&[("internal-hostname", "in.example.org")])],
        &["in.example.org A 10.0.0.1 resource=service/default/web"],
    );
    let rules = Rules {
        publish_internal_services: true,
        ..Rules::default()
    };
    check(
        rules,
        "service",
        &[inside(&[WEB])],
        &["web.example.org A 10.0.0.1 resource=service/default/web"],
    );
}

#[test]
fn an_external_name_is_an_alias() {
    let rules = Rules::default();
    let spec = json!({"type": "ExternalName", "externalName": "ext.example.net"});
    check(
        rules.clone(),
        "service",
        &[service(&[WEB], spec, json!([]))],
        &["web.example.org CNAME ext.example.net resource=service/default/web"],
    );
    let spec = json!({"type": "ExternalName", "externalName": "x", "externalIPs": ["192.0.2.3"]});
    check(
        rules,
        "service",
        &[service(&[WEB], spec, json!([]))],
        &["web.example.org A 192.0.2.3 resource=service/default/web"],
    );
}

#[test]
fn a_headless_service_gives_its_pods() {
    let headless = |annotations: &[(&str, &str)]| {
        let spec = json!({"type": "ClusterIP", "clusterIP": "None", "selector": {"app": "web"}});
        service(annotations, spec, json!([]))
    };
    let pods = [pod("p0", "n0", true, &[]), pod("p1", "n1", false, &[])];
    let slices = slice(&[
        ("p0", "10.0.0.1", true),
        ("p1", "10.0.0.2", false),
        ("gone", "10.0.0.3", true),
    ]);
    let nodes = [node(
        "n0",
        &[("ExternalIP", "192.0.2.1"), ("InternalIP", "2001:db8::1")],
    )];
    let all = |annotations: &[(&str, &str)]| {
        let mut all = vec![headless(annotations), slices.clone()];
        all.extend(pods.clone());
        all.extend(nodes.clone());
        all
    };
    check(
        Rules::default(),
        "service",
        &all(&[WEB]),
        &[
            "p0.web.example.org A 10.0.0.1 resource=service/default/web",
            "web.example.org A 10.0.0.1 resource=service/default/web",
        ],
    );
    let rules = Rules {
        always_publish_not_ready: true,
        ..Rules::default()
    };
    check(
        rules,
        "service",
        &all(&[WEB]),
        &[
            "p0.web.example.org A 10.0.0.1 resource=service/default/web",
            "p1.web.example.org A 10.0.0.2 resource=service/default/web",
            "web.example.org A 10.0.0.1 10.0.0.2 resource=service/default/web",
        ],
    );
    let host_ips = [
        "p0.web.example.org A 192.0.2.77 resource=service/default/web",
        "web.example.org A 192.0.2.77 resource=service/default/web",
    ];
    check(
        Rules::default(),
        "service",
        &all(&[WEB, ("endpoints-type", "HostIP")]),
        &host_ips,
    );
    let rules = Rules {
        publish_host_ip: true,
        ..Rules::default()
    };
    check(rules, "service", &all(&[WEB]), &host_ips);
    let by_node = all(&[WEB, ("endpoints-type", "NodeExternalIP")]);
    check(
        Rules::default(),
        "service",
        &by_node,
        &[
            "p0.web.example.org A 192.0.2.1 resource=service/default/web",
            "web.example.org A 192.0.2.1 resource=service/default/web",
        ],
    );
    let types = ServiceTypes {
        cluster_ip: true,
        ..ServiceTypes::default()
    };
    check(
        Rules {
            service_types: types,
            ..Rules::default()
        },
        "service",
        &by_node,
        &[],
    );
}

#[test]
fn ports_of_nodes_give_addresses_and_srv() {
    let ported = |annotations: &[(&str, &str)], policy: &str| {
        let spec = json!({
            "type": "NodePort",
            "selector": {"app": "web"},
            "externalTrafficPolicy": policy,
            "ports": [{"nodePort": 30000, "protocol": "UDP"}, {"port": 80}],
        });
        service(annotations, spec, json!([]))
    };
    let nodes = [
        node(
            "n0",
            &[("ExternalIP", "192.0.2.1"), ("InternalIP", "10.0.0.1")],
        ),
        node(
            "n1",
            &[("ExternalIP", "192.0.2.2"), ("InternalIP", "2001:db8::2")],
        ),
    ];
    let all = |annotations: &[(&str, &str)], policy: &str, pods: &[Value]| {
        let mut all = vec![ported(annotations, policy)];
        all.extend(nodes.clone());
        all.extend_from_slice(pods);
        all
    };
    let srv =
        "_web._udp.web.example.org SRV 0 50 30000 web.example.org. resource=service/default/web";
    let rules = Rules::default();
    check(
        rules.clone(),
        "service",
        &all(&[WEB], "Cluster", &[]),
        &[
            srv,
            "web.example.org A 192.0.2.1 192.0.2.2 resource=service/default/web",
        ],
    );
    check(
        rules.clone(),
        "service",
        &all(&[WEB, ("access", "private")], "Cluster", &[]),
        &[
            srv,
            "web.example.org A 10.0.0.1 resource=service/default/web",
            "web.example.org AAAA 2001:db8::2 resource=service/default/web",
        ],
    );
    let exposing = Rules {
        expose_internal_ipv6: true,
        ..rules.clone()
    };
    check(
        exposing,
        "service",
        &all(&[WEB, ("access", "public")], "Cluster", &[]),
        &[
            srv,
            "web.example.org A 192.0.2.1 192.0.2.2 resource=service/default/web",
            "web.example.org AAAA 2001:db8::2 resource=service/default/web",
        ],
    );
    // Only the best state that any pod is in counts.
    let pods = [pod("p0", "n0", true, &[]), pod("p1", "n1", false, &[])];
    check(
        rules.clone(),
        "service",
        &all(&[WEB], "Local", &pods),
        &[
            srv,
            "web.example.org A 192.0.2.1 resource=service/default/web",
        ],
    );
    check(
        rules.clone(),
        "service",
        &all(&[WEB], "Local", &pods[1..]),
        &[
            srv,
            "web.example.org A 192.0.2.2 resource=service/default/web",
        ],
    );
    check(rules.clone(), "service", &all(&[WEB], "Local", &[]), &[srv]);
    check(
        rules,
        "service",
        &all(&[WEB, ("target", "192.0.2.9")], "Local", &pods),
        &["web.example.org A 192.0.2.9 resource=service/default/web"],
    );
}

#[test]
fn other_dialects_count_where_ours_gives_nothing() {
    let entries = json!([{"ip": "192.0.2.1"}, {"hostname": "lb.example.net"}]);
    let rules = |dialect| Rules {
        compatibility: Some(dialect),
        ..Rules::default()
    };
    let spec = json!({"type": "LoadBalancer"});
    let mate = service(
        &[("zalando.org/dnsname", "m.example.org")],
        spec.clone(),
        entries.clone(),
    );
    let given = [
        "m.example.org A 192.0.2.1",
        "m.example.org CNAME lb.example.net",
    ];
    check(
        rules(Compatibility::Mate),
        "service",
        &[mate.clone()],
        &given,
    );
    check(Rules::default(), "service", &[mate], &[]);
    let kops = "dns.alpha.kubernetes.io/external";
    let both = service(
        &[(kops, "m.example.org"), WEB],
        spec.clone(),
        json!([{"ip": "192.0.2.1"}]),
    );
    check(
        rules(Compatibility::KopsDnsController),
        "service",
        &[both],
        &["web.example.org A 192.0.2.1 resource=service/default/web"],
    );
    let kops = service(&[(kops, "m.example.org")], spec, entries);
    check(
        rules(Compatibility::KopsDnsController),
        "service",
        &[kops],
        &given,
    );
}

#[test]
fn services_of_one_name_come_together() {
    let one = |name: &str, ttl: &str, ip: &str| {
        let body = json!({
            "spec": {"type": "LoadBalancer"},
            "status": {"loadBalancer": {"ingress": [{"ip": ip}]}},
        });
        object(Kind::Service, name, &[WEB, ("ttl", ttl)], body)
    };
    check(
        Rules::default(),
        "service",
        &[one("b/x", "60", "192.0.2.2"), one("a/y", "30", "192.0.2.1")],
        &["web.example.org A 192.0.2.1 192.0.2.2 ttl=30 resource=service/a/y"],
    );
}

#[test]
fn an_ingress_gives_hosts_and_annotations() {
    let ingress = |annotations: &[(&str, &str)], class: &str| {
        let body = json!({
            "spec": {
                "ingressClassName": class,
                "rules": [{"host": "r.example.org"}, {"host": ""}],
                "tls": [{"hosts": ["t.example.org", "r.example.org"]}],
            },
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
        });
        object(Kind::Ingress, "default/web", annotations, body)
    };
    let rules = Rules::default();
    let [r, t, web] = ["r", "t", "web"]
        .map(|name| format!("{name}.example.org A 192.0.2.1 resource=ingress/default/web"));
    check(
        rules.clone(),
        "ingress",
        &[ingress(&[WEB], "")],
        &[&r, &t, &web],
    );
    let source = |value| [WEB, ("ingress-hostname-source", value)];
    check(
        rules.clone(),
        "ingress",
        &[ingress(&source("Annotation-only"), "")],
        &[&web],
    );
    check(
        rules.clone(),
        "ingress",
        &[ingress(&source("defined-hosts-only"), "")],
        &[&r, &t],
    );
    check(
        rules.clone(),
        "ingress",
        &[ingress(&source("else"), "")],
        &[],
    );
    let no_rules = Rules {
        ignore_ingress_rules: true,
        ignore_ingress_tls: true,
        ..rules.clone()
    };
    check(no_rules, "ingress", &[ingress(&[WEB], "")], &[&web]);
    let classes = Rules {
        ingress_classes: vec!["a".into(), "b".into()],
        ..rules
    };
    let by_annotation = ("kubernetes.io/ingress.class", "a");
    check(classes.clone(), "ingress", &[ingress(&[], "b")], &[&r, &t]);
    check(
        classes.clone(),
        "ingress",
        &[ingress(&[by_annotation], "")],
        &[&r, &t],
    );
    check(
        classes.clone(),
        "ingress",
        &[ingress(&[by_annotation], "c")],
        &[],
    );
    check(classes, "ingress", &[ingress(&[], "")], &[]);
}

#[test]
fn a_node_gives_its_name() {
    let rules = Rules::default();
    let inside = ("InternalIP", "10.0.0.1");
    check(
        rules.clone(),
        "node",
        &[node("n0", &[("ExternalIP", "192.0.2.1"), inside])],
        &["n0 A 192.0.2.1 resource=node/n0"],
    );
    check(
        rules.clone(),
        "node",
        &[node("n0", &[inside])],
        &["n0 A 10.0.0.1 resource=node/n0"],
    );
    let mut rig = Rig::new(rules, &["node"]);
    rig.apply(&node("n0", &[]));
    rig.apply(&node("n1", &[inside]));
    assert_eq!(rig.lines(), ["n1 A 10.0.0.1 resource=node/n1"]);
    assert_eq!(
        rig.problems(),
        ["it has neither an external nor an internal address"]
    );
}

#[test]
fn a_pod_gives_its_address_or_those_of_its_node() {
    let rules = Rules::default();
    let nodes = node(
        "n0",
        &[("ExternalIP", "192.0.2.1"), ("InternalIP", "2001:db8::1")],
    );
    let names = [WEB, ("internal-hostname", "in.example.org"), ("ttl", "60")];
    check(
        rules.clone(),
        "pod",
        &[pod("p0", "n0", true, &names), nodes.clone()],
        &[
            "in.example.org A 10.0.0.7 ttl=60",
            "web.example.org A 192.0.2.1 ttl=60",
            "web.example.org AAAA 2001:db8::1 ttl=60",
        ],
    );
    let domain = Rules {
        pod_domain: "pods.example.org".into(),
        ..rules.clone()
    };
    check(
        domain,
        "pod",
        &[pod("p0", "n0", true, &[])],
        &["p0.pods.example.org A 10.0.0.7"],
    );
    let host_only = Rules {
        ignore_pods_off_host_network: true,
        ..rules
    };
    check(
        host_only,
        "pod",
        &[pod("p0", "n0", true, &names), nodes],
        &[],
    );
}

#[test]
fn a_dns_endpoint_gives_what_it_says() {
    let endpoints = json!([
        {"dnsName": "a.example.org", "recordType": "A", "targets": ["192.0.2.2", "192.0.2.1"],
         "recordTTL": 60, "labels": {"mine": "yes"}, "setIdentifier": "s",
         "providerSpecific": [{"name": "aws/weight", "value": "1"}]},
        {"dnsName": "c.example.org", "recordType": "CNAME", "targets": ["x.example.net."]},
        {"dnsName": "e.example.org", "recordType": "A", "targets": []},
        {"dnsName": "bad.example.org", "recordType": "A", "targets": ["192.0.2.2."]},
        {"dnsName": "bad.example.org", "recordType": "NAPTR", "targets": ["10 20 s x y z"]},
        {"dnsName": "bad.example.org", "recordType": "QUX", "targets": ["x"]},
        null,
    ]);
    let body = json!({"spec": {"endpoints": endpoints}});
    let object = object(Kind::DnsEndpoint, "default/web", &[], body);
    let mut rig = Rig::new(Rules::default(), &["crd"]);
    rig.apply(&object);
    assert_eq!(
        rig.lines(),
        [
            "a.example.org A 192.0.2.1 192.0.2.2 ttl=60 set=s mine=yes resource=crd/default/web \
         aws/weight:1",
            "c.example.org CNAME x.example.net. resource=crd/default/web",
            "e.example.org A  resource=crd/default/web",
        ]
    );
    assert_eq!(
        rig.problems(),
        [
            "\"bad.example.org\" has the target \"192.0.2.2.\" for type A; expected one without a dot \
         at its end",
            "\"bad.example.org\" has the target \"10 20 s x y z\" for type NAPTR; expected one with a \
         dot at its end",
            "\"bad.example.org\" asks for type \"QUX\", which is none",
        ]
    );
}

#[test]
fn a_label_that_is_too_long_spoils_only_its_name() {
    let long = format!("{}.example.org,ok.example.org", "a".repeat(64));
    let entries = json!([{"ip": "192.0.2.1"}]);
    let mut rig = Rig::new(Rules::default(), &["service"]);
    rig.apply(&service(
        &[("hostname", &long)],
        json!({"type": "LoadBalancer"}),
        entries,
    ));
    assert_eq!(
        rig.lines(),
        ["ok.example.org A 192.0.2.1 resource=service/default/web"]
    );
    assert_eq!(rig.problems().len(), 1);
}

#[test]
fn kinds_are_watched_once_an_object_needs_them() {
    let mut rig = Rig::new(Rules::default(), &["service", "pod"]);
    assert_eq!(
        rig.engine.wanted().into_iter().collect::<Vec<_>>(),
        [Kind::Pod, Kind::Service]
    );
    rig.apply(&pod("p0", "n0", true, &[WEB]));
    assert!(rig.engine.wanted().contains(&Kind::Node));
    assert!(!rig.engine.wanted().contains(&Kind::EndpointSlice));
    let spec = json!({"type": "ClusterIP", "clusterIP": "None"});
    rig.apply(&service(&[WEB], spec.clone(), json!([])));
    assert!(rig.engine.wanted().contains(&Kind::EndpointSlice));
    // One that asks for no name needs nothing.
    rig.apply(&service(&[], spec, json!([])));
    assert!(!rig.engine.wanted().contains(&Kind::EndpointSlice));
}

#[test]
fn an_event_touches_what_depends_on_it_and_nothing_else() {
    let spec = json!({"type": "ClusterIP", "clusterIP": "None", "selector": {"app": "web"}});
    let mut rig = Rig::new(Rules::default(), &["service"]);
    rig.apply(&service(&[WEB], spec, json!([])));
    rig.apply(&slice(&[
        ("p0", "10.0.0.1", true),
        ("p1", "10.0.0.2", true),
    ]));
    rig.apply(&pod("p0", "n0", true, &[]));
    let decode = |rig: &Rig, value: &Value| {
        let kind = Kind::named(
            value["apiVersion"].as_str().unwrap(),
            value["kind"].as_str().unwrap(),
        );
        kind.unwrap()
            .decode_value(value, &rig.engine.trim())
            .unwrap()
    };
    let mut touches = |value: &Value| {
        let object = decode(&rig, value);
        rig.engine.apply(object).len()
    };
    // Again the same; a pod selected; a node that nobody asked for.
    assert_eq!(touches(&pod("p0", "n0", true, &[])), 0);
    assert_eq!(touches(&pod("p1", "n0", true, &[])), 1);
    assert_eq!(touches(&node("n0", &[("ExternalIP", "192.0.2.1")])), 0);
    let mut other = pod("p2", "n0", true, &[]);
    other["metadata"]["labels"] = json!({"app": "db"});
    assert_eq!(touches(&other), 0);
    // One that leaves the selection is an event too.
    let mut left = pod("p1", "n0", true, &[]);
    left["metadata"]["labels"] = json!({"app": "db"});
    assert_eq!(touches(&left), 1);
}
