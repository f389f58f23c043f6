//! Objects that could never be read: what hangs on them is in doubt until they can be.

use serde_json::{Value, json};

use super::builders::{Rig, WEB, node, object, pod, service, slice};
use crate::Rules;
use crate::object::{Key, Kind};

/// A route of a Gateway, or of a ListenerSet that belongs to one.
fn route(parent: &str) -> Value {
    let reference = json!({"kind": parent, "name": "edge"});
    object(
        Kind::HttpRoute,
        "default/web",
        &[],
        json!({
            "spec": {"hostnames": ["web.example.org"], "parentRefs": [reference]},
            "status": {"parents": [{"parentRef": reference}]},
        }),
    )
}

fn set() -> Value {
    let body = json!({"spec": {"parentRef": {"name": "gw"}}});
    object(Kind::ListenerSet, "default/edge", &[], body)
}

fn by_pods(annotations: &[(&str, &str)]) -> Value {
    service(
        annotations,
        json!({"type": "ClusterIP", "clusterIP": "None"}),
        json!([]),
    )
}

fn on_nodes(policy: &str) -> Value {
    let spec = json!({"type": "NodePort", "externalTrafficPolicy": policy});
    service(&[WEB], spec, json!([]))
}

#[test]
fn objects_hang_on_those_that_their_endpoints_are_computed_from() {
    let by_node = [WEB, ("endpoints-type", "NodeExternalIP")];
    let pods = || {
        vec![
            pod("p0", "n0", true, &[]),
            slice(&[("p0", "10.0.0.1", true)]),
        ]
    };
    let with = |first: Value, mut rest: Vec<Value>| {
        rest.push(first);
        rest
    };
    for (source, objects, kind, key, expected) in [
        (
            "service",
            with(by_pods(&[WEB]), pods()),
            Kind::EndpointSlice,
            "default/x",
            true,
        ),
        (
            "service",
            with(by_pods(&[WEB]), pods()),
            Kind::EndpointSlice,
            "other/x",
            false,
        ),
        (
            "service",
            with(by_pods(&[]), pods()),
            Kind::EndpointSlice,
            "default/x",
            false,
        ),
        (
            "service",
            vec![by_pods(&[WEB]), slice(&[("p1", "10.0.0.2", true)])],
            Kind::Pod,
            "default/p1",
            true,
        ),
        (
            "service",
            with(by_pods(&[WEB]), pods()),
            Kind::Pod,
            "default/p1",
            false,
        ),
        (
            "service",
            with(by_pods(&by_node), pods()),
            Kind::Node,
            "n0",
            true,
        ),
        (
            "service",
            with(by_pods(&by_node), pods()),
            Kind::Node,
            "n1",
            false,
        ),
        (
            "service",
            with(by_pods(&[WEB]), pods()),
            Kind::Node,
            "n0",
            false,
        ),
        ("service", vec![on_nodes("Cluster")], Kind::Node, "n7", true),
        (
            "service",
            vec![on_nodes("Cluster")],
            Kind::Pod,
            "default/p1",
            false,
        ),
        (
            "service",
            vec![on_nodes("Local")],
            Kind::Pod,
            "default/p1",
            true,
        ),
        (
            "service",
            vec![on_nodes("Local")],
            Kind::Pod,
            "other/p1",
            false,
        ),
        (
            "pod",
            vec![pod("p0", "n0", true, &[WEB])],
            Kind::Node,
            "n0",
            true,
        ),
        (
            "pod",
            vec![pod("p0", "n0", true, &[WEB])],
            Kind::Node,
            "n1",
            false,
        ),
        (
            "pod",
            vec![pod("p0", "n0", true, &[])],
            Kind::Node,
            "n0",
            false,
        ),
        (
            "gateway-httproute",
            vec![route("Gateway")],
            Kind::Gateway,
            "default/edge",
            true,
        ),
        (
            "gateway-httproute",
            vec![route("Gateway")],
            Kind::Gateway,
            "default/gw",
            false,
        ),
        (
            "gateway-httproute",
            vec![route("Gateway")],
            Kind::Namespace,
            "default",
            true,
        ),
        (
            "gateway-httproute",
            vec![route("Gateway")],
            Kind::Namespace,
            "other",
            false,
        ),
        (
            "gateway-httproute",
            vec![route("ListenerSet")],
            Kind::ListenerSet,
            "default/edge",
            true,
        ),
        (
            "gateway-httproute",
            vec![route("ListenerSet"), set()],
            Kind::Gateway,
            "default/gw",
            true,
        ),
        (
            "ingress",
            vec![object(Kind::Ingress, "default/web", &[WEB], json!({}))],
            Kind::Service,
            "default/web",
            false,
        ),
    ] {
        let mut rig = Rig::new(Rules::default(), &[source]);
        for object in &objects {
            rig.apply(object);
        }
        let (before, problems) = (rig.lines(), rig.problems());
        let (namespace, name) = key.split_once('/').unwrap_or(("", key));
        let at = Key::new(namespace, name);
        rig.unreadable(kind, &at);
        let name = format!("{source}: {} {key}", kind.name());
        let doubtful = |rig: &Rig| rig.engine.doubtful().count() == 1;
        assert_eq!(doubtful(&rig), expected, "{name}");
        let told = rig.problems().len() - problems.len();
        assert_eq!(told, usize::from(expected), "{name}");
        assert_eq!(rig.lines(), before, "{name}");
        rig.delete(kind, &at);
        assert_eq!(
            (doubtful(&rig), rig.problems()),
            (false, problems),
            "{name}"
        );
    }
}

#[test]
fn who_is_in_doubt_for_a_list_is_said_at_its_end_and_until_it_can_be_read() {
    let mut rig = Rig::new(Rules::default(), &["service"]);
    rig.apply(&on_nodes("Cluster"));
    rig.engine.begin(Kind::Node);
    let odd = Key::new("", "n0");
    rig.unreadable(Kind::Node, &odd);
    assert!(rig.problems().is_empty());
    let touches = rig.engine.end(Kind::Node);
    assert!(touches.iter().all(|touch| touch.doubtful));
    rig.keep(touches);
    let problem = "it hangs on Node n0, which cannot be read: nothing that it had is taken away \
                   meanwhile";
    assert_eq!(rig.problems(), [problem]);
    rig.apply(&node("n1", &[("ExternalIP", "192.0.2.1")]));
    assert_eq!(rig.problems(), [problem]);
    rig.apply(&node("n0", &[("ExternalIP", "192.0.2.0")]));
    assert_eq!(rig.problems(), [""; 0]);
    let addresses = "web.example.org A 192.0.2.0 192.0.2.1 resource=service/default/web";
    assert_eq!(rig.lines(), [addresses]);
}

#[test]
fn a_kind_that_may_not_be_read_leaves_in_doubt_what_hangs_on_it_and_nothing_else() {
    let mut rig = Rig::new(Rules::default(), &["service", "ingress"]);
    rig.apply(&on_nodes("Cluster"));
    rig.apply(&object(Kind::Ingress, "default/i", &[WEB], json!({})));
    let touches = rig.engine.refuse(Kind::Node);
    rig.keep(touches);
    let problem = "it hangs on objects of kind Node, which we may not read: nothing that it had is \
                   taken away meanwhile";
    assert_eq!(rig.problems(), [problem]);
    assert_eq!(rig.engine.refuse(Kind::Node).len(), 0);
    rig.engine.begin(Kind::Node);
    rig.apply(&node("n1", &[("ExternalIP", "192.0.2.1")]));
    let touches = rig.engine.end(Kind::Node);
    rig.keep(touches);
    assert_eq!(rig.problems(), [""; 0]);
    assert_eq!(rig.engine.doubtful().count(), 0);
}
