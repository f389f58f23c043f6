//! Pod: names from annotations, with its own address or those of its node.

use super::{Shape, Touched, build, templates};
use crate::object::{KOPS_EXTERNAL, KOPS_INTERNAL, Key, Kind, Node, Pod};
use crate::unknown::{Unknown, UnknownObject};
use crate::{Annotations, Changed, Compatibility, Index, Link, Outcome, Rules, admits, split};

/// Nodes, once a pod asks for addresses of its own.
pub(super) fn also(index: &Index, _rules: &Rules) -> Vec<Kind> {
    let nodes = index.any(Kind::Pod, Link::Of(Kind::Node));
    nodes.then_some(Kind::Node).into_iter().collect()
}

/// A node touches the pods on it that can ask for its addresses.
pub(super) fn touched(index: &Index, _rules: &Rules, changed: &Changed, touched: &mut Touched) {
    if changed.kind == Kind::Node {
        for pod in index.linking::<Pod>(Link::Of(Kind::Node), &changed.key) {
            touched.add(&pod.meta.key);
        }
    }
}

/// A pod that can ask for addresses of its node hangs on that.
pub(super) fn doubt<'a>(
    index: &Index,
    key: &Key,
    unknown: &'a Unknown,
) -> Option<UnknownObject<'a>> {
    let pod = index.get::<Pod>(key).filter(|pod| pod.asks_node)?;
    unknown.object(Kind::Node, &Key::new("", &pod.node))
}

/// What a Pod asks for. Its endpoints have a TTL, but no label.
pub(super) fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(pod) = index.get::<Pod>(key) else {
        return;
    };
    let meta = &pod.meta;
    if !admits(rules, Kind::Pod, meta, outcome) {
        return;
    }
    let annotations = Annotations::of(meta, rules);
    let shape = Shape {
        ttl: annotations.ttl(outcome),
        ..Shape::bare(Kind::Pod, meta)
    };
    if rules.ignore_pods_off_host_network && !pod.host_network {
        outcome.note(|| "it does not use the network of its node".to_owned());
    } else {
        annotated(index, rules, pod, &shape, outcome);
    }
    templates::pairs(rules, "pod", Kind::Pod, meta, outcome);
    templates::names(rules, "pod", Kind::Pod, meta, outcome, |name, outcome| {
        let addresses: Vec<_> = pod.ips.iter().filter(|ip| !ip.is_empty()).collect();
        shape.add(name, &addresses, outcome);
    });
    build::merge(&mut outcome.endpoints);
}

fn annotated(index: &Index, rules: &Rules, pod: &Pod, shape: &Shape, outcome: &mut Outcome) {
    let annotations = Annotations::of(&pod.meta, rules);
    let targets = annotations.targets();
    let own = |name: &str, outcome: &mut Outcome| shape.add(name, &[&pod.ip], outcome);
    let chosen = |name: &str, outcome: &mut Outcome| shape.add(name, &targets, outcome);
    let of_node = |name: &str, outcome: &mut Outcome| {
        shape.add(name, &addresses_of_node(index, pod), outcome);
    };
    for name in annotations.internal_hostnames() {
        if targets.is_empty() {
            own(&name, outcome);
        } else {
            chosen(&name, outcome);
        }
    }
    for name in annotations.hostnames() {
        if targets.is_empty() {
            of_node(&name, outcome);
        } else {
            chosen(&name, outcome);
        }
    }
    if rules.compatibility == Some(Compatibility::KopsDnsController) {
        for name in annotations
            .plain(KOPS_INTERNAL)
            .map_or_else(Vec::new, split)
        {
            own(&name, outcome);
        }
        for name in annotations
            .plain(KOPS_EXTERNAL)
            .map_or_else(Vec::new, split)
        {
            of_node(&name, outcome);
        }
    }
    if !rules.pod_domain.is_empty() {
        let name = format!("{}.{}", pod.meta.key.name(), rules.pod_domain);
        if targets.is_empty() {
            own(&name, outcome);
        } else {
            chosen(&name, outcome);
        }
    }
}

/// The addresses of its node that are meant for outside; those of IPv6 are so whatever they are
/// called.
fn addresses_of_node<'a>(index: &'a Index, pod: &Pod) -> Vec<&'a str> {
    let Some(node) = index.get::<Node>(&Key::new("", &pod.node)) else {
        return Vec::new();
    };
    let addresses = node.addresses.iter();
    addresses
        .filter(|address| address.external || address.is_ipv6())
        .map(|address| &*address.text)
        .collect()
}
