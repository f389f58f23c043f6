//! Node: its own name, with its addresses.

use super::{Shape, build, templates};
use crate::object::{Key, Kind, Node};
use crate::{Annotations, Index, Outcome, Reason, Rules, admits};

/// What a Node asks for.
pub(super) fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(node) = index.get::<Node>(key) else {
        return;
    };
    let meta = &node.meta;
    if !admits(rules, Kind::Node, meta, outcome) {
        return;
    }
    if node.unschedulable && rules.exclude_unschedulable {
        outcome.note(|| "it takes no pods".to_owned());
        return;
    }
    let annotations = Annotations::of(meta, rules);
    let shape = Shape {
        ttl: annotations.ttl(outcome),
        resource: format!("node/{}", meta.key.name()).into(),
        ..Shape::bare(Kind::Node, meta)
    };
    let targets = annotations.targets();
    let add = |name: &str, outcome: &mut Outcome| {
        if !targets.is_empty() {
            shape.add(name, &targets, outcome);
            return;
        }
        let addresses = addresses(node, rules);
        if addresses.is_empty() {
            outcome.problem(
                Reason::TargetMissing,
                "it has neither an external nor an internal address".to_owned(),
            );
            return;
        }
        shape.add(name, &addresses, outcome);
    };
    if templates::leave_own_names(rules) {
        add(meta.key.name(), outcome);
    }
    templates::pairs(rules, "node", Kind::Node, meta, outcome);
    templates::names(rules, "node", Kind::Node, meta, outcome, add);
    build::merge(&mut outcome.endpoints);
}

/// The external addresses; the internal ones where there are none.
fn addresses<'a>(node: &'a Node, rules: &Rules) -> Vec<&'a str> {
    let texts = |keep: &dyn Fn(bool, bool) -> bool| -> Vec<&'a str> {
        let addresses = node.addresses.iter();
        addresses
            .filter(|address| keep(address.external, address.is_ipv6()))
            .map(|address| &*address.text)
            .collect()
    };
    let mut external = texts(&|external, _| external);
    if external.is_empty() {
        return texts(&|_, _| true);
    }
    if rules.expose_internal_ipv6 {
        external.extend(texts(&|external, ipv6| !external && ipv6));
    }
    external
}
