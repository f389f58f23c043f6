//! Endpoints of one source at one name: what a source of external-dns does at the end of a pass.
//!
//! external-dns leaves the order of what comes out to chance; here it is the order in which the
//! endpoints came, which is that of their objects.

use std::cmp::Ordering;

use wire::Rtype;

use super::{Record, SourceMerge, What};
use crate::{Endpoint, Labels};

/// Merges what objects of one source ask for.
pub(crate) fn merge(
    rule: SourceMerge,
    endpoints: Vec<Endpoint>,
    record: &mut Record<'_>,
) -> Vec<Endpoint> {
    match rule {
        SourceMerge::None => endpoints,
        SourceMerge::Plain => plain(endpoints, record),
        SourceMerge::Service => plain(service(endpoints, record), record),
    }
}

/// Joins targets where everything that a record is found by is equal, and the TTL too. A CNAME or
/// DNAME keeps to its own target.
fn plain(endpoints: Vec<Endpoint>, record: &mut Record<'_>) -> Vec<Endpoint> {
    let mut merged: Vec<Endpoint> = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        let single = is_single(endpoint.rtype);
        if single && endpoint.targets.is_empty() {
            record.step(&endpoint, || What::NoTarget);
            continue;
        }
        let same = merged.iter_mut().find(|other| {
            is_same(other, &endpoint)
                && other.ttl == endpoint.ttl
                && (!single || other.targets.first() == endpoint.targets.first())
        });
        if let Some(same) = same {
            record.step(&endpoint, || What::Merged);
            join(same, endpoint);
            continue;
        }
        if single && merged.iter().any(|other| is_same(other, &endpoint)) {
            record.step(&endpoint, || What::SecondTarget);
        }
        merged.push(endpoint);
    }
    for endpoint in &mut merged {
        sort_targets(endpoint);
    }
    merged
}

/// Joins targets whatever the TTL, so that the same Service gives the rest each time: the first one
/// by its `resource` label.
fn service(mut endpoints: Vec<Endpoint>, record: &mut Record<'_>) -> Vec<Endpoint> {
    if endpoints.len() < 2 {
        return endpoints;
    }
    endpoints.sort_by(|a, b| resource(a).cmp(resource(b)));
    let mut merged: Vec<Endpoint> = Vec::with_capacity(endpoints.len());
    for mut endpoint in endpoints {
        let same = merged.iter_mut().find(|other| is_same(other, &endpoint));
        match same {
            Some(_) if endpoint.rtype == Rtype::CNAME => merged.push(endpoint),
            Some(same) => {
                record.step(&endpoint, || What::Merged);
                join(same, endpoint);
                sort_targets(same);
            }
            None => {
                sort_targets(&mut endpoint);
                merged.push(endpoint);
            }
        }
    }
    merged.sort_by(|a, b| match a.name.cmp(&b.name) {
        // By the text of the type, as external-dns sorts.
        Ordering::Equal => type_text(a).cmp(type_text(b)),
        order => order,
    });
    merged
}

/// Sorts targets and drops double ones.
pub(super) fn sort_targets(endpoint: &mut Endpoint) {
    if endpoint.targets.len() > 1 {
        endpoint.targets.sort_unstable();
        endpoint.targets.dedup();
    }
}

/// Adds the origins of one endpoint to another's.
pub(super) fn join_origins(endpoint: &mut Endpoint, other: &Endpoint) {
    for origin in &other.origins {
        if !endpoint.origins.contains(origin) {
            endpoint.origins.push(origin.clone());
        }
    }
}

fn join(endpoint: &mut Endpoint, mut other: Endpoint) {
    endpoint.targets.append(&mut other.targets);
    join_origins(endpoint, &other);
}

fn is_same(a: &Endpoint, b: &Endpoint) -> bool {
    a.rtype == b.rtype && a.name == b.name && a.set_identifier == b.set_identifier
}

fn is_single(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::CNAME | Rtype::DNAME)
}

fn resource(endpoint: &Endpoint) -> &str {
    endpoint.labels.value(Labels::RESOURCE).unwrap_or_default()
}

fn type_text(endpoint: &Endpoint) -> &'static str {
    endpoint.rtype.mnemonic().unwrap_or_default()
}
