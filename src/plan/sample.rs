//! Endpoints for tests, from one line of text.
//!
//! `name TYPE targets [ttl=…] [set=…] [from=kind/namespace/name] [created=…] [key=value …]`; keys
//! with a slash or `alias` and `record-type` are properties, others labels.

use std::sync::Arc;

use wire::{Rtype, Ttl};

use crate::{Endpoint, ObjectRef};

/// The endpoint in a line.
pub(crate) fn ep(line: &str) -> Endpoint {
    let mut fields = line.split_whitespace();
    let name = fields.next().unwrap();
    let rtype = Rtype::from_text(fields.next().unwrap().as_bytes()).unwrap();
    let targets = fields.next().unwrap_or("-");
    let targets = targets.split(',').filter(|target| *target != "-");
    let mut endpoint = Endpoint::new(name, rtype, targets.map(|target| target.replace('_', " ")));
    let mut created = 0;
    for field in fields {
        let (key, value) = field.split_once('=').unwrap();
        match key {
            "ttl" => endpoint.ttl = Some(Ttl::from_secs(value.parse().unwrap())),
            "set" => endpoint.set_identifier = value.into(),
            "created" => created = value.parse().unwrap(),
            "from" => {
                endpoint.labels.set("resource", value);
                endpoint.origins.push(object(value));
            }
            "alias" | "record-type" => endpoint.properties.push(key, value),
            _ if key.contains('/') => endpoint.properties.push(key, value),
            _ => endpoint.labels.set(key, value),
        }
    }
    if created != 0 {
        for origin in &mut endpoint.origins {
            Arc::make_mut(origin).created = created;
        }
    }
    endpoint
}

/// An object by `kind/namespace/name`.
pub(crate) fn object(path: &str) -> Arc<ObjectRef> {
    let mut parts = path.split('/');
    let kind = match parts.next() {
        Some("service") => "Service",
        Some("ingress") => "Ingress",
        _ => "Pod",
    };
    Arc::new(ObjectRef {
        kind,
        api_version: "v1",
        namespace: parts.next().unwrap_or_default().into(),
        name: parts.next().unwrap_or_default().into(),
        uid: Box::default(),
        created: 0,
    })
}

/// The line of an endpoint, with all that [`ep`] reads but its origins.
pub(crate) fn line(endpoint: &Endpoint) -> String {
    let targets = match endpoint.targets.join(",").replace(' ', "_") {
        none if none.is_empty() => "-".to_owned(),
        some => some,
    };
    let mut out = format!("{} {} {targets}", endpoint.name, endpoint.rtype);
    if let Some(ttl) = endpoint.ttl {
        out.push_str(&format!(" ttl={ttl}"));
    }
    if !endpoint.set_identifier.is_empty() {
        out.push_str(&format!(" set={}", endpoint.set_identifier));
    }
    for (key, value) in endpoint.labels.iter().chain(endpoint.properties.iter()) {
        let key = if key == "resource" { "from" } else { key };
        out.push_str(&format!(" {key}={value}"));
    }
    out
}

/// The lines of endpoints.
pub(crate) fn lines(endpoints: &[Endpoint]) -> Vec<String> {
    endpoints.iter().map(line).collect()
}
