//! One object of the log.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wire::Name;

use super::name::{label, stem};

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A part of what all entries up to a number come to.
    Checkpoint,
    /// What a group of commits did to a zone.
    Entry,
}

/// What tells an object from others of its log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) kind: Kind,
    /// In lower case.
    pub(super) zone: Name,
    /// The number of an entry; of a checkpoint that of the last entry it covers.
    pub(super) number: u64,
    /// Of a checkpoint, random bits that its parts share; zero for entries.
    pub(super) mark: u64,
    /// Of a checkpoint, which part it is.
    pub(super) part: u32,
}

impl Id {
    pub(super) fn entry(zone: &Name, number: u64) -> Self {
        Self {
            kind: Kind::Entry,
            zone: zone.clone(),
            number,
            mark: 0,
            part: 0,
        }
    }

    /// The name of the object.
    pub(super) fn name(&self, log: &str) -> String {
        let (stem, number) = (stem(log, &self.zone), self.number);
        match self.kind {
            Kind::Entry => format!("{stem}-{number:020}"),
            Kind::Checkpoint => format!("{stem}-{number:020}-{:016x}-{:05}", self.mark, self.part),
        }
    }
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: Id,
    /// The term in which it was written.
    pub(super) term: u64,
    /// Random bits of who wrote it.
    pub(super) writer: u64,
    /// Of a checkpoint, how many parts it has.
    pub(super) parts: u32,
    pub(super) data: Vec<u8>,
}

impl Item {
    /// As JSON of the API.
    pub(super) fn to_json(&self, namespace: &str, log: &str) -> Value {
        let id = &self.id;
        let mut object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": match id.kind {
                Kind::Checkpoint => "ZoneCheckpoint",
                Kind::Entry => "ZoneJournal",
            },
            "metadata": {
                "name": id.name(log),
                "namespace": namespace,
                "labels": {LOG_LABEL: label(log)},
            },
            "spec": {
                "zone": id.zone.to_string(),
                "sequence": id.number,
                "term": self.term,
                "writer": hex(self.writer),
                "data": STANDARD.encode(&self.data),
            },
        });
        if id.kind == Kind::Checkpoint
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            spec.insert("mark".into(), json!(hex(id.mark)));
            spec.insert("part".into(), json!(id.part));
            spec.insert("parts".into(), json!(self.parts));
        }
        object
    }

    /// Reads one; none if it is not what is written here.
    pub(super) fn of(kind: Kind, object: &Value) -> Option<Self> {
        let spec = object.get("spec")?;
        let text = |key| spec.get(key).and_then(Value::as_str);
        let number = |key| spec.get(key).and_then(Value::as_u64);
        let small = |key| number(key).and_then(|number| u32::try_from(number).ok());
        let bits = |key| u64::from_str_radix(text(key)?, 16).ok();
        let zone = Name::from_text(text("zone")?.as_bytes(), None).ok()?;
        let is_entry = kind == Kind::Entry;
        Some(Self {
            id: Id {
                kind,
                zone: zone.as_ref().to_lowercase(),
                number: number("sequence")?,
                mark: if is_entry { 0 } else { bits("mark")? },
                part: if is_entry { 0 } else { small("part")? },
            },
            term: number("term")?,
            writer: bits("writer")?,
            parts: if is_entry { 0 } else { small("parts")? },
            data: STANDARD.decode(text("data")?).ok()?,
        })
    }
}

fn hex(bits: u64) -> String {
    format!("{bits:016x}")
}

/// How long one request may take at most; less if the term has less.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The group of all our kinds.
pub(crate) const GROUP: &str = "zonewright.dev";
/// Their version.
pub(crate) const VERSION: &str = "v1alpha1";

/// The label with the name of the log.
pub(crate) const LOG_LABEL: &str = "zonewright.dev/log";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_says_all_that_an_item_is() {
        let zone = Name::from_text(br"_a\.b\255.example.org.", None).unwrap();
        for kind in [Kind::Entry, Kind::Checkpoint] {
            let is_entry = kind == Kind::Entry;
            let item = Item {
                id: Id {
                    mark: if is_entry { 0 } else { u64::MAX },
                    part: if is_entry { 0 } else { 3 },
                    kind,
                    ..Id::entry(&zone, 42)
                },
                term: 7,
                writer: 0xABCD_EF01_2345_6789,
                parts: if is_entry { 0 } else { 9 },
                data: (0..=255).collect(),
            };
            let object = item.to_json("dns", "zonewright");
            assert_eq!(Item::of(kind, &object), Some(item));
            let name = object["metadata"]["name"].as_str().unwrap();
            assert!(name.contains("-00000000000000000042"), "{name}");
            let mut other = object.clone();
            other["spec"]["data"] = json!("no base64!");
            assert_eq!(Item::of(kind, &other), None);
        }
    }
}
