//! The last touches: TTL, properties of other providers, aliases.

use wire::Rtype;

use super::{MergeRules, Record, What};
use crate::Endpoint;

/// Gives endpoints their last form.
pub(crate) fn finish(endpoints: &mut [Endpoint], rules: &MergeRules, record: &mut Record<'_>) {
    let min_ttl = rules.min_ttl.filter(|ttl| ttl.as_secs() > 0);
    let touched = min_ttl.is_some() || rules.provider.is_some() || rules.prefer_alias;
    if !touched {
        return;
    }
    for endpoint in endpoints {
        let unset = endpoint.ttl.is_none_or(|ttl| ttl.as_secs() == 0);
        if let Some(ttl) = min_ttl
            && unset
        {
            record.step(endpoint, || What::TtlSet(ttl));
            endpoint.ttl = Some(ttl);
        }
        for name in retain_properties(endpoint, rules.provider.as_deref().unwrap_or_default()) {
            record.step(endpoint, || What::PropertyDropped(name));
        }
        if rules.prefer_alias
            && endpoint.rtype == Rtype::CNAME
            && endpoint.properties.value("alias").is_none()
        {
            record.step(endpoint, || What::Aliased);
            // Behind the sorted ones, where external-dns puts it.
            endpoint.properties.set("alias", "true");
        }
    }
}

/// Drops properties that are for other providers, tells their names, and sorts what is left. A
/// property is for a provider if its name begins with that and a slash; one without a slash is for
/// all. An empty provider keeps all.
pub fn retain_properties(endpoint: &mut Endpoint, provider: &str) -> Vec<Box<str>> {
    let mut dropped = Vec::new();
    if endpoint.properties.is_empty() {
        return dropped;
    }
    // The properties of Cloudflare are whole annotation keys, so nothing tells them from others.
    if !provider.is_empty() && provider != "cloudflare" {
        let prefix = property_prefix(provider);
        endpoint.properties.retain(|name, _| {
            let head = name.split_once('/').map(|(head, _)| head);
            let keep = head.is_none_or(|head| head == prefix);
            if !keep {
                dropped.push(name.into());
            }
            keep
        });
    }
    endpoint.properties.sort();
    dropped
}

/// What stands before the slash. The names of some providers differ from it, by which external-dns
/// loses their properties.
fn property_prefix(provider: &str) -> &str {
    match provider {
        "azure-dns" | "azure-private-dns" => "azure",
        "scaleway" => "scw",
        "skydns" => "coredns",
        other => other,
    }
}
