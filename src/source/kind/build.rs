//! How endpoints are made of names and targets.

use std::sync::Arc;

use plan::{Endpoint, Labels, ObjectRef, Properties};
use wire::{Rtype, Ttl};

use crate::object::{Kind, Meta};
use crate::{Annotations, Outcome, Reason, Rules};

/// What all endpoints of one object have in common.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The TTL, if one was asked for.
    pub ttl: Option<Ttl>,
    /// The set identifier; mostly empty.
    pub set_identifier: Box<str>,
    /// Settings for providers.
    pub properties: Properties,
    /// The value of the label `resource`; empty for none.
    pub resource: Box<str>,
    /// The object.
    pub origin: Arc<ObjectRef>,
}

impl Shape {
    /// Everything that annotations of an object say; the resource is `prefix/namespace/name`.
    #[must_use]
    pub fn annotated(
        rules: &Rules,
        kind: Kind,
        meta: &Meta,
        prefix: &str,
        outcome: &mut Outcome,
    ) -> Self {
        let annotations = Annotations::of(meta, rules);
        Self {
            ttl: annotations.ttl(outcome),
            set_identifier: annotations.set_identifier().into(),
            properties: annotations.properties(),
            resource: format!("{prefix}/{}/{}", meta.key.namespace(), meta.key.name()).into(),
            origin: meta.reference(kind),
        }
    }

    /// Nothing but the object: no TTL, no label.
    #[must_use]
    pub fn bare(kind: Kind, meta: &Meta) -> Self {
        Self {
            ttl: None,
            set_identifier: Box::default(),
            properties: Properties::default(),
            resource: Box::default(),
            origin: meta.reference(kind),
        }
    }

    /// Adds the endpoints of a name: targets are told apart by type, in the order A, AAAA, CNAME.
    pub fn add<T: AsRef<str>>(&self, name: &str, targets: &[T], outcome: &mut Outcome) {
        for rtype in [Rtype::A, Rtype::AAAA, Rtype::CNAME] {
            let targets = targets.iter().map(AsRef::as_ref);
            let mut suitable = targets
                .filter(|target| Endpoint::suitable_type(target) == rtype)
                .peekable();
            if suitable.peek().is_some() {
                self.add_typed(name, rtype, suitable, outcome);
            }
        }
    }

    /// Adds an endpoint of one type. A name with a label that is too long is reported instead.
    pub fn add_typed<T: AsRef<str>>(
        &self,
        name: &str,
        rtype: Rtype,
        targets: impl IntoIterator<Item = T>,
        outcome: &mut Outcome,
    ) {
        if let Some(label) = name.split('.').find(|label| label.len() > MAX_LABEL) {
            outcome.problem(
                Reason::NameRejected,
                format!(
                    "name \"{name}\" has the label \"{label}\", which is longer than \
                     {MAX_LABEL} octets"
                ),
            );
            return;
        }
        let mut endpoint = Endpoint::new(name, rtype, targets);
        endpoint.ttl = self.ttl;
        endpoint.set_identifier = self.set_identifier.clone();
        endpoint.properties = self.properties.clone();
        if !self.resource.is_empty() {
            endpoint.labels.set(Labels::RESOURCE, &self.resource);
        }
        endpoint.origins = vec![self.origin.clone()];
        outcome.note(|| {
            format!(
                "gives {} {}: {}",
                endpoint.name,
                endpoint.rtype,
                endpoint.targets.join(", ")
            )
        });
        outcome.endpoints.push(endpoint);
    }
}

/// Brings together the endpoints of several objects of one source, as its row says.
#[cfg(test)]
pub(crate) fn unite(endpoints: &mut Vec<Endpoint>, how: super::Merge) {
    match how {
        super::Merge::None => {}
        super::Merge::Plain => merge(endpoints),
        super::Merge::Service => {
            endpoints.sort_by(|a, b| {
                let resource = |endpoint: &Endpoint| {
                    endpoint.labels.value(Labels::RESOURCE).map(str::to_owned)
                };
                resource(a).cmp(&resource(b))
            });
            merge_first_ttl(endpoints);
        }
    }
}

/// Brings together the endpoints of one object: targets of the same name, type, set identifier and
/// TTL are united, sorted, each once. Aliases stay apart by target.
pub(crate) fn merge(endpoints: &mut Vec<Endpoint>) {
    merge_if(endpoints, |a, b| a.ttl == b.ttl);
}

/// As [`merge`], but whatever the TTL: the first endpoint gives it.
pub(crate) fn merge_first_ttl(endpoints: &mut Vec<Endpoint>) {
    merge_if(endpoints, |_, _| true);
}

fn merge_if(endpoints: &mut Vec<Endpoint>, fits: impl Fn(&Endpoint, &Endpoint) -> bool) {
    let mut merged: Vec<Endpoint> = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints.drain(..) {
        let alias = matches!(endpoint.rtype, Rtype::CNAME | Rtype::DNAME);
        if alias && endpoint.targets.is_empty() {
            continue;
        }
        let same = merged.iter_mut().find(|other| {
            other.name == endpoint.name
                && other.rtype == endpoint.rtype
                && other.set_identifier == endpoint.set_identifier
                && fits(other, &endpoint)
                && (!alias || other.targets.first() == endpoint.targets.first())
        });
        match same {
            Some(other) => other.targets.extend(endpoint.targets),
            None => merged.push(endpoint),
        }
    }
    for endpoint in &mut merged {
        endpoint.targets.sort();
        endpoint.targets.dedup();
    }
    *endpoints = merged;
}

const MAX_LABEL: usize = 63;
