//! The objects that ask for a name, and those that name it and do not get it.

use plan::merge::reverse_name;
use plan::name::normalize;
use plan::{Contributor, Endpoint, RowName};
use source::object::{DnsEndpoint, GrpcRoute, HttpRoute, Ingress, Key, Kind, TlsRoute};

use super::answer::{Asking, Record};
use crate::app::sync::model::{Inner, Model};

/// The objects, those first that ask for it.
pub(super) fn of(model: &Model, name: &RowName) -> Vec<Asking> {
    let mut found: Vec<Asking> = {
        let inner = model.read();
        let contributors = inner.desired.contributors(name);
        contributors
            .into_iter()
            .map(|contributor| asking(&inner, name, contributor))
            .collect()
    };
    found.extend(naming(model, name));
    found
}

fn asking(inner: &Inner, name: &RowName, contributor: Contributor) -> Asking {
    let kind = inner
        .engine
        .rows()
        .nth(contributor.source.into())
        .and_then(|row| row.kind);
    let keys = kind
        .map(|kind| inner.engine.index().keys(kind))
        .unwrap_or_default();
    let key = keys
        .into_iter()
        .find(|(_, slot)| *slot == contributor.object);
    let key = key.map_or_else(|| Key::new("", ""), |(key, _)| key);
    let mut object = describe(inner, name, contributor.source, &key);
    let put = inner.desired.contribution(contributor);
    object.asks = put
        .iter()
        .filter(|one| is_for(one, name))
        .map(Record::of)
        .collect();
    for record in &mut object.asks {
        record.objects.clear();
    }
    if object.object.is_empty() {
        let origins = put
            .first()
            .map(|endpoint| endpoint.origins.as_slice())
            .unwrap_or_default();
        object.object = origins.first().map(ToString::to_string).unwrap_or_default();
    }
    object
}

/// Whether an endpoint belongs to the row: by its name, or by one of its addresses.
fn is_for(endpoint: &Endpoint, name: &RowName) -> bool {
    if *normalize(&endpoint.name) == *name.as_str() {
        return true;
    }
    if !name.as_str().ends_with(".arpa") {
        return false;
    }
    let mut addresses = endpoint
        .targets
        .iter()
        .filter_map(|target| target.parse().ok());
    addresses.any(|address| reverse_name(address) == name.as_str())
}

/// Objects that name it somewhere, and give no endpoint for it: a few of them.
fn naming(model: &Model, name: &RowName) -> Vec<Asking> {
    let sources: Vec<(u16, Kind)> = {
        let inner = model.read();
        let rows = inner.engine.rows().map(|row| row.kind);
        (0..)
            .zip(rows)
            .filter_map(|(source, kind)| Some((source, kind?)))
            .collect()
    };
    let mut found = Vec::new();
    for (source, kind) in sources {
        let keys = model.read().engine.index().keys(kind);
        for some in keys.chunks(AT_ONCE) {
            let inner = model.read();
            for (key, slot) in some {
                let contributor = Contributor {
                    source,
                    object: *slot,
                };
                if rule(&inner, kind, key, name).is_none_or(|rule| !rule.exact)
                    || inner.desired.contributors(name).contains(&contributor)
                {
                    continue;
                }
                found.push(describe(&inner, name, source, key));
                if found.len() == MOST {
                    return found;
                }
            }
        }
    }
    found
}

/// An object without what it asks for.
fn describe(inner: &Inner, name: &RowName, source: u16, key: &Key) -> Asking {
    let Some(row) = inner.engine.rows().nth(source.into()) else {
        return Asking::default();
    };
    let outcome = inner.engine.explain(source, key).unwrap_or_default();
    let notes = outcome
        .notes()
        .iter()
        .filter(|note| is_about(&note.0, name));
    let notes = notes.map(|note| note.0.clone()).collect();
    let problems = outcome.problems.into_iter();
    let label = |kind: Kind| match inner
        .engine
        .index()
        .get::<source::object::Unstructured>(key)
    {
        Some(object) if kind == Kind::Unstructured => format!("{} {key}", object.kind),
        _ => format!("{} {key}", kind.name()),
    };
    Asking {
        object: row.kind.map(label).unwrap_or_default(),
        source: row.name.to_owned(),
        rule: row
            .kind
            .and_then(|kind| rule(inner, kind, key, name))
            .map(|rule| rule.text),
        asks: Vec::new(),
        notes,
        problems: problems.map(|problem| problem.message).collect(),
    }
}

/// Whether a note is of use: what is given is shown as records, and other names are not asked for.
fn is_about(note: &str, name: &RowName) -> bool {
    !note.starts_with("gives ") && !of_another(note, name)
}

/// Whether a note speaks of another name, as `web.example.org has no targets: …`.
fn of_another(note: &str, name: &RowName) -> bool {
    let first = note.split([' ', ':', ',']).next().unwrap_or_default();
    first.contains('.') && *normalize(first) != *name.as_str()
}

/// Where an object names a name.
struct Rule {
    text: String,
    /// The name itself is there, not one above it.
    exact: bool,
}

/// The place that the name is written at. A name below one that is written comes from it too, as
/// those of the pods of a headless Service.
fn rule(inner: &Inner, kind: Kind, key: &Key, name: &RowName) -> Option<Rule> {
    let index = inner.engine.index();
    let annotations = index.meta(kind, key)?.annotations.iter();
    let mut above = None;
    for (annotation, value) in annotations.filter(|(key, _)| !key.ends_with(TARGET)) {
        for word in value.split([',', ' ', '\n']) {
            let place = || format!("annotation {annotation}");
            match relation(word, name) {
                Relation::Same => {
                    return Some(Rule {
                        text: place(),
                        exact: true,
                    });
                }
                Relation::Below if above.is_none() && annotation.ends_with(HOSTNAME) => {
                    above = Some(place());
                }
                _ => {}
            }
        }
    }
    let names = |all: &[Box<str>]| all.iter().any(|one| relation(one, name) == Relation::Same);
    let declared = match kind {
        Kind::Ingress => index.get::<Ingress>(key).and_then(|ingress| {
            let rules = names(&ingress.rule_hosts).then_some("spec.rules");
            rules.or_else(|| names(&ingress.tls_hosts).then_some("spec.tls"))
        }),
        Kind::DnsEndpoint => index.get::<DnsEndpoint>(key).and_then(|object| {
            let mut declared = object.declared.iter();
            let named = declared.any(|one| relation(&one.name, name) == Relation::Same);
            named.then_some("spec.endpoints")
        }),
        Kind::GrpcRoute => in_route(index.get::<GrpcRoute>(key).map(|it| &*it.hostnames), names),
        Kind::HttpRoute => in_route(index.get::<HttpRoute>(key).map(|it| &*it.hostnames), names),
        Kind::TlsRoute => in_route(index.get::<TlsRoute>(key).map(|it| &*it.hostnames), names),
        _ => None,
    };
    match (declared, above) {
        (Some(text), _) => Some(Rule {
            text: text.to_owned(),
            exact: true,
        }),
        (None, Some(text)) => Some(Rule { text, exact: false }),
        (None, None) => None,
    }
}

fn in_route(
    hostnames: Option<&[Box<str>]>,
    names: impl Fn(&[Box<str>]) -> bool,
) -> Option<&'static str> {
    hostnames.is_some_and(names).then_some("spec.hostnames")
}

/// How a name relates to a word.
#[derive(PartialEq, Eq)]
enum Relation {
    Same,
    Below,
    None,
}

fn relation(word: &str, name: &RowName) -> Relation {
    if word.is_empty() {
        return Relation::None;
    }
    let word = normalize(word);
    match name.as_str().strip_suffix(&*word) {
        Some("") => Relation::Same,
        Some(head) if head.ends_with('.') => Relation::Below,
        _ => Relation::None,
    }
}

/// Objects that are looked at while events wait.
const AT_ONCE: usize = 1024;

/// Objects that name a name and do not get it: more are no help.
const MOST: usize = 5;

/// Annotations that hold targets, not names.
const TARGET: &str = "/target";

/// Annotations whose names have others below them.
const HOSTNAME: &str = "hostname";
