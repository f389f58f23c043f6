//! What Services give, rule by rule: a line for each endpoint.

use serde_json::{Value, json};

use super::builders::{Rig, WEB, check, node, object, pod, service, slice};
use crate::object::Kind;
use crate::{Compatibility, Rules, ServiceTypes};

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
        std::slice::from_ref(&mate),
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
