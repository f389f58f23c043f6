//! Ingress: names from its rules, certificates and annotations; targets from its status.

use super::{Shape, build, templates};
use crate::object::{Entry, INGRESS_CLASS, Ingress, Key, Kind};
use crate::{Annotations, Index, Outcome, Rules, admits};

/// What an Ingress asks for.
pub(super) fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(ingress) = index.get::<Ingress>(key) else {
        return;
    };
    let meta = &ingress.meta;
    if !admits(rules, Kind::Ingress, meta, outcome) {
        return;
    }
    let annotations = Annotations::of(meta, rules);
    if !is_of_class(ingress, annotations, rules) {
        outcome.note(|| "its class is not among those in the settings".to_owned());
        return;
    }
    let mut targets = annotations.targets();
    if targets.is_empty() {
        targets.extend(
            ingress
                .entries
                .iter()
                .map(|entry| Entry::target(entry).to_owned()),
        );
    }
    if targets.is_empty() {
        outcome.note(|| "its load balancer has no address yet".to_owned());
    }
    let shape = Shape::annotated(rules, Kind::Ingress, meta, "ingress", outcome);
    let (declared, annotated) = match annotations.value("ingress-hostname-source") {
        None => (true, true),
        Some(value) if value.eq_ignore_ascii_case("defined-hosts-only") => (true, false),
        Some(value) if value.eq_ignore_ascii_case("annotation-only") => (false, true),
        Some(value) => {
            outcome.note(|| format!("no names: ingress-hostname-source is \"{value}\""));
            (false, false)
        }
    };
    if declared && !rules.ignore_ingress_rules {
        for host in &ingress.rule_hosts {
            shape.add(host, &targets, outcome);
        }
    }
    if declared && !rules.ignore_ingress_tls {
        for host in &ingress.tls_hosts {
            shape.add(host, &targets, outcome);
        }
    }
    if annotated && !rules.ignore_hostname_annotation {
        for host in annotations.hostnames() {
            shape.add(&host, &targets, outcome);
        }
    }
    templates::names(
        rules,
        "ingress",
        Kind::Ingress,
        meta,
        outcome,
        |name, outcome| {
            shape.add(name, &targets, outcome);
        },
    );
    build::merge(&mut outcome.endpoints);
}

/// Whether it is of a class in the settings. The field counts more than the annotation.
fn is_of_class(ingress: &Ingress, annotations: Annotations<'_>, rules: &Rules) -> bool {
    let classes = &rules.ingress_classes;
    if classes.is_empty() {
        return true;
    }
    let class = if ingress.class.is_empty() {
        annotations.plain(INGRESS_CLASS)
    } else {
        Some(&*ingress.class)
    };
    class.is_some_and(|class| classes.iter().any(|other| **other == *class))
}
