//! Headless Services: the addresses of their pods, under the name and under each pod's own.

use std::collections::BTreeMap;

use plan::Endpoint;
use wire::Rtype;

use super::view::View;
use crate::object::{Backend, EndpointSlice, Key, Kind, Node, Pod, ServiceType};
use crate::{Annotations, Link, Outcome};

/// Which address stands for a pod that names no targets itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The first address in the slice.
    Slice,
    /// The first address of its node.
    Host,
    /// The addresses of its node that are meant for outside.
    Node,
}

/// Adds the endpoints of a name.
pub(super) fn add(view: &View<'_>, name: &str, outcome: &mut Outcome) {
    let service = view.service;
    let by = match view.annotations.value("endpoints-type") {
        Some("NodeExternalIP") => By::Node,
        Some("HostIP") => By::Host,
        _ if view.rules.publish_host_ip => By::Host,
        _ => By::Slice,
    };
    let unready = view.rules.always_publish_not_ready
        || service
            .more
            .as_ref()
            .is_some_and(|more| more.publish_not_ready);
    let mut found: BTreeMap<(String, Rtype), Vec<String>> = BTreeMap::new();
    let slices = (view.index).linking::<EndpointSlice>(Link::Of(Kind::Service), &service.meta.key);
    for slice in slices {
        if by == By::Slice && !slice.by_ip {
            outcome.note(|| format!("slice {} holds no addresses", slice.meta.key));
            continue;
        }
        for backend in &slice.backends {
            if !backend.ready && !unready {
                outcome.note(|| format!("pod {} is not ready", backend.pod));
                continue;
            }
            let Some(pod) = pod(view, backend) else {
                outcome.note(|| {
                    format!(
                        "pod {} is not there, or not selected by the Service",
                        backend.pod
                    )
                });
                continue;
            };
            let targets = targets(view, pod, backend, by, outcome);
            let own = (!pod.hostname.is_empty()).then(|| format!("{}.{name}", pod.hostname));
            for name in std::iter::once(name.to_owned()).chain(own) {
                for target in &targets {
                    let key = (name.clone(), Endpoint::suitable_type(target));
                    let known = found.entry(key).or_default();
                    if !known.contains(target) {
                        known.push(target.clone());
                    }
                }
            }
        }
    }
    let shape = view.shape(outcome);
    for ((name, rtype), targets) in found {
        shape.add_typed(&name, rtype, targets, outcome);
    }
}

/// The pod of a backend, if the Service selects it.
fn pod<'a>(view: &View<'a>, backend: &Backend) -> Option<&'a Pod> {
    let service = view.service;
    let key = Key::new(service.meta.key.namespace(), &backend.pod);
    let pod = view.index.get::<Pod>(&key)?;
    service.selector().select(&pod.meta.labels).then_some(pod)
}

fn targets(
    view: &View<'_>,
    pod: &Pod,
    backend: &Backend,
    by: By,
    outcome: &mut Outcome,
) -> Vec<String> {
    let targets = Annotations::of(&pod.meta, view.rules).targets();
    if !targets.is_empty() {
        return targets;
    }
    match by {
        By::Slice if backend.address.is_empty() => Vec::new(),
        By::Slice => vec![backend.address.to_string()],
        By::Host => vec![pod.host_ip.to_string()],
        By::Node => {
            if !view.rules.service_types.reads(ServiceType::NodePort) {
                outcome.note(|| "addresses of nodes need type NodePort in the filter".to_owned());
                return Vec::new();
            }
            let Some(node) = view.index.get::<Node>(&Key::new("", &pod.node)) else {
                outcome
                    .note(|| format!("node \"{}\" of pod {} is not there", pod.node, backend.pod));
                return Vec::new();
            };
            let addresses = node.addresses.iter().filter(|address| {
                address.external || (view.rules.expose_internal_ipv6 && address.is_ipv6())
            });
            addresses.map(|address| address.text.to_string()).collect()
        }
    }
}
