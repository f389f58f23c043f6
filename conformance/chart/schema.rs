//! `values.schema.json` beside `values.yaml`, and the DNSEndpoint of the chart beside external-dns's.

use std::collections::BTreeSet;

use cluster_peers::Parts;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::files::{chart, documents, read};

/// The trials.
pub(crate) fn trials() -> Vec<Trial> {
    let crds = Parts::find().crds;
    let ignored = crds.is_none();
    vec![
        Trial::test("chart::the_schema_knows_every_value_and_no_other", || {
            the_schema().map_err(Failed::from)
        }),
        Trial::test("chart::dnsendpoint_is_that_of_external_dns", move || {
            let folder = crds.ok_or("the CRDs are not there")?;
            the_resource(&folder).map_err(Failed::from)
        })
        .with_ignored_flag(ignored),
    ]
}

fn the_schema() -> Result<(), String> {
    let values = documents(&read(&chart().join("values.yaml"))?)?;
    let values = values.first().ok_or("values.yaml is empty")?;
    let text = read(&chart().join("values.schema.json"))?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut wrong = Vec::new();
    compare("", values, &schema, &mut wrong);
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// Maps whose keys the schema knows must have the same keys in both.
fn compare(path: &str, values: &Value, schema: &Value, wrong: &mut Vec<String>) {
    let branches = schema.get("oneOf").and_then(Value::as_array);
    let schema = branches
        .into_iter()
        .flatten()
        .find(|branch| branch.get("properties").is_some())
        .unwrap_or(schema);
    let (Some(values), Some(known)) = (
        values.as_object(),
        schema.get("properties").and_then(Value::as_object),
    ) else {
        return;
    };
    // Charts around this one put what they share into `global`.
    let open = schema.get("additionalProperties") != Some(&Value::Bool(false));
    if open && path != ".global" {
        wrong.push(format!("{path}: the schema lets any key in"));
    }
    let theirs: BTreeSet<&String> = known.keys().collect();
    let ours: BTreeSet<&String> = values.keys().collect();
    for key in theirs.symmetric_difference(&ours) {
        wrong.push(format!(
            "{path}.{key}: not in both the schema and values.yaml"
        ));
    }
    for (key, value) in values {
        if let Some(schema) = known.get(key) {
            compare(&format!("{path}.{key}"), value, schema, wrong);
        }
    }
}

fn the_resource(crds: &std::path::Path) -> Result<(), String> {
    let one = |path: &std::path::Path| {
        let mut one = documents(&read(path)?)?.pop().unwrap_or_default();
        plain(&mut one);
        Ok::<Value, String>(one)
    };
    for kind in ["dnsendpoints", "dnsrecords"] {
        let ours = one(&chart().join(format!("files/{kind}.yaml")))?;
        let theirs = one(&crds.join(format!("{kind}.externaldns.k8s.io.yaml")))?;
        if theirs.get("spec") != Some(&ours) {
            return Err(format!("{ours:#}\nexternal-dns has\n{theirs:#}"));
        }
    }
    Ok(())
}

/// Takes descriptions out.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, value| key != "description" || !value.is_string());
            fields.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}
