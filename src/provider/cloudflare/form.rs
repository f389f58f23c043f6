//! Records as they look in calls.

use plan::Properties;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::{Rtype, Ttl};

use super::adjust::{COMMENT, PROXIED, TAGS, is_proxiable, list, set_list};
use super::api::QUIRKS;
use crate::record::parts::Parts;
use crate::record::value::words;
use crate::record::{Handle, Key, Record, Rrset};

/// A record as it is there.
#[derive(Deserialize)]
pub(super) struct Theirs {
    id: String,
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(default)]
    content: String,
    ttl: u32,
    #[serde(default)]
    priority: Option<u16>,
    #[serde(default)]
    data: Option<Map<String, Value>>,
    #[serde(default)]
    proxied: bool,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Theirs {
    /// The record in our form; none of a type that only they know.
    pub(super) fn record(&self) -> Option<(Record, Handle)> {
        let rtype = Rtype::from_text(self.rtype.as_bytes())?;
        let data = match (fields(rtype), &self.data) {
            (Some((_, names)), Some(data)) => told(names, data),
            _ => {
                let parts = Parts {
                    data: self.content.clone(),
                    priority: self.priority,
                    ..Parts::default()
                };
                parts.join(rtype)
            }
        };
        let key = Key::new(&QUIRKS.name("", &self.name), rtype);
        let ttl = Some(Ttl::from_secs(self.ttl));
        let value = QUIRKS.value(rtype, &data);
        let (mut record, handle) = Record::found(key, ttl, value, &self.id);
        if is_proxiable(rtype) {
            let proxied = if self.proxied { "true" } else { "false" };
            record.properties.set(PROXIED, proxied);
        }
        // Those of names come in between.
        if let Some(comment) = self.comment.as_deref().filter(|text| !text.is_empty()) {
            record.properties.set(COMMENT, comment);
        }
        let tags = self.tags.as_deref().unwrap_or_default();
        set_list(&mut record.properties, TAGS, &tags.join(","));
        Some((record, handle))
    }
}

/// A value of an RRset as calls tell it, with its identifier if it has one.
pub(super) fn told_to(rrset: &Rrset, value: &str, id: Option<&str>) -> Value {
    let (rtype, properties) = (rrset.key.rtype, &rrset.properties);
    let data = QUIRKS.data(rtype, value).unwrap_or_default();
    let mut record = Map::new();
    let mut set = |name: &str, value: Value| drop(record.insert(name.to_owned(), value));
    set("name", json!(rrset.key.name));
    set("type", json!(rtype.to_string()));
    match fields(rtype) {
        Some((numbers, names)) => set("data", fielded(numbers, names, &data)),
        None => {
            let parts = Parts::of(rtype, &data);
            set("content", json!(parts.data));
            if let Some(priority) = parts.priority {
                set("priority", json!(priority));
            }
        }
    }
    let proxied = properties.value(PROXIED) == Some("true");
    if is_proxiable(rtype) {
        set("proxied", json!(proxied));
    }
    let ttl = rrset.ttl.filter(|_| !proxied);
    set("ttl", json!(ttl.map_or(AUTOMATIC, Ttl::as_secs)));
    set(
        "comment",
        json!(properties.value(COMMENT).unwrap_or_default()),
    );
    set("tags", json!(tags(properties)));
    if let Some(id) = id {
        set("id", json!(id));
    }
    Value::Object(record)
}

fn tags(properties: &Properties) -> Vec<&str> {
    list(properties.value(TAGS).unwrap_or_default())
}

/// How many fields of data are numbers, and the names of all; none for types whose data is one text.
fn fields(rtype: Rtype) -> Option<(usize, &'static [&'static str])> {
    Some(match rtype {
        Rtype::CAA => (1, &["flags", "tag", "value"]),
        Rtype::DS => (3, &["key_tag", "algorithm", "digest_type", "digest"]),
        Rtype::HTTPS | Rtype::SVCB => (1, &["priority", "target", "value"]),
        Rtype::NAPTR => (
            2,
            &[
                "order",
                "preference",
                "flags",
                "service",
                "regex",
                "replacement",
            ],
        ),
        Rtype::SRV => (3, &["priority", "weight", "port", "target"]),
        Rtype::SSHFP => (2, &["algorithm", "type", "fingerprint"]),
        Rtype::TLSA => (3, &["usage", "selector", "matching_type", "certificate"]),
        _ => return None,
    })
}

/// Data as an object; what is left over belongs to the last field.
fn fielded(numbers: usize, names: &[&str], data: &str) -> Value {
    let words = words(data);
    let mut object = Map::new();
    for (at, name) in names.iter().enumerate() {
        let is_last = at + 1 == names.len();
        let text = match words.get(at..) {
            Some(rest) if is_last => rest.join(" "),
            Some([word, ..]) => (*word).to_owned(),
            _ => String::new(),
        };
        let number = text.parse::<u32>().ok().filter(|_| at < numbers);
        object.insert(
            (*name).to_owned(),
            number.map_or_else(|| json!(text), |it| json!(it)),
        );
    }
    Value::Object(object)
}

/// The data of an object, as in a zone file.
fn told(names: &[&str], object: &Map<String, Value>) -> String {
    let quoted = match names {
        ["flags", ..] => &["value"][..],
        ["order", ..] => &["flags", "service", "regex"],
        _ => &[],
    };
    let words = names.iter().map(|name| match object.get(*name) {
        Some(Value::String(text)) if quoted.contains(name) => format!("\"{text}\""),
        Some(Value::String(text)) if text.is_empty() && *name == "replacement" => ".".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_f64().unwrap_or_default().to_string(),
        _ => String::new(),
    });
    let words: Vec<String> = words.collect();
    words.join(" ").trim_end().to_owned()
}

/// The TTL that stands for whatever they take.
const AUTOMATIC: u32 = 1;
