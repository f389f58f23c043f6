//! Objects as JSON with a few Go names on top: what external-dns executes a template on when the
//! typed object did not do, and what its unstructured source executes on at once.
//!
//! A typed object is written out first ([`super::write_out`]). What its fields are to a template is
//! said beside other values ([`super::value`]).

use serde_json::Value as Json;

/// The struct that JSON is shown through.
#[derive(Debug)]
pub(super) struct Data<'a> {
    pub(super) object: &'a Json,
    pub(super) labels: Option<&'a Json>,
    pub(super) annotations: Option<&'a Json>,
    pub(super) kind: String,
    pub(super) api_version: String,
    /// Spec and status with Go's names beside their own; only for the unstructured source.
    pub(super) aliased: Option<[Option<Json>; 2]>,
}

impl<'a> Data<'a> {
    /// Shows a typed object that was written out with [`super::write_out`].
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

/// Leading words that Go spells in capitals.
const INITIALISMS: [&str; 31] = [
    "acl", "api", "arn", "ca", "cidr", "cpu", "crd", "db", "dns", "http", "https", "id", "ip",
    "json", "jwk", "jwt", "os", "pem", "rbac", "sql", "ssl", "tcp", "tls", "ttl", "udp", "uid",
    "uri", "url", "uuid", "vm", "xml",
];
