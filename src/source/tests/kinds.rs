//! What the other kinds give, and what an event touches.

use serde_json::{Value, json};

use super::builders::{Rig, WEB, check, node, object, pod, service, slice};
use crate::object::Kind;
use crate::{Rules, ServiceTypes};

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
        {"dnsName": "t.example.org", "recordType": "A", "targets": ["192.0.2.1"], "recordTTL": 2147483647},
        {"dnsName": "u.example.org", "recordType": "A", "targets": ["192.0.2.1"], "recordTTL": 2147483648u64},
        {"dnsName": "v.example.org", "recordType": "A", "targets": ["192.0.2.1"], "recordTTL": -1},
        {"dnsName": "bad.example.org", "recordType": "A", "targets": ["192.0.2.2."]},
        {"dnsName": "bad.example.org", "recordType": "NAPTR", "targets": ["10 20 s x y z"]},
        {"dnsName": "bad.example.org", "recordType": "QUX", "targets": ["x"]},
        {"dnsName": "bad.example.org", "recordType": "a", "targets": ["192.0.2.1"]},
        {"dnsName": "bad.example.org", "recordType": "TYPE1", "targets": ["192.0.2.1"]},
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
            "t.example.org A 192.0.2.1 ttl=2147483647 resource=crd/default/web",
            "u.example.org A 192.0.2.1 resource=crd/default/web",
            "v.example.org A 192.0.2.1 resource=crd/default/web",
        ]
    );
    assert_eq!(
        rig.problems(),
        [
            "\"u.example.org\" A has recordTTL 2147483648; expected seconds from 1 to 2147483647, it is \
             left out",
            "\"bad.example.org\" has the target \"192.0.2.2.\" for type A; expected one without a dot \
         at its end",
            "\"bad.example.org\" has the target \"10 20 s x y z\" for type NAPTR; expected one with a \
         dot at its end",
            "\"bad.example.org\" asks for type \"QUX\", which is none",
            "\"bad.example.org\" asks for type \"a\"; expected it written as \"A\"",
            "\"bad.example.org\" asks for type \"TYPE1\"; expected it written as \"A\"",
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
fn types_of_services_that_are_not_read_need_no_other_kinds() {
    let headless = json!({"type": "ClusterIP", "clusterIP": "None"});
    let by_node = [WEB, ("endpoints-type", "NodeExternalIP")];
    let local = json!({"type": "NodePort", "externalTrafficPolicy": "Local"});
    let (headless, local) = (
        service(&by_node, headless, json!([])),
        service(&[WEB], local, json!([])),
    );
    let pods = [Kind::EndpointSlice, Kind::Pod];
    let nodes = [Kind::Node, Kind::Pod];
    let all = [Kind::EndpointSlice, Kind::Node, Kind::Pod];
    for (object, cluster_ip, node_port, expected) in [
        (&headless, false, false, &all[..]),
        (&headless, true, true, &all),
        (&headless, true, false, &pods),
        (&headless, false, true, &[]),
        (&local, false, true, &nodes),
        (&local, true, false, &[]),
    ] {
        let service_types = ServiceTypes {
            cluster_ip,
            node_port,
            ..ServiceTypes::default()
        };
        let rules = Rules {
            service_types,
            ..Rules::default()
        };
        let mut rig = Rig::new(rules, &["service"]);
        rig.apply(object);
        let mut wanted = rig.engine.wanted();
        assert!(wanted.remove(&Kind::Service) && rig.engine.asked().len() == 1);
        assert_eq!(Vec::from_iter(wanted), expected, "{service_types:?}");
    }
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
