//! Names in the dialects of other controllers, where our own annotations gave nothing.
//!
//! What they give has no label, TTL or set identifier.

use plan::Endpoint;
use wire::Rtype;

use super::view::View;
use crate::kind::Shape;
use crate::object::{
    Entry, KOPS_EXTERNAL, KOPS_INTERNAL, Kind, MATE, MOLECULE, Node, ROLE, ServiceType,
};
use crate::{Compatibility, Outcome, split};

/// Adds what the dialect in the settings gives.
pub(super) fn add(view: &View<'_>, outcome: &mut Outcome) {
    let annotations = view.annotations;
    let labels = &view.service.meta.labels;
    match view.rules.compatibility {
        None => {}
        Some(Compatibility::Mate) => {
            if let Some(name) = annotations.plain(MATE) {
                load_balancer(view, &[name.to_owned()], outcome);
            }
        }
        Some(Compatibility::Molecule) => {
            let names = annotations.plain(MOLECULE);
            if let Some(names) = names.filter(|_| labels.value("dns") == Some("route53")) {
                load_balancer(view, &split(names), outcome);
            }
        }
        Some(Compatibility::KopsDnsController) => {
            let external = annotations.plain(KOPS_EXTERNAL).map(split);
            let internal = annotations.plain(KOPS_INTERNAL).map(split);
            match (view.service.kind, external, internal) {
                (ServiceType::LoadBalancer, external, internal) => {
                    let names: Vec<_> = external.into_iter().chain(internal).flatten().collect();
                    load_balancer(view, &names, outcome);
                }
                (ServiceType::NodePort, Some(names), None) => nodes(view, &names, true, outcome),
                (ServiceType::NodePort, None, Some(names)) => nodes(view, &names, false, outcome),
                // Both on ports of nodes is nothing, as in kops.
                _ => {}
            }
        }
    }
}

/// Each name with each entry of the load balancer.
fn load_balancer(view: &View<'_>, names: &[String], outcome: &mut Outcome) {
    if names.is_empty() {
        return;
    }
    let shape = Shape::bare(Kind::Service, &view.service.meta);
    for name in names {
        for entry in &view.service.entries {
            let rtype = match entry {
                Entry::Ip(_) => Rtype::A,
                Entry::Hostname(_) => Rtype::CNAME,
            };
            shape.add_typed(name, rtype, [entry.target()], outcome);
        }
    }
}

/// Each name with the addresses of the nodes that are for work.
fn nodes(view: &View<'_>, names: &[String], outside: bool, outcome: &mut Outcome) {
    let shape = Shape::bare(Kind::Service, &view.service.meta);
    for name in names {
        for node in view.index.all::<Node>() {
            if node.meta.labels.value(ROLE).is_none() {
                continue;
            }
            for address in &node.addresses {
                let v6_outside = view.rules.expose_internal_ipv6 && address.is_ipv6();
                let fits = if outside {
                    address.external || v6_outside
                } else {
                    !address.external
                };
                if fits {
                    let rtype = Endpoint::suitable_type(&address.text);
                    shape.add_typed(name, rtype, [&address.text], outcome);
                }
            }
        }
    }
}
