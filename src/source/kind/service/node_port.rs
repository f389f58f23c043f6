//! Services on ports of the nodes: addresses of the nodes, and an SRV record for each port.

use std::collections::BTreeMap;

use wire::Rtype;

use super::view::View;
use crate::Outcome;
use crate::object::{Key, Node, Pod, PodState};

/// Adds the endpoints of a name.
pub(super) fn add(view: &View<'_>, name: &str, outcome: &mut Outcome) {
    let service = view.service;
    let shape = view.shape(outcome);
    for (port, protocol) in service.more.iter().flat_map(|more| &more.node_ports) {
        // RFC 2782: the name says service and protocol, the target priority, weight and port.
        let srv = format!("_{}._{protocol}.{name}", service.meta.key.name());
        let target = format!("0 50 {port} {name}.");
        shape.add_typed(&srv, Rtype::SRV, [target], outcome);
    }
    shape.add(name, &targets(view, outcome), outcome);
}

fn targets<'a>(view: &View<'a>, outcome: &mut Outcome) -> Vec<&'a str> {
    let local = view.service.more.as_ref().is_some_and(|more| more.local);
    let nodes: Vec<&Node> = if local {
        with_pods(view)
    } else {
        view.index.all::<Node>().collect()
    };
    let mut external = Vec::new();
    let mut external_v6 = Vec::new();
    let mut internal = Vec::new();
    for node in nodes {
        if node.unschedulable && view.rules.exclude_unschedulable {
            outcome.note(|| format!("node {} takes no pods", node.meta.key));
            continue;
        }
        for address in &node.addresses {
            if address.external {
                external.push(&*address.text);
            } else {
                internal.push(&*address.text);
                if address.is_ipv6() {
                    external_v6.push(&*address.text);
                }
            }
        }
    }
    // Some clusters give public IPv6 addresses as internal ones.
    let outside = match view.annotations.value("access") {
        Some("public") => true,
        Some("private") => false,
        _ => !external.is_empty(),
    };
    if !outside {
        return internal;
    }
    if view.rules.expose_internal_ipv6 {
        external.append(&mut external_v6);
    }
    external
}

/// The nodes whose pods take the traffic: those where a pod is in the best state that any is in.
fn with_pods<'a>(view: &View<'a>) -> Vec<&'a Node> {
    let service = view.service;
    let mut best: BTreeMap<&str, (PodState, &Node)> = BTreeMap::new();
    for pod in view.index.within::<Pod>(service.meta.key.namespace()) {
        if pod.state == PodState::NotRunning || !service.selector().select(&pod.meta.labels) {
            continue;
        }
        let Some(node) = view.index.get::<Node>(&Key::new("", &pod.node)) else {
            continue;
        };
        let state = best.entry(&pod.node).or_insert((pod.state, node));
        state.0 = state.0.max(pod.state);
    }
    let Some(top) = best.values().map(|(state, _)| *state).max() else {
        return Vec::new();
    };
    let nodes = best.into_values().filter(|(state, _)| *state == top);
    nodes.map(|(_, node)| node).collect()
}
