//! The shape of a settings file, before anybody asks what it means.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::flags::{self, Kind};

/// The whole file, or one destination of it; keys in their order.
#[derive(Default)]
pub(super) struct Document {
    pub(super) version: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) zones: Vec<ZoneEntry>,
    pub(super) destinations: Option<Spanned<Vec<Spanned<DestinationEntry>>>>,
    pub(super) address_maps: Option<Vec<AddressMapEntry>>,
    pub(super) claims: Option<Vec<Spanned<ClaimEntry>>>,
    pub(super) entries: Vec<Entry>,
}

/// A destination of the file.
pub(super) struct DestinationEntry {
    pub(super) name: Option<Spanned<String>>,
    pub(super) address_maps: Option<Vec<AddressMapEntry>>,
    pub(super) entries: Vec<Entry>,
}

/// A key, which may be that of a flag, and its value.
pub(super) type Entry = (Spanned<String>, Value);

/// A zone of the file.
pub(super) struct ZoneEntry {
    pub(super) name: Option<Spanned<String>>,
    pub(super) file: Spanned<String>,
    /// Keys that a zone does not have.
    pub(super) unknown: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an address map, which is a map of from and to"
)]
pub(super) struct AddressMapEntry {
    pub(super) from: Spanned<String>,
    pub(super) to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a claim, which is a map of namespaces, names and types"
)]
pub(super) struct ClaimEntry {
    pub(super) namespaces: Spanned<OneOrMany>,
    pub(super) names: Spanned<OneOrMany>,
    pub(super) types: Option<Spanned<OneOrMany>>,
}

/// The value of a key.
pub(super) enum Value {
    One(Spanned<String>),
    Many(Spanned<OneOrMany>),
    Unknown,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor { top: true })
    }
}

impl<'de> Deserialize<'de> for DestinationEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = deserializer.deserialize_map(DocumentVisitor { top: false })?;
        Ok(Self {
            name: document.name,
            address_maps: document.address_maps,
            entries: document.entries,
        })
    }
}

pub(super) struct DocumentVisitor {
    /// Whether this is the whole file.
    top: bool,
}

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let name = kebab(&key.value);
            match (self.top, name.as_str()) {
                (_, "address-maps") => document.address_maps = Some(map.next_value()?),
                (false, "name") => document.name = Some(map.next_value()?),
                (true, "version") => document.version = Some(map.next_value()?),
                (true, "zones") => document.zones = map.next_value()?,
                (true, "destinations") => document.destinations = Some(map.next_value()?),
                (true, "claims") => document.claims = Some(map.next_value()?),
                (_, name) => {
                    let value = match flags::find(name).map(|flag| flag.kind) {
                        Some(Kind::Once | Kind::Switch(_)) => Value::One(map.next_value()?),
                        Some(Kind::Repeated) => Value::Many(map.next_value()?),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                            Value::Unknown
                        }
                    };
                    document.entries.push((key, value));
                }
            }
        }
        Ok(document)
    }
}

impl<'de> Deserialize<'de> for ZoneEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ZoneVisitor)
    }
}

struct ZoneVisitor;

impl<'de> Visitor<'de> for ZoneVisitor {
    type Value = ZoneEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a zone, which is a map such as file: example.org.zone")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ZoneEntry, A::Error> {
        let (mut name, mut file, mut unknown) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.value.as_str() {
                "name" => name = map.next_value()?,
                "file" => file = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.push(key);
                }
            }
        }
        Ok(ZoneEntry {
            name,
            file: file.ok_or_else(|| A::Error::missing_field("file"))?,
            unknown,
        })
    }
}

/// A list, or one value that stands for a list of one.
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    // What looks like a number or a truth is text as well; whether it may stand there is judged with
    // all other settings.
    fn visit_bool<E>(self, value: bool) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(value.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(OneOrMany::Many(values))
    }
}

/// The name of a flag as it is, or as Kubernetes would write it.
pub(super) fn kebab(key: &str) -> String {
    if key == "sources" {
        return "source".to_owned();
    }
    let mut name = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
