//! Objects of any kind: names and targets from their annotations, or from templates.
//!
//! Nothing is known of what such an object means, so both the names and the targets must be said.

mod shared;

pub use shared::Shared;

use plan::Endpoint;

use super::{Merge, Row, Shape, build};
use crate::object::{Key, Kind, Unstructured};
use crate::template::{self, Engine, Subject, TemplateError};
use crate::{Annotations, Index, Outcome, Reason, Rules, admits};

pub(super) const ROW: Row = Row {
    name: NAME,
    kind: Some(Kind::Unstructured),
    also: |_, _| Vec::new(),
    touched: |_, _, _, _| {},
    doubt: |_, _, _| None,
    endpoints,
    merge: Merge::Plain,
};

/// What an object asks for.
fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(object) = index.get::<Unstructured>(key) else {
        return;
    };
    if !admits(rules, Kind::Unstructured, &object.meta, outcome) {
        return;
    }
    let annotations = Annotations::of(&object.meta, rules);
    let kind = object.kind.to_lowercase();
    let shape = Shape {
        ttl: annotations.ttl(outcome),
        resource: format!("{kind}/{}/{}", key.namespace(), key.name()).into(),
        origin: object.reference(),
        ..Shape::bare(Kind::Unstructured, &object.meta)
    };
    let targets = annotations.targets();
    for name in annotations.hostnames() {
        shape.add(&name, &targets, outcome);
    }
    if targets.is_empty() && annotations.value("hostname").is_some() {
        outcome.note(|| "its hostname has no target: there is no target annotation".to_owned());
    }
    if let Err(error) = templated(object, rules, &shape, outcome) {
        outcome.problem(Reason::TemplateFailed, error.to_string());
    }
    build::merge(&mut outcome.endpoints);
}

/// First pairs, then names with targets; each if there is nothing yet, or if all is combined.
fn templated(
    object: &Unstructured,
    rules: &Rules,
    shape: &Shape,
    outcome: &mut Outcome,
) -> Result<(), Box<TemplateError>> {
    let (Some(engine), Some(value)) = (rules.templates.as_deref(), &object.meta.whole) else {
        return Ok(());
    };
    let subject = Subject {
        object: value,
        kind: template::Kind::untyped(),
        source: NAME,
    };
    let due = |engine: &Engine, found: &[Endpoint]| found.is_empty() || engine.combines();
    if due(engine, &outcome.endpoints) {
        for (name, target) in engine.pairs(subject)? {
            shape.add(&name, &[target], outcome);
        }
    }
    if due(engine, &outcome.endpoints) {
        let names = engine.fqdns(subject)?;
        if !names.is_empty() {
            let targets = engine.targets(subject)?;
            for name in names {
                shape.add(&name, &targets, outcome);
            }
        }
    }
    Ok(())
}

const NAME: &str = "unstructured";
