//! The engine against Go's own, and against templates that mean harm.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Engine, Kind, Mask, Subject, Templates};

/// What Go's own engine gave; see conformance/templates/generate.
const CASES: &str = include_str!("../../../conformance/templates/cases.jsonl");
const OBJECTS: &str = include_str!("../../../conformance/templates/objects.json");

fn objects() -> HashMap<String, Json> {
    serde_json::from_str(OBJECTS).unwrap()
}

fn kind_of(object: &Json) -> &'static Kind {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    Kind::typed(text("apiVersion"), text("kind")).unwrap_or(Kind::untyped())
}

fn engine(template: &str) -> Result<Engine, super::SyntaxError> {
    Engine::new(Templates { fqdn: &[template.to_owned()], ..Templates::default() })
}

/// What a template gives for an object, as one text.
fn text(template: &str, name: &str, object: &Json) -> Result<String, String> {
    let engine = engine(template).map_err(|error| error.to_string())?;
    let source = name.split('-').next().unwrap_or_default();
    let output = engine.text(Subject { object, kind: kind_of(object), source });
    output.map_err(|error| error.to_string())
}

#[test]
fn go_gives_the_same() {
    let objects = objects();
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let (template, name) =
            (case["template"].as_str().unwrap(), case["object"].as_str().unwrap());
        let ours = text(template, name, &objects[name]);
        let theirs = case["output"].as_str();
        if ours.as_deref().ok() != theirs {
            wrong.push(format!("{name}: {template}\n  ours {ours:?}\n  Go   {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
