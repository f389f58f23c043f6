//! What the chart renders, held against the schemas of a real API server, letter by letter.
//!
//! Helm gives objects to the API server as they are, and a field with a slip in its name is then left
//! out without a word. Asked strictly, and to change nothing, it refuses unknown and doubled fields,
//! and all that its schemas and its checks of contents refuse: more than schemas alone would.

use std::path::Path;

use cluster_peers::{Object, Request};
use serde_json::{Value, json};

use super::cluster::{Place, words};
use crate::files::documents;
use crate::helm::Helm;

/// Every object of an example is taken as it is; with a slip anywhere in it, it is not.
pub(super) fn taken(helm: &Helm, place: &Place, values: &Path) -> Result<(), String> {
    let text = helm.template(values, &[])?;
    let mut slips = 0;
    for document in documents(&text)? {
        let what = format!("{} {}", document["kind"], document["metadata"]["name"]);
        ask(place, document.clone()).map_err(|why| format!("{what}: {why}"))?;
        let Some(slipped) = slip(document) else {
            continue;
        };
        slips += 1;
        match ask(place, slipped) {
            Ok(()) => return Err(format!("{what} is taken with a field that there is not")),
            Err(why) if why.contains("unknown field") => {}
            Err(why) => return Err(format!("{what} with a slip: {why}")),
        }
    }
    match slips {
        0 => Err("no object could have a slip".to_owned()),
        _ => Ok(()),
    }
}

/// The object with one field more, where its fields are named by a schema.
fn slip(mut document: Value) -> Option<Value> {
    let spec = document.get_mut("spec")?.as_object_mut()?;
    let inner = match spec.get_mut("template").and_then(|it| it.get_mut("spec")) {
        Some(Value::Object(pod)) => pod,
        _ => spec,
    };
    inner.insert("enableServiceLink".to_owned(), json!("false"));
    Some(document)
}

/// Asks whether an object would be made.
fn ask(place: &Place, document: Value) -> Result<(), String> {
    let object = Object::new(document).map_err(words)?;
    let path = format!("{}?dryRun=All&fieldValidation=Strict", object.collection());
    // What is there already has passed all that is looked at before that.
    let request = Request::post(path, object.body()).accept(409);
    place
        .cluster
        .api()
        .send(&[request])
        .map(drop)
        .map_err(words)
}
