//! The objects: their names, and what is in them, to the byte as external-dns has it.

use std::time::Duration;

use plan::{Endpoint, KeptRecord, Labels};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use source::watch::micro_time;
use wire::Rtype;

/// Who an object is of.
pub(super) const OWNER_LABEL: &str = "externaldns.k8s.io/owner";

/// The name of the object of a record: readable, then eight digits that tell what is alike apart.
pub(super) fn name(name: &str, rtype: Rtype, set_identifier: &str) -> String {
    let name = name.to_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let all = format!("{name}/{rtype}/{set_identifier}");
    let hash = digest(&SHA256, all.as_bytes());
    let hash = hash.as_ref().iter().take(4);
    let hash: String = hash.map(|byte| format!("{byte:02x}")).collect();
    let mut base = String::new();
    for letter in name.chars() {
        match letter {
            'a'..='z' | '0'..='9' => base.push(letter),
            _ if base.ends_with('-') => {}
            _ => base.push('-'),
        }
    }
    let mut base = base.trim_matches('-').to_owned();
    // RFC 1123 names have 253 letters at most; all that is left is of one byte.
    base.truncate(253 - 1 - hash.len());
    match base.trim_matches('-') {
        "" => format!("record-{hash}"),
        base => format!("{base}-{hash}"),
    }
}

/// What an object says of a record; fields that are empty are not there.
pub(super) fn endpoint(endpoint: &Endpoint) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    if !endpoint.name.is_empty() {
        put("dnsName", json!(endpoint.name));
    }
    if !endpoint.targets.is_empty() {
        put("targets", json!(endpoint.targets));
    }
    put("recordType", json!(endpoint.rtype.to_string()));
    if !endpoint.set_identifier.is_empty() {
        put("setIdentifier", json!(endpoint.set_identifier));
    }
    let ttl = endpoint.ttl.map_or(0, wire::Ttl::as_secs);
    if ttl > 0 {
        put("recordTTL", json!(ttl));
    }
    let labels = endpoint.labels.iter();
    let labels = labels.filter(|(key, _)| *key != Labels::PREVIOUS_OWNER);
    let labels: Map<String, Value> = labels
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    if !labels.is_empty() {
        put("labels", Value::Object(labels));
    }
    let properties = endpoint.properties.iter();
    let properties = properties.map(|(name, value)| match value {
        "" => json!({ "name": name }),
        value => json!({"name": name, "value": value}),
    });
    let properties: Vec<Value> = properties.collect();
    if !properties.is_empty() {
        put("providerSpecific", Value::Array(properties));
    }
    Value::Object(out)
}

/// A new object.
pub(super) fn object(name: &str, namespace: &str, owner: &str, record: &Endpoint) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSRecord",
        "metadata": {"name": name, "namespace": namespace, "labels": {OWNER_LABEL: owner}},
        "spec": {"endpoint": endpoint(record)},
    })
}

/// Whose an object is; empty if it does not say.
pub(super) fn owner(object: &Value) -> &str {
    let labels = object.pointer("/metadata/labels");
    let owner = labels.and_then(|labels| labels.get(OWNER_LABEL));
    owner.and_then(Value::as_str).unwrap_or_default()
}

/// Whether the record is said to be made.
pub(super) fn is_made(object: &Value) -> bool {
    ready(object).is_some_and(|ready| text(ready, "status") == "True")
}

/// What an object keeps; none if it is not one that was made for what it holds.
pub(super) fn kept(object: &Value) -> Option<KeptRecord> {
    let record = object.pointer("/spec/endpoint")?;
    let rtype = Rtype::from_text(text(record, "recordType").as_bytes())?;
    let (dns_name, set_identifier) = (text(record, "dnsName"), text(record, "setIdentifier"));
    let metadata = object.get("metadata")?;
    // Anybody may write objects by hand, but only what is found again by its name can be kept up.
    if text(metadata, "name") != name(dns_name, rtype, set_identifier) {
        return None;
    }
    let mut labels = Labels::default();
    for (key, value) in record
        .get("labels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let (Some(value), false) = (value.as_str(), key == Labels::PREVIOUS_OWNER) {
            labels.set(key, value);
        }
    }
    let targets = record.get("targets").and_then(Value::as_array);
    let targets = targets.into_iter().flatten().filter_map(Value::as_str);
    let claimed = match ready(object).map(|ready| text(ready, "reason")) {
        _ if is_made(object) => None,
        // It is not there, so what is there is somebody else's.
        Some("Failed") => Some(Vec::new()),
        _ => Some(targets.map(Into::into).collect()),
    };
    Some(KeptRecord {
        name: dns_name.into(),
        rtype,
        set_identifier: set_identifier.into(),
        labels,
        claimed,
    })
}

/// How far a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage<'m> {
    /// It is to be made.
    Accepted,
    /// It was not made, for this reason.
    Failed(&'m str),
    /// It is there.
    Programmed,
    /// It is to be made, and perhaps is, though this went wrong.
    Unsure(&'m str),
}

/// Puts a stage into an object. Tells whether that changes anything.
pub(super) fn set_stage(object: &mut Value, stage: Stage<'_>, now: Duration) -> bool {
    let (status, reason, message) = match stage {
        Stage::Accepted => ("False", "Accepted", "It is to be made at the destination."),
        Stage::Failed(message) => ("False", "Failed", message),
        Stage::Unsure(message) => ("False", "Accepted", message),
        Stage::Programmed => ("True", "Programmed", "It is at the destination."),
    };
    // The API takes 32768 letters; people need a line.
    let message: String = message.chars().take(1024).collect();
    let before = ready(object);
    let same = |key: &str, value: &str| before.is_some_and(|before| text(before, key) == value);
    if same("status", status) && same("reason", reason) && same("message", &message) {
        return false;
    }
    let since = before.filter(|before| text(before, "status") == status);
    let since = since
        .and_then(|before| before.get("lastTransitionTime"))
        .cloned();
    let condition = json!({
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since.unwrap_or_else(|| json!(seconds(now))),
    });
    let others = conditions(object).filter(|other| text(other, "type") != "Ready");
    let mut all: Vec<Value> = others.cloned().collect();
    all.push(condition);
    if let Value::Object(fields) = object {
        fields.insert("status".to_owned(), json!({ "conditions": all }));
    }
    true
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    let all = object.pointer("/status/conditions");
    all.and_then(Value::as_array).into_iter().flatten()
}

fn ready(object: &Value) -> Option<&Value> {
    conditions(object).find(|one| text(one, "type") == "Ready")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A time without parts of a second: `2026-11-21T10:00:00Z`.
fn seconds(now: Duration) -> String {
    let text = micro_time(now.as_nanos());
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}
