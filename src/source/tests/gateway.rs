//! Routes of the Gateway API: what external-dns's own cases leave open.

use serde_json::{Value, json};

use super::builders::{Rig, check, object};
use crate::Rules;
use crate::object::{Key, Kind};

const ACCEPTED: &str = "True";

fn listener(name: &str, protocol: &str, hostname: &str, more: Value) -> Value {
    let mut listener = json!({"name": name, "protocol": protocol, "port": 80});
    let map = listener.as_object_mut().unwrap();
    if !hostname.is_empty() {
        map.insert("hostname".to_owned(), json!(hostname));
    }
    map.extend(more.as_object().unwrap().clone());
    listener
}

fn gateway(annotations: &[(&str, &str)], listeners: &[Value]) -> Value {
    object(
        Kind::Gateway,
        "infra/gw",
        annotations,
        json!({
            "spec": {"listeners": listeners, "allowedListeners": {"namespaces": {"from": "All"}}},
            "status": {"addresses": [{"value": "192.0.2.1"}, {"type": "Hostname", "value": "gw.example.net"}]},
        }),
    )
}

fn set(listeners: &[Value], statuses: &[(&str, &str)]) -> Value {
    let statuses: Vec<Value> = statuses
        .iter()
        .map(|(name, status)| json!({"name": name, "conditions": [{"type": "Accepted", "status": status}]}))
        .collect();
    object(
        Kind::ListenerSet,
        "shop/more",
        &[],
        json!({
            "spec": {"parentRef": {"name": "gw", "namespace": "infra"}, "listeners": listeners},
            "status": {"conditions": [{"type": "Accepted", "status": "True"}], "listeners": statuses},
        }),
    )
}

/// A route with references as they stand in its specification and in its status.
fn route(
    kind: Kind,
    annotations: &[(&str, &str)],
    hosts: &[&str],
    asked: Value,
    given: Value,
    accepted: &str,
) -> Value {
    object(
        kind,
        "shop/web",
        annotations,
        json!({
            "spec": {"hostnames": hosts, "parentRefs": [asked]},
            "status": {"parents": [{"parentRef": given, "conditions": [{"type": "Accepted", "status": accepted}]}]},
        }),
    )
}

fn to_gateway() -> Value {
    json!({"name": "gw", "namespace": "infra"})
}

fn http(annotations: &[(&str, &str)], hosts: &[&str]) -> Value {
    route(
        Kind::HttpRoute,
        annotations,
        hosts,
        to_gateway(),
        to_gateway(),
        ACCEPTED,
    )
}

fn all() -> Value {
    json!({"allowedRoutes": {"namespaces": {"from": "All"}}})
}

fn with_sets() -> Rules {
    Rules {
        gateway_listener_sets: true,
        ..Rules::default()
    }
}

const A: &str = "web.example.org A 192.0.2.1 resource=httproute/shop/web";
const CNAME: &str = "web.example.org CNAME gw.example.net resource=httproute/shop/web";

#[test]
fn a_route_is_reached_where_its_gateway_is() {
    let gateway = gateway(&[], &[listener("web", "HTTP", "*.example.org", all())]);
    check(
        Rules::default(),
        "gateway-httproute",
        &[gateway.clone(), http(&[], &["Web.Example.org"])],
        &[A, CNAME],
    );
    // Its own annotations shape its endpoints, but give no targets.
    let annotations = [
        ("target", "192.0.2.9"),
        ("ttl", "1m"),
        ("set-identifier", "one"),
        ("aws-weight", "5"),
    ];
    check(
        Rules::default(),
        "gateway-httproute",
        &[gateway.clone(), http(&annotations, &["web.example.org"])],
        &[
            "web.example.org A 192.0.2.1 ttl=60 set=one resource=httproute/shop/web aws/weight:5",
            "web.example.org CNAME gw.example.net ttl=60 set=one resource=httproute/shop/web aws/weight:5",
        ],
    );
    // Without a name of its own it takes its listener's, beside those of its annotation.
    check(
        Rules::default(),
        "gateway-httproute",
        &[
            gateway,
            http(&[("hostname", "a.example.org, b.example.com")], &[]),
        ],
        &[
            "*.example.org A 192.0.2.1 resource=httproute/shop/web",
            "*.example.org CNAME gw.example.net resource=httproute/shop/web",
            "a.example.org A 192.0.2.1 resource=httproute/shop/web",
            "a.example.org CNAME gw.example.net resource=httproute/shop/web",
        ],
    );
}

#[test]
fn listeners_choose_their_routes() {
    let taken = |more: Value, from: &Value| {
        let mut rig = Rig::new(Rules::default(), &["gateway-httproute"]);
        rig.apply(&object(
            Kind::Namespace,
            "shop",
            &[],
            json!({"labels": {"team": "shop"}}),
        ));
        rig.apply(&gateway(&[], &[listener("web", "HTTP", "", more)]));
        rig.apply(&route(
            Kind::HttpRoute,
            &[],
            &["web.example.org"],
            from.clone(),
            from.clone(),
            ACCEPTED,
        ));
        !rig.endpoints().is_empty()
    };
    let from = |from: &str, selector: Value| json!({"allowedRoutes": {"namespaces": {"from": from, "selector": selector}}});
    let any = to_gateway();
    for (more, expected) in [
        (json!({}), false),
        (from("Same", Value::Null), false),
        (from("All", Value::Null), true),
        (from("None", Value::Null), false),
        (from("Elsewhere", Value::Null), false),
        (from("Selector", Value::Null), false),
        (from("Selector", json!({})), true),
        (
            from("Selector", json!({"matchLabels": {"team": "shop"}})),
            true,
        ),
        (
            from("Selector", json!({"matchLabels": {"team": "other"}})),
            false,
        ),
        (
            from(
                "Selector",
                json!({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "shop"]}]}),
            ),
            true,
        ),
        (
            from(
                "Selector",
                json!({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["shop"]}]}),
            ),
            false,
        ),
        (
            from(
                "Selector",
                json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
            ),
            true,
        ),
        (
            from(
                "Selector",
                json!({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}),
            ),
            false,
        ),
        (
            from(
                "Selector",
                json!({"matchExpressions": [{"key": "team", "operator": "Gt", "values": ["1"]}]}),
            ),
            false,
        ),
        (
            json!({"allowedRoutes": {"namespaces": {"from": "All"}, "kinds": [{"kind": "HTTPRoute"}]}}),
            true,
        ),
        (
            json!({"allowedRoutes": {"namespaces": {"from": "All"}, "kinds": [{"kind": "GRPCRoute"}]}}),
            false,
        ),
        (
            json!({"allowedRoutes": {"namespaces": {"from": "All"}, "kinds": [{"group": "other.io", "kind": "HTTPRoute"}]}}),
            false,
        ),
        (
            json!({"allowedRoutes": {"namespaces": {"from": "All"}, "kinds": []}}),
            true,
        ),
    ] {
        assert_eq!(taken(more.clone(), &any), expected, "{more}");
    }
    for (reference, expected) in [
        (
            json!({"name": "gw", "namespace": "infra", "sectionName": "web"}),
            true,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "sectionName": "other"}),
            false,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "sectionName": ""}),
            true,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "port": 80}),
            true,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "port": 81}),
            false,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "group": "", "kind": ""}),
            true,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "group": "other.io"}),
            false,
        ),
        (
            json!({"name": "gw", "namespace": "infra", "kind": "Service"}),
            false,
        ),
        (json!({"name": "gw"}), false),
    ] {
        assert_eq!(taken(all(), &reference), expected, "{reference}");
    }
}

#[test]
fn status_and_specification_must_agree() {
    let section = json!({"name": "gw", "namespace": "infra", "sectionName": "web", "port": 80});
    let other = json!({"name": "other", "namespace": "infra"});
    for (asked, given, accepted, expected) in [
        (to_gateway(), section, ACCEPTED, true),
        (other, to_gateway(), ACCEPTED, false),
        (to_gateway(), to_gateway(), "False", false),
        (to_gateway(), to_gateway(), "Unknown", false),
    ] {
        let objects = [
            gateway(&[], &[listener("web", "HTTP", "", all())]),
            route(
                Kind::HttpRoute,
                &[],
                &["web.example.org"],
                asked,
                given,
                accepted,
            ),
        ];
        let lines: &[&str] = if expected { &[A, CNAME] } else { &[] };
        check(Rules::default(), "gateway-httproute", &objects, lines);
    }
}

#[test]
fn each_kind_of_route_needs_its_protocol() {
    let sources = [
        (
            "gateway-grpcroute",
            Kind::GrpcRoute,
            ["HTTP", "HTTPS"].as_slice(),
        ),
        ("gateway-httproute", Kind::HttpRoute, &["HTTP", "HTTPS"]),
        ("gateway-tcproute", Kind::TcpRoute, &["TCP", "TLS"]),
        ("gateway-tlsroute", Kind::TlsRoute, &["TLS"]),
        ("gateway-udproute", Kind::UdpRoute, &["UDP"]),
    ];
    for (source, kind, protocols) in sources {
        for protocol in ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "example.com/other"] {
            let mut rig = Rig::new(Rules::default(), &[source]);
            rig.apply(&gateway(&[], &[listener("web", protocol, "", all())]));
            rig.apply(&route(
                kind,
                &[("hostname", "a.example.org")],
                &["b.example.org"],
                to_gateway(),
                to_gateway(),
                ACCEPTED,
            ));
            let named = matches!(kind, Kind::TcpRoute | Kind::UdpRoute);
            // Two names of two types each; TCP and UDP have names in the annotation only.
            let count = if !protocols.contains(&protocol) {
                0
            } else if named {
                2
            } else {
                4
            };
            assert_eq!(rig.endpoints().len(), count, "{source} {protocol}");
        }
    }
}

#[test]
fn a_word_that_is_no_source_of_names_is_reported() {
    let mut rig = Rig::new(Rules::default(), &["gateway-httproute"]);
    rig.apply(&gateway(&[], &[listener("web", "HTTP", "", all())]));
    rig.apply(&http(
        &[
            ("gateway-hostname-source", "both"),
            ("hostname", "a.example.org"),
        ],
        &["b.example.org"],
    ));
    assert_eq!(rig.endpoints().len(), 4);
    assert_eq!(
        rig.problems(),
        [
            "annotation \"gateway-hostname-source\" is \"both\"; expected \"annotation-only\" or \"defined-hosts-only\""
        ]
    );
}

#[test]
fn listener_sets_add_listeners() {
    let to_set = || json!({"kind": "ListenerSet", "name": "more"});
    let route = || {
        route(
            Kind::HttpRoute,
            &[],
            &["web.example.org"],
            to_set(),
            to_set(),
            ACCEPTED,
        )
    };
    let own = || listener("own", "HTTP", "", json!({}));
    let objects = [
        gateway(&[], &[]),
        set(&[own()], &[("own", "True")]),
        route(),
    ];
    check(with_sets(), "gateway-httproute", &objects, &[A, CNAME]);
    check(Rules::default(), "gateway-httproute", &objects, &[]);
    let objects = [gateway(&[], &[]), set(&[own()], &[]), route()];
    check(with_sets(), "gateway-httproute", &objects, &[]);
    let objects = [
        gateway(&[("controller", "other")], &[]),
        set(&[own()], &[("own", "True")]),
        route(),
    ];
    check(with_sets(), "gateway-httproute", &objects, &[]);
    let rules = Rules {
        gateway_name: "other".into(),
        ..with_sets()
    };
    let objects = [
        gateway(&[], &[]),
        set(&[own()], &[("own", "True")]),
        route(),
    ];
    check(rules, "gateway-httproute", &objects, &[]);
}

#[test]
fn changes_of_what_a_route_refers_to_reach_it() {
    let to_set = || json!({"kind": "ListenerSet", "name": "more"});
    let selected = json!({"allowedRoutes": {"namespaces": {
        "from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}}});
    let mut rig = Rig::new(with_sets(), &["gateway-httproute"]);
    rig.apply(&route(
        Kind::HttpRoute,
        &[],
        &["web.example.org"],
        to_set(),
        to_set(),
        ACCEPTED,
    ));
    assert!(!rig.engine.wanted().contains(&Kind::Namespace));
    rig.apply(&set(
        &[listener("own", "HTTP", "", selected)],
        &[("own", "True")],
    ));
    assert!(rig.engine.wanted().contains(&Kind::Namespace));
    rig.apply(&gateway(&[], &[]));
    assert_eq!(rig.lines(), [""; 0]);
    rig.apply(&object(
        Kind::Namespace,
        "shop",
        &[],
        json!({"labels": {"team": "shop"}}),
    ));
    assert_eq!(rig.lines(), [A, CNAME]);
    rig.apply(&gateway(&[("target", "192.0.2.7")], &[]));
    assert_eq!(
        rig.lines(),
        ["web.example.org A 192.0.2.7 resource=httproute/shop/web"]
    );
    rig.apply(&object(
        Kind::Namespace,
        "shop",
        &[],
        json!({"labels": {"team": "other"}}),
    ));
    assert_eq!(rig.lines(), [""; 0]);
    rig.apply(&object(
        Kind::Namespace,
        "shop",
        &[],
        json!({"labels": {"team": "shop"}}),
    ));
    assert_eq!(rig.lines().len(), 1);
    rig.delete(Kind::ListenerSet, &Key::new("shop", "more"));
    assert_eq!(rig.lines(), [""; 0]);
    rig.apply(&set(
        &[listener("own", "HTTP", "", all())],
        &[("own", "True")],
    ));
    assert_eq!(rig.lines().len(), 1);
    rig.delete(Kind::Gateway, &Key::new("infra", "gw"));
    assert_eq!(rig.lines(), [""; 0]);
}

#[test]
fn an_explanation_says_what_is_in_the_way() {
    let notes = |objects: &[Value], rules: Rules| {
        let mut rig = Rig::new(rules, &["gateway-httproute"]);
        for object in objects {
            rig.apply(object);
        }
        let outcome = rig.engine.explain(0, &Key::new("shop", "web")).unwrap();
        outcome
            .notes()
            .iter()
            .map(|note| note.0.clone())
            .collect::<Vec<_>>()
    };
    let route = http(&[], &["web.example.org"]);
    let taking = gateway(&[], &[listener("web", "HTTP", "*.example.com", all())]);
    assert_eq!(
        notes(std::slice::from_ref(&route), Rules::default()),
        ["Gateway infra/gw is not there"]
    );
    assert_eq!(
        notes(&[taking.clone(), route.clone()], Rules::default()),
        [
            "infra/gw, listener \"web\": its hostname \"*.example.com\" has none of the names [web.example.org]"
        ]
    );
    let rules = Rules {
        gateway_name: "other".into(),
        ..Rules::default()
    };
    assert_eq!(
        notes(&[taking, route.clone()], rules),
        ["Gateway gw is not the one in --gateway-name"]
    );
    let same = gateway(&[], &[listener("web", "HTTP", "", json!({}))]);
    assert_eq!(
        notes(&[same, route], Rules::default()),
        ["infra/gw, listener \"web\": it takes no routes from namespace shop"]
    );
}
