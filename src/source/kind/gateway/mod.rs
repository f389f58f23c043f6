//! The routes of the Gateway API: HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute.
//!
//! ```text
//! Route → its status: parents ─┬─→ Gateway ───────────────→ listeners → names in common → targets
//!                              └─→ ListenerSet → Gateway ─↗
//! ```
//!
//! All five kinds go through one function. What a parent of a route is taken for comes from the
//! route's status, so a route that no controller has accepted asks for nothing. Targets are those
//! of the Gateway; annotations of the route say what its endpoints are like, never where they point.

mod attach;
mod host;

use std::collections::BTreeMap;

use super::build::{self, Shape};
use super::{Merge, Row, Touched, templates};
use crate::object::{Grpc, Http, Key, Kind, ListenerSet, Route, RouteKind, Stored, Tcp, Tls, Udp};
use crate::unknown::{Unknown, UnknownObject};
use crate::{Annotations, Changed, Index, Link, Outcome, Reason, Rules, admits};

pub(super) const GRPC: Row = row::<Grpc>("gateway-grpcroute");
pub(super) const HTTP: Row = row::<Http>("gateway-httproute");
pub(super) const TCP: Row = row::<Tcp>("gateway-tcproute");
pub(super) const TLS: Row = row::<Tls>("gateway-tlsroute");
pub(super) const UDP: Row = row::<Udp>("gateway-udproute");

const fn row<R: RouteKind>(name: &'static str) -> Row
where
    Route<R>: Stored,
{
    Row {
        name,
        kind: Some(R::KIND),
        also: attach::parents,
        touched: touched::<R>,
        doubt: doubt::<R>,
        endpoints: endpoints::<R>,
        merge: Merge::Plain,
    }
}

fn touched<R: RouteKind>(index: &Index, _: &Rules, changed: &Changed, touched: &mut Touched)
where
    Route<R>: Stored,
{
    let mut routes_of = |kind: Kind, key: &Key| {
        for route in index.linking::<Route<R>>(Link::Of(kind), key) {
            touched.add(&route.meta.key);
        }
    };
    match changed.kind {
        Kind::Gateway => {
            routes_of(Kind::Gateway, &changed.key);
            for set in index.linking::<ListenerSet>(Link::Of(Kind::Gateway), &changed.key) {
                routes_of(Kind::ListenerSet, &set.meta.key);
            }
        }
        Kind::ListenerSet => routes_of(Kind::ListenerSet, &changed.key),
        Kind::Namespace => {
            // Listeners select by it the routes in it, and Gateways the ListenerSets in it.
            let namespace = changed.key.name();
            for set in index.within::<ListenerSet>(namespace) {
                routes_of(Kind::ListenerSet, &set.meta.key);
            }
            for route in index.within::<Route<R>>(namespace) {
                touched.add(&route.meta.key);
            }
        }
        _ => {}
    }
}

/// A route hangs on its parents, on the Gateways of those that are ListenerSets, and on the
/// namespaces that are selected by.
fn doubt<'a, R: RouteKind>(
    index: &Index,
    key: &Key,
    unknown: &'a Unknown,
) -> Option<UnknownObject<'a>>
where
    Route<R>: Stored,
{
    let route = index.get::<Route<R>>(key)?;
    let namespace = |key: &Key| unknown.object(Kind::Namespace, &Key::new("", key.namespace()));
    route.parents.iter().find_map(|parent| {
        let set = || {
            let set = index.get::<ListenerSet>(&parent.key)?;
            let gateway = unknown.object(Kind::Gateway, &set.gateway);
            gateway.or_else(|| namespace(&parent.key))
        };
        let found = unknown.object(parent.kind.kind(), &parent.key);
        found.or_else(|| namespace(key)).or_else(set)
    })
}

fn endpoints<R: RouteKind>(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome)
where
    Route<R>: Stored,
{
    let Some(route) = index.get::<Route<R>>(key) else {
        return;
    };
    let meta = &route.meta;
    if !admits(rules, R::KIND, meta, outcome) {
        return;
    }
    let prefix = R::KIND.name().to_ascii_lowercase();
    let hosts = hosts(route, rules, &format!("gateway-{prefix}"), outcome);
    if route.parents.is_empty() {
        outcome.note(|| "no Gateway and no ListenerSet is in the status of the route".to_owned());
    }
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for parent in &route.parents {
        let Some(attached) = attach::attach(index, rules, parent, outcome) else {
            continue;
        };
        for name in attached.names(index, parent, route, &hosts, outcome) {
            found
                .entry(name)
                .or_default()
                .extend(attached.targets.iter().cloned());
        }
    }
    if found.is_empty() {
        return;
    }
    let shape = Shape::annotated(rules, R::KIND, meta, &prefix, outcome);
    for (name, mut targets) in found {
        if targets.is_empty() {
            outcome.note(|| format!("{name} has no targets: the Gateway has no address yet"));
        }
        // Several listeners of one Gateway give its addresses several times.
        targets.sort();
        targets.dedup();
        shape.add(&name, &targets, outcome);
    }
    build::merge(&mut outcome.endpoints);
}

/// The names that a route is for; the empty one stands for those of its listeners.
fn hosts<R: RouteKind>(
    route: &Route<R>,
    rules: &Rules,
    source: &str,
    outcome: &mut Outcome,
) -> Vec<String> {
    let annotations = Annotations::of(&route.meta, rules);
    let (declared, annotated) = match annotations.value(SOURCE).map(str::to_lowercase).as_deref() {
        None => (true, true),
        Some("annotation-only") => (false, true),
        Some("defined-hosts-only") => (true, false),
        Some(other) => {
            let message = format!(
                "annotation \"{SOURCE}\" is \"{other}\"; expected \"annotation-only\" or \
                 \"defined-hosts-only\""
            );
            outcome.problem(Reason::AnnotationRejected, message);
            (true, true)
        }
    };
    let mut hosts = Vec::new();
    if declared {
        hosts.extend(route.hostnames.iter().map(|name| name.to_string()));
        let combines = rules
            .templates
            .as_ref()
            .is_some_and(|engine| engine.combines());
        if hosts.is_empty() || combines {
            hosts.extend(templates::fqdns(
                rules,
                source,
                R::KIND,
                &route.meta,
                outcome,
            ));
        }
    }
    if declared && annotated && route.hostnames.is_empty() {
        hosts.push(String::new());
    }
    if annotated && !rules.ignore_hostname_annotation {
        hosts.extend(annotations.hostnames());
    }
    hosts
}

/// Says which names of a route count.
const SOURCE: &str = "gateway-hostname-source";
