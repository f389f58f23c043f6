//! Which listeners a route is attached to, and where these are reached.

use super::host;
use crate::object::{
    From, GATEWAY_GROUP, Gateway, Key, Kind, Listener, ListenerSet, Namespace, Parent, ParentKind,
    Protocol, Route, RouteKind,
};
use crate::{Annotations, Index, Outcome, Rules};

/// A parent of a route that takes it.
pub(super) struct Attached<'a> {
    /// The namespace of the listeners.
    namespace: &'a str,
    listeners: &'a [Listener],
    /// Whether each listener needs a status of its own.
    each: bool,
    /// Where it is reached.
    pub(super) targets: Vec<String>,
}

/// The parent, if it is read and takes the route.
pub(super) fn attach<'a>(
    index: &'a Index,
    rules: &Rules,
    parent: &'a Parent,
    outcome: &mut Outcome,
) -> Option<Attached<'a>> {
    let key = &parent.key;
    let kind = parent.kind.kind().name();
    if !parent.asked {
        outcome.note(|| format!("{kind} {key} is in the status, but not in parentRefs"));
        return None;
    }
    let attached = match parent.kind {
        ParentKind::Gateway => {
            let gateway = gateway(index, rules, key, outcome)?;
            let targets = targets(gateway, None, rules);
            (gateway.meta.key.name(), Ok(of_gateway(gateway, targets)))
        }
        ParentKind::ListenerSet => {
            let set = listener_set(index, rules, key, outcome)?;
            (set.gateway.name(), of_set(index, rules, set, outcome))
        }
    };
    let (owner, attached) = attached;
    if !rules.gateway_name.is_empty() && *rules.gateway_name != *owner {
        outcome.note(|| format!("Gateway {owner} is not the one in --gateway-name"));
        return None;
    }
    if !parent.accepted {
        outcome.note(|| format!("{kind} {key} has not accepted the route"));
        return None;
    }
    match attached {
        Ok(attached) => Some(attached),
        Err(reason) => {
            outcome.note(|| format!("ListenerSet {key} {reason}"));
            None
        }
    }
}

impl Attached<'_> {
    /// The names that the route has in common with listeners, for each listener and name of the
    /// route in their order.
    pub(super) fn names<R: RouteKind>(
        &self,
        index: &Index,
        parent: &Parent,
        route: &Route<R>,
        hosts: &[String],
        outcome: &mut Outcome,
    ) -> Vec<String> {
        let mut names = Vec::new();
        let listeners = self.section(&parent.section);
        if listeners.is_empty() {
            outcome.note(|| format!("{} has no listener \"{}\"", parent.key, parent.section));
        }
        for listener in listeners {
            if let Err(reason) = self.takes(index, listener, parent, route) {
                outcome
                    .note(|| format!("{}, listener \"{}\": {reason}", parent.key, listener.name));
                continue;
            }
            let before = names.len();
            for host in hosts {
                // Neither says a name.
                if host.is_empty() && listener.hostname.is_empty() {
                    continue;
                }
                names.extend(host::common(&listener.hostname, host));
            }
            if names.len() == before {
                outcome.note(|| {
                    format!(
                        "{}, listener \"{}\": its hostname \"{}\" has none of the names [{}]",
                        parent.key,
                        listener.name,
                        listener.hostname,
                        hosts.join(", ")
                    )
                });
            }
        }
        names
    }

    /// The listeners of a section: all, or the last one of that name.
    fn section(&self, name: &str) -> Vec<&Listener> {
        let mut listeners = self.listeners.iter();
        if name.is_empty() {
            return listeners.collect();
        }
        listeners
            .rfind(|listener| *listener.name == *name)
            .into_iter()
            .collect()
    }

    /// Whether a listener takes the route; if not, why.
    fn takes<R: RouteKind>(
        &self,
        index: &Index,
        listener: &Listener,
        parent: &Parent,
        route: &Route<R>,
    ) -> Result<(), String> {
        if self.each && listener.accepted != Some(true) {
            return Err("it was not accepted".to_owned());
        }
        let protocol = match (R::PROTOCOL, listener.protocol) {
            // TLS that is ended at the listener carries TCP.
            (Protocol::Tcp, Protocol::Tls) => true,
            (ours, theirs) => ours == theirs,
        };
        if !protocol {
            return Err("it speaks another protocol".to_owned());
        }
        if parent.port.is_some_and(|port| port != listener.port) {
            return Err("it has another port".to_owned());
        }
        let namespace = route.meta.key.namespace();
        if !admits(index, &listener.from, self.namespace, namespace) {
            return Err(format!("it takes no routes from namespace {namespace}"));
        }
        let mut kinds = listener.kinds.iter();
        let listed =
            kinds.any(|(group, kind)| **group == *GATEWAY_GROUP && **kind == *R::KIND.name());
        if !listed && !listener.kinds.is_empty() {
            return Err(format!("it takes no routes of kind {}", R::KIND.name()));
        }
        Ok(())
    }
}

fn of_gateway(gateway: &Gateway, targets: Vec<String>) -> Attached<'_> {
    Attached {
        namespace: gateway.meta.key.namespace(),
        listeners: &gateway.listeners,
        each: false,
        targets,
    }
}

/// The listeners of a ListenerSet; if they count for nothing, why.
fn of_set<'a>(
    index: &'a Index,
    rules: &Rules,
    set: &'a ListenerSet,
    outcome: &mut Outcome,
) -> Result<Attached<'a>, String> {
    let owner = &set.gateway;
    let Some(gateway) = gateway(index, rules, owner, outcome) else {
        return Err(format!("belongs to Gateway {owner}, which is not read"));
    };
    let namespace = set.meta.key.namespace();
    if !admits(index, &gateway.sets_from, owner.namespace(), namespace) {
        return Err(format!(
            "may not add to Gateway {owner}: see its allowedListeners"
        ));
    }
    if !set.accepted {
        return Err("was not accepted".to_owned());
    }
    Ok(Attached {
        namespace,
        listeners: &set.listeners,
        each: true,
        targets: targets(gateway, Some(set), rules),
    })
}

/// Where listeners are reached: what annotations say, else the addresses of the Gateway.
fn targets(gateway: &Gateway, set: Option<&ListenerSet>, rules: &Rules) -> Vec<String> {
    let metas = set.map(|set| &set.meta).into_iter().chain([&gateway.meta]);
    for meta in metas {
        let targets = Annotations::of(meta, rules).targets();
        if !targets.is_empty() {
            return targets;
        }
    }
    gateway
        .addresses
        .iter()
        .map(|address| address.to_string())
        .collect()
}

fn gateway<'a>(
    index: &'a Index,
    rules: &Rules,
    key: &Key,
    outcome: &mut Outcome,
) -> Option<&'a Gateway> {
    let gateway = index.get::<Gateway>(key);
    let reason = match gateway {
        None => "is not there",
        Some(_)
            if !rules.gateway_namespace.is_empty()
                && *rules.gateway_namespace != *key.namespace() =>
        {
            "is not in the namespace of --gateway-namespace"
        }
        Some(gateway) if !rules.gateway_label_filter.matches(&gateway.meta.labels) => {
            "is not in the label filter for Gateways"
        }
        Some(gateway) if Annotations::of(&gateway.meta, rules).is_for_other() => {
            "is for another controller"
        }
        Some(gateway) => return Some(gateway),
    };
    outcome.note(|| format!("Gateway {key} {reason}"));
    None
}

fn listener_set<'a>(
    index: &'a Index,
    rules: &Rules,
    key: &Key,
    outcome: &mut Outcome,
) -> Option<&'a ListenerSet> {
    let set = index.get::<ListenerSet>(key);
    let reason = match set {
        _ if !rules.gateway_listener_sets => "is not read without --gateway-listener-sets",
        None => "is not there",
        // The filter is that of the routes; their label filter does not hold for it.
        Some(set) if !rules.annotation_filter.matches(&set.meta.annotations) => {
            "is not in the annotation filter"
        }
        Some(set) if Annotations::of(&set.meta, rules).is_for_other() => {
            "is for another controller"
        }
        Some(set) => return Some(set),
    };
    outcome.note(|| format!("ListenerSet {key} {reason}"));
    None
}

/// Whether what stands in one namespace takes something from another one.
fn admits(index: &Index, from: &From, owner: &str, namespace: &str) -> bool {
    match from {
        From::All => true,
        From::None | From::Unknown => false,
        From::Same => owner == namespace,
        From::Selector(selector) => {
            let found = index.get::<Namespace>(&Key::new("", namespace));
            let matches = |namespace: &Namespace| {
                selector
                    .as_ref()
                    .is_some_and(|selector| selector.matches(&namespace.meta.labels))
            };
            found.is_some_and(matches)
        }
    }
}

/// The kinds that routes are attached to, which have to be watched.
pub(super) fn parents(index: &Index, rules: &Rules) -> Vec<Kind> {
    let mut kinds = vec![Kind::Gateway];
    let mut selects = index.wants(Kind::Gateway, Kind::Namespace);
    if rules.gateway_listener_sets {
        kinds.push(Kind::ListenerSet);
        selects |= index.wants(Kind::ListenerSet, Kind::Namespace);
    }
    if selects {
        kinds.push(Kind::Namespace);
    }
    kinds
}
