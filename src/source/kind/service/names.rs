//! From names to endpoints, by the type of the Service.

use super::view::View;
use crate::kind::{build, templates};
use crate::object::{Entry, HEADLESS, Key, Kind, Service, ServiceType};
use crate::{Index, Outcome, Reason, Rules, admits};

/// Which address a name is to have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

/// What a Service asks for.
pub(in crate::kind) fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(service) = index.get::<Service>(key) else {
        return;
    };
    if !rules.service_types.reads(service.kind) {
        outcome.note(|| "its type is not in the filter for types".to_owned());
        return;
    }
    if !admits(rules, Kind::Service, &service.meta, outcome) {
        return;
    }
    let view = View::new(index, rules, service);
    if rules.ignore_hostname_annotation {
        outcome.note(|| "annotations for names are ignored by setting".to_owned());
    } else {
        for name in view.annotations.hostnames() {
            view.add(&name, Side::Outside, outcome);
        }
        for name in view.annotations.internal_hostnames() {
            view.add(&name, Side::Inside, outcome);
        }
    }
    if outcome.endpoints.is_empty() {
        super::dialect::add(&view, outcome);
    }
    let meta = &service.meta;
    templates::pairs(rules, "service", Kind::Service, meta, outcome);
    templates::names(
        rules,
        "service",
        Kind::Service,
        meta,
        outcome,
        |name, outcome| {
            view.add(name, Side::Outside, outcome);
        },
    );
    build::merge_first_ttl(&mut outcome.endpoints);
}

impl View<'_> {
    /// Adds the endpoints of one name.
    fn add(&self, name: &str, side: Side, outcome: &mut Outcome) {
        let name = name.strip_suffix('.').unwrap_or(name);
        let shape = self.shape(outcome);
        if !self.targets.is_empty() {
            shape.add(name, &self.targets, outcome);
            return;
        }
        let service = self.service;
        match service.kind {
            ServiceType::LoadBalancer if side == Side::Inside => self.add_inside(name, outcome),
            ServiceType::LoadBalancer => self.add_load_balancer(name, outcome),
            ServiceType::ClusterIp if service.is_headless() => {
                super::headless::add(self, name, outcome);
            }
            ServiceType::ClusterIp => {
                if side == Side::Inside || self.rules.publish_internal_services {
                    self.add_inside(name, outcome);
                } else {
                    outcome
                        .note(|| format!("{name}: addresses inside the cluster are not published"));
                }
            }
            ServiceType::NodePort => super::node_port::add(self, name, outcome),
            ServiceType::ExternalName => match service.external_ips() {
                [] => {
                    let alias = service.more.as_ref().map_or("", |more| &more.external_name);
                    shape.add(name, &[alias], outcome);
                }
                addresses => shape.add(name, addresses, outcome),
            },
            ServiceType::Other => {}
        }
    }

    /// The address inside the cluster.
    fn add_inside(&self, name: &str, outcome: &mut Outcome) {
        let address = self.service.cluster_ip();
        if address == HEADLESS {
            outcome.note(|| format!("{name}: the Service has no address inside the cluster"));
            return;
        }
        self.shape(outcome).add(name, &[address], outcome);
    }

    /// The entries of the load balancer, or the addresses that its user routes.
    fn add_load_balancer(&self, name: &str, outcome: &mut Outcome) {
        let service = self.service;
        if !service.external_ips().is_empty() {
            let shape = self.shape(outcome);
            shape.add(name, service.external_ips(), outcome);
            return;
        }
        if !service.resolve {
            let targets: Vec<&str> = service.entries.iter().map(Entry::target).collect();
            if targets.is_empty() {
                outcome.note(|| format!("{name}: the load balancer has no address yet"));
            }
            self.shape(outcome).add(name, &targets, outcome);
            return;
        }
        let mut targets = Vec::new();
        for entry in &service.entries {
            match entry {
                Entry::Ip(address) => targets.push(address.to_string()),
                Entry::Hostname(host) => match self.index.resolved(host) {
                    Some([]) => outcome.problem(
                        Reason::TargetMissing,
                        format!("\"{host}\" of the load balancer has no address in DNS"),
                    ),
                    Some(found) => targets.extend(found.iter().map(ToString::to_string)),
                    None => outcome.note(|| format!("\"{host}\" is not resolved yet")),
                },
            }
        }
        self.shape(outcome).add(name, &targets, outcome);
    }
}
