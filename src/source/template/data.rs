//! Objects as JSON with a few Go names on top: what external-dns executes a template on when the
//! typed object did not do, and what its unstructured source executes on at once.
//!
//! A typed object is written out first as Kubernetes' converter does: unknown fields are gone,
//! fields that are not left out when empty appear with their zero value.

use serde_json::{Map, Value as Json};

use super::{
    kinds::{Shape, TypeId, types},
    value::{Value, fields_of, inner},
};

/// The struct that JSON is shown through.
#[derive(Debug)]
pub(super) struct Data<'a> {
    object: &'a Json,
    labels: Option<&'a Json>,
    annotations: Option<&'a Json>,
    kind: String,
    api_version: String,
    /// Spec and status with Go's names beside their own; only for the unstructured source.
    aliased: Option<[Option<Json>; 2]>,
}

impl<'a> Data<'a> {
    /// Shows a typed object that was written out with [`write_out`].
    pub(super) fn of_typed(
        object: &'a Json,
        labels: Option<&'a Json>,
        annotations: Option<&'a Json>,
        (kind, api_version): (&str, &str),
    ) -> Self {
        let (kind, api_version) = (kind.to_owned(), api_version.to_owned());
        Self {
            object,
            labels,
            annotations,
            kind,
            api_version,
            aliased: None,
        }
    }

    /// Shows an object as it came; `aliased` as the unstructured source does, or plain as it does
    /// when it tries again.
    pub(super) fn of_untyped(object: &'a Json, aliased: bool) -> Self {
        let text = |name: &str| object.get(name).and_then(Json::as_str).unwrap_or_default();
        let metadata = |name: &str| {
            object
                .get("metadata")
                .and_then(|metadata| metadata.get(name))
        };
        Self {
            object,
            labels: metadata("labels").filter(|json| holds_texts(json)),
            annotations: metadata("annotations").filter(|json| holds_texts(json)),
            kind: text("kind").to_owned(),
            api_version: text("apiVersion").to_owned(),
            aliased: aliased.then(|| ["spec", "status"].map(|name| with_aliases(object.get(name)))),
        }
    }

    /// Whether it stands for the unstructured source's object, which has methods.
    pub(super) fn has_methods(&self) -> bool {
        self.aliased.is_some()
    }

    /// How Go prints the name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        if self.has_methods() {
            "*source.unstructuredWrapper"
        } else {
            "*template.fqdnTemplateData"
        }
    }

    /// A field.
    pub(super) fn field(&'a self, name: &str) -> Option<Value<'a>> {
        let metadata = |name: &str| {
            let value = self
                .object
                .get("metadata")
                .and_then(|metadata| metadata.get(name));
            Value::text(value.and_then(Json::as_str).unwrap_or_default().as_bytes())
        };
        let section = |index: usize, name: &str| match &self.aliased {
            Some(aliased) => map(aliased.get(index).and_then(Option::as_ref)),
            None => map(self.object.get(name)),
        };
        Some(match name {
            "APIVersion" => Value::text(self.api_version.as_bytes()),
            "Annotations" => Value::texts(self.annotations),
            "Kind" => Value::text(self.kind.as_bytes()),
            "Labels" => Value::texts(self.labels),
            "Metadata" => map(self.object.get("metadata")),
            "Name" => metadata("name"),
            "Namespace" => metadata("namespace"),
            "Object" => map(Some(self.object)),
            "Spec" => section(0, "spec"),
            "Status" => section(1, "status"),
            _ => return None,
        })
    }
}

fn map<'a>(json: Option<&'a Json>) -> Value<'a> {
    Value::Map(super::kinds::MAP_OF_ANY, json.and_then(Json::as_object))
}

/// Go reads labels all or nothing.
fn holds_texts(json: &Json) -> bool {
    json.as_object()
        .is_some_and(|map| map.values().all(Json::is_string))
}

/// Adds to each key its Go name, unless it is taken; keys further down keep theirs only.
fn with_aliases(json: Option<&Json>) -> Option<Json> {
    let map = json?.as_object()?;
    let mut out = map.clone();
    for (key, value) in map {
        let alias = go_field_name(key);
        if !map.contains_key(&alias) {
            out.insert(alias, value.clone());
        }
    }
    Some(Json::Object(out))
}

/// `dnsNames` → `DNSNames`, `hostname` → `Hostname`
fn go_field_name(key: &str) -> String {
    let end = key.find(char::is_uppercase).unwrap_or(key.len());
    let (word, rest) = key.split_at(end);
    if INITIALISMS.contains(&word) {
        return word.to_uppercase() + rest;
    }
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect::<String>() + rest,
        None => key.to_owned(),
    }
}

/// Writes a typed object out as JSON, as Kubernetes' converter does.
pub(super) fn write_out(id: TypeId, json: Option<&Json>) -> Json {
    let json = json.filter(|json| !json.is_null());
    match &types().get(id).shape {
        Shape::Bool => Json::Bool(json.and_then(Json::as_bool).unwrap_or_default()),
        Shape::Int | Shape::Uint => json
            .filter(|json| json.is_number())
            .cloned()
            .unwrap_or_else(|| Json::from(0)),
        Shape::Float => Json::from(json.and_then(Json::as_f64).unwrap_or_default()),
        Shape::Text => Json::from(json.and_then(Json::as_str).unwrap_or_default()),
        Shape::List(element) => match json.and_then(Json::as_array) {
            Some(list) => list
                .iter()
                .map(|json| write_out(*element, Some(json)))
                .collect(),
            None => Json::Null,
        },
        Shape::Map(_, element) => match json.and_then(Json::as_object) {
            Some(map) => {
                let entry =
                    |(key, json): (&String, _)| (key.clone(), write_out(*element, Some(json)));
                Json::Object(map.iter().map(entry).collect())
            }
            None => Json::Null,
        },
        Shape::Pointer(pointee) => json.map_or(Json::Null, |json| write_out(*pointee, Some(json))),
        // Messages of protocol buffers write themselves, without what is empty.
        Shape::Struct(_) if types().get(id).getters => {
            json.cloned().unwrap_or_else(|| Json::Object(Map::new()))
        }
        Shape::Struct(_) => {
            let mut out = Map::new();
            write_fields(id, json, &mut out);
            Json::Object(out)
        }
        Shape::IntOrString => json.cloned().unwrap_or_else(|| Json::from(0)),
        Shape::Quantity => {
            let text = super::special::quantity(json).map(|quantity| quantity.to_string());
            Json::from(text.unwrap_or_else(|| "0".to_owned()))
        }
        Shape::Any | Shape::Raw | Shape::Time => json.cloned().unwrap_or_default(),
    }
}

fn write_fields(id: TypeId, json: Option<&Json>, out: &mut Map<String, Json>) {
    for field in fields_of(id) {
        let inner = inner(field, json);
        if field.json == "-" {
            continue;
        }
        if field.inline {
            write_fields(field.shape, inner, out);
            continue;
        }
        let value = Value::of(field.shape, inner, false);
        let is_struct = matches!(value, Value::Struct(..));
        let is_zero = if is_struct {
            inner.is_none()
        } else {
            !value.truth()
        };
        let left_out = (field.omit_zero && is_zero) || (field.omit_empty && is_zero && !is_struct);
        if !left_out {
            out.insert(field.json.clone(), write_out(field.shape, inner));
        }
    }
}

/// Leading words that Go spells in capitals.
const INITIALISMS: [&str; 31] = [
    "acl", "api", "arn", "ca", "cidr", "cpu", "crd", "db", "dns", "http", "https", "id", "ip",
    "json", "jwk", "jwt", "os", "pem", "rbac", "sql", "ssl", "tcp", "tls", "ttl", "udp", "uid",
    "uri", "url", "uuid", "vm", "xml",
];
