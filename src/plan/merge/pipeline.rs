//! The steps in their order, on the endpoints of one name.

use std::net::Ipv6Addr;

use wire::Rtype;

use super::check::check;
use super::finish::finish;
use super::sources::{join_origins, merge, sort_targets};
use super::{MergeRules, Record, SourceMerge, What, reverse};
use crate::Endpoint;

/// An endpoint as its source gave it.
pub(crate) struct Candidate {
    pub(crate) source: u16,
    pub(crate) endpoint: Endpoint,
}

/// What a name publishes, before its last touches. Candidates are in the order of their sources and
/// objects.
pub(crate) struct Forward {
    pub(crate) endpoints: Vec<Endpoint>,
    /// For each endpoint, whether its addresses get PTR records; empty if PTR is off.
    pub(crate) pointers: Vec<bool>,
}

/// Merges, checks and filters the endpoints of one name.
pub(crate) fn forward(
    candidates: Vec<Candidate>,
    rules: &MergeRules,
    record: &mut Record<'_>,
) -> Forward {
    let candidates = defaults(per_source(candidates, rules, record), rules, record);
    let mut endpoints = unique(candidates, record);
    add_nat64(&mut endpoints, rules, record);
    filter_targets(&mut endpoints, rules, record);
    let pointers = reverse::wishes(&mut endpoints, rules.ptr, record);
    Forward {
        endpoints,
        pointers,
    }
}

/// Gives the endpoints of a row their last form.
pub(crate) fn finished(
    mut endpoints: Vec<Endpoint>,
    rules: &MergeRules,
    record: &mut Record<'_>,
) -> Vec<Endpoint> {
    finish(&mut endpoints, rules, record);
    endpoints
}

fn per_source(
    candidates: Vec<Candidate>,
    rules: &MergeRules,
    record: &mut Record<'_>,
) -> Vec<Candidate> {
    if let [only] = candidates.as_slice()
        && !only.endpoint.targets.is_empty()
    {
        // Most names: there is nothing to merge with, and targets are sorted later anyway.
        return candidates;
    }
    let mut out = Vec::with_capacity(candidates.len());
    let mut candidates = candidates.into_iter().peekable();
    while let Some(first) = candidates.next() {
        let source = first.source;
        let mut endpoints = vec![first.endpoint];
        while let Some(next) = candidates.next_if(|next| next.source == source) {
            endpoints.push(next.endpoint);
        }
        let rule = rules.sources.get(usize::from(source));
        let rule = rule.map_or(SourceMerge::Plain, |rule| rule.merge);
        let merged = merge(rule, endpoints, record).into_iter();
        out.extend(merged.map(|endpoint| Candidate { source, endpoint }));
    }
    out
}

fn defaults(
    candidates: Vec<Candidate>,
    rules: &MergeRules,
    record: &mut Record<'_>,
) -> Vec<Candidate> {
    if rules.default_targets.is_empty() {
        return candidates;
    }
    let mut out = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let bare = candidate.endpoint.targets.is_empty();
        if !bare && !rules.force_default_targets {
            out.push(candidate);
            continue;
        }
        let what = if bare { What::Defaulted } else { What::Forced };
        record.step(&candidate.endpoint, || what);
        for rtype in [Rtype::A, Rtype::AAAA, Rtype::CNAME] {
            let mut targets = rules
                .default_targets
                .iter()
                .filter(|target| Endpoint::suitable_type(target) == rtype)
                .peekable();
            if targets.peek().is_none() {
                continue;
            }
            let mut endpoint = Endpoint::new(&candidate.endpoint.name, rtype, targets);
            endpoint.ttl = candidate.endpoint.ttl;
            endpoint.set_identifier = candidate.endpoint.set_identifier.clone();
            endpoint.labels = candidate.endpoint.labels.clone();
            endpoint.properties = candidate.endpoint.properties.clone();
            endpoint.origins = candidate.endpoint.origins.clone();
            out.push(Candidate {
                source: candidate.source,
                endpoint,
            });
        }
    }
    out
}

/// Drops endpoints that cannot be, and all but the first of those that differ in nothing but TTL,
/// labels and properties.
fn unique(candidates: Vec<Candidate>, record: &mut Record<'_>) -> Vec<Endpoint> {
    let mut out: Vec<Endpoint> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut endpoint = candidate.endpoint;
        if let Err(flaw) = check(&endpoint) {
            record.invalid(candidate.source, &endpoint, flaw);
            continue;
        }
        sort_targets(&mut endpoint);
        let same = out.iter_mut().find(|other| {
            other.rtype == endpoint.rtype
                && other.name == endpoint.name
                && other.set_identifier == endpoint.set_identifier
                && other.targets == endpoint.targets
        });
        match same {
            Some(first) => {
                record.repeated(candidate.source, &endpoint);
                join_origins(first, &endpoint);
            }
            None => out.push(endpoint),
        }
    }
    out
}

fn add_nat64(endpoints: &mut Vec<Endpoint>, rules: &MergeRules, record: &mut Record<'_>) {
    if rules.nat64.is_empty() {
        return;
    }
    let mut added = Vec::new();
    for endpoint in endpoints
        .iter()
        .filter(|endpoint| endpoint.rtype == Rtype::AAAA)
    {
        // A target that is no address (of an alias) ends a whole pass in external-dns.
        let addresses = endpoint.targets.iter().filter_map(|target| {
            let address: Ipv6Addr = target.parse().ok()?;
            reverse::nat64(address, rules)
        });
        let targets: Vec<Box<str>> = addresses
            .map(|address| address.to_string().into())
            .collect();
        if targets.is_empty() {
            continue;
        }
        record.step(endpoint, || What::Nat64(targets.clone()));
        let mut mapped = endpoint.clone();
        mapped.rtype = Rtype::A;
        mapped.targets = targets;
        added.push(mapped);
    }
    endpoints.append(&mut added);
}

fn filter_targets(endpoints: &mut Vec<Endpoint>, rules: &MergeRules, record: &mut Record<'_>) {
    if !rules.target_filter.is_set() {
        return;
    }
    endpoints.retain_mut(|endpoint| {
        let passes = |target: &str| rules.target_filter.matches(target);
        let left = endpoint
            .targets
            .iter()
            .filter(|target| passes(target))
            .count();
        if left < endpoint.targets.len() || left == 0 {
            record.step(endpoint, || What::Filtered { left });
            endpoint.targets.retain(|target| passes(target));
        }
        left > 0
    });
}
