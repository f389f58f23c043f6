//! The two passes of templates over one object.
//!
//! Pass one gives names with their targets, pass two names only, whose targets come from the
//! object. Each runs if there is nothing yet, or if templates are to be combined with the rest.
//! A template that fails is a problem of the object; what other rules gave stays.

use crate::kind::Shape;
use crate::object::{Kind, Meta};
use crate::template::{Engine, Subject, TemplateError};
use crate::{Outcome, Reason, Rules};

/// Pass one: names with targets, which have no TTL and no label.
pub(crate) fn pairs(rules: &Rules, source: &str, kind: Kind, meta: &Meta, outcome: &mut Outcome) {
    let Some(engine) = due(rules, outcome) else {
        return;
    };
    let pairs = run(engine, Engine::pairs, source, kind, meta, outcome);
    if pairs.is_empty() {
        return;
    }
    let shape = Shape::bare(kind, meta);
    for (name, target) in pairs {
        shape.add(&name, &[target], outcome);
    }
}

/// Pass two: names, each given to `add`.
pub(crate) fn names(
    rules: &Rules,
    source: &str,
    kind: Kind,
    meta: &Meta,
    outcome: &mut Outcome,
    mut add: impl FnMut(&str, &mut Outcome),
) {
    if let Some(engine) = due(rules, outcome) {
        for name in run(engine, Engine::fqdns, source, kind, meta, outcome) {
            add(&name, outcome);
        }
    }
}

/// The names that templates give an object, for sources with rules of their own about when.
pub(crate) fn fqdns(
    rules: &Rules,
    source: &str,
    kind: Kind,
    meta: &Meta,
    outcome: &mut Outcome,
) -> Vec<String> {
    match &rules.templates {
        Some(engine) => run(engine, Engine::fqdns, source, kind, meta, outcome),
        None => Vec::new(),
    }
}

/// Whether names that objects have by themselves count: not if templates make names instead.
pub(crate) fn leave_own_names(rules: &Rules) -> bool {
    let engine = rules.templates.as_ref();
    engine.is_none_or(|engine| !engine.has_names() || engine.combines())
}

/// The templates, if it is their turn.
fn due<'a>(rules: &'a Rules, outcome: &Outcome) -> Option<&'a Engine> {
    let engine = rules.templates.as_deref()?;
    (outcome.endpoints.is_empty() || engine.combines()).then_some(engine)
}

fn run<T>(
    engine: &Engine,
    template: fn(&Engine, Subject<'_>) -> Result<Vec<T>, TemplateError>,
    source: &str,
    kind: Kind,
    meta: &Meta,
    outcome: &mut Outcome,
) -> Vec<T> {
    let (Some(object), Some(kind)) = (&meta.whole, kind.shape()) else {
        return Vec::new();
    };
    let subject = Subject {
        object,
        kind,
        source,
    };
    match template(engine, subject) {
        Ok(found) => found,
        Err(error) => {
            outcome.problem(Reason::TemplateFailed, error.to_string());
            Vec::new()
        }
    }
}
