//! Version 1 of the settings file: a map of flags, `zones`, `destinations`, `addressMaps`, `claims`.
//!
//! The keys are those of the table of flags, so there is no second list to keep. Unknown keys are
//! all reported, each with its line and column; a file that is no YAML stops at its first error.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{FileAddressMap, FileClaim, FileDestination, FileSettings, FileZone, yaml};
use crate::flags::{self, Kind, Scope, groups};
use crate::problem::{Origin, Problem, Quoted};
use crate::raw::Typed;

/// Reads the text of a settings file.
pub(crate) fn parse(path: &str, text: &str) -> FileSettings {
    let document: Document = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(error) => return unreadable(path, &error),
    };
    let place = Place(path);
    let mut problems: Vec<Problem> = version_problem(place, &document).into_iter().collect();
    let values = place.values(document.entries, &mut problems, |_| true);
    let destinations = document.destinations.map(|list| {
        if list.value.is_empty() {
            let origin = place.of(list.referenced);
            problems.push(Problem::of_file(
                origin,
                "the list of destinations is empty",
            ));
        }
        list.value
            .into_iter()
            .map(|entry| FileDestination {
                origin: place.of(entry.referenced),
                values: place.values(entry.value.entries, &mut problems, |scope| {
                    scope == Scope::Destination
                }),
                name: entry.value.name.map(|name| place.typed(name)),
                address_maps: entry.value.address_maps.map(|maps| place.maps(maps)),
            })
            .collect()
    });
    let claims = document.claims.map(|claims| {
        let claim = |claim: Spanned<ClaimEntry>| FileClaim {
            origin: place.of(claim.referenced),
            namespaces: place.many(claim.value.namespaces),
            names: place.many(claim.value.names),
            types: claim
                .value
                .types
                .map_or_else(Vec::new, |types| place.many(types)),
        };
        claims.into_iter().map(claim).collect()
    });
    FileSettings {
        values,
        zones: document
            .zones
            .into_iter()
            .map(|zone| FileZone {
                origin: place.of(zone.file.referenced),
                name: zone.name,
                file: zone.file.value,
            })
            .collect(),
        destinations,
        address_maps: place.maps(document.address_maps.unwrap_or_default()),
        claims,
        problems,
    }
}

/// The file that things are in.
#[derive(Clone, Copy)]
struct Place<'a>(&'a str);

impl Place<'_> {
    fn of(self, location: Location) -> Origin {
        Origin::File {
            path: self.0.to_owned(),
            line: location.line(),
            column: location.column(),
        }
    }

    fn typed(self, text: Spanned<String>) -> Typed {
        Typed {
            origin: self.of(text.referenced),
            text: text.value,
        }
    }

    fn many(self, value: Spanned<OneOrMany>) -> Vec<Typed> {
        let location = value.referenced;
        match value.value {
            OneOrMany::One(text) => vec![self.typed(Spanned::new(text, location, location))],
            OneOrMany::Many(texts) => texts.into_iter().map(|text| self.typed(text)).collect(),
        }
    }

    fn maps(self, maps: Vec<AddressMapEntry>) -> Vec<FileAddressMap> {
        maps.into_iter()
            .map(|map| FileAddressMap {
                from: self.typed(map.from),
                to: self.typed(map.to),
            })
            .collect()
    }

    /// The values of flags; `here` says which may stand here.
    fn values(
        self,
        entries: Vec<Entry>,
        problems: &mut Vec<Problem>,
        here: impl Fn(Scope) -> bool,
    ) -> BTreeMap<&'static str, Vec<Typed>> {
        let mut values = BTreeMap::new();
        for (key, value) in entries {
            let origin = self.of(key.referenced);
            let name = kebab(&key.value);
            let known = flags::find_with_group(&name).filter(|(_, flag)| flag.name != "config");
            let Some((group, flag)) = known else {
                problems.push(unknown_key(&key.value, origin));
                continue;
            };
            if !here(group.scope) {
                let problem =
                    Problem::new(&origin, flag.name, "this is no setting of a destination");
                problems.push(problem.hint("write it at the top of the file"));
                continue;
            }
            let typed = match value {
                Value::One(text) => vec![self.typed(text)],
                Value::Many(texts) => self.many(texts),
                Value::Unknown => Vec::new(),
            };
            if values.insert(flag.name, typed).is_some() {
                problems.push(Problem::new(&origin, flag.name, "this is given twice"));
            }
        }
        values
    }
}

/// The name of a flag as it is, or as Kubernetes would write it.
fn kebab(key: &str) -> String {
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

fn version_problem(file: Place<'_>, document: &Document) -> Option<Problem> {
    match &document.version {
        Some(version) if version.value == "1" => None,
        Some(version) => {
            let place = file.of(version.referenced);
            let message = format!("{}; this build reads version 1", Quoted(&version.value));
            Some(Problem::new(&place, "version", message))
        }
        None => {
            let start = Origin::File {
                path: file.0.to_owned(),
                line: 1,
                column: 1,
            };
            let problem = Problem::of_file(start, "the file does not say its version");
            Some(problem.hint("begin it with: version: 1"))
        }
    }
}

fn unknown_key(key: &str, origin: Origin) -> Problem {
    let problem = Problem::of_file(origin, format!("{} is not a setting", Quoted(key)));
    let names = groups().iter().flat_map(|group| group.flags);
    let others = [
        "zones",
        "version",
        "destinations",
        "claims",
        "address-maps",
        "name",
    ];
    let names = names.map(|flag| flag.name).chain(others);
    let like = kebab(&key.replace('_', "-"));
    match names
        .map(|name| (distance(name, &like), name))
        .min()
        .filter(|(distance, _)| *distance <= 2)
    {
        Some((_, name)) => problem.hint(format!("did you mean {}?", Quoted(name))),
        None => problem.hint("settings are named like flags; see zonewright --help"),
    }
}

fn unreadable(path: &str, error: &serde_saphyr::Error) -> FileSettings {
    let location = error.location();
    let origin = Origin::File {
        path: path.to_owned(),
        line: location.map_or(0, |location| location.line()),
        column: location.map_or(0, |location| location.column()),
    };
    let (message, hint) = yaml::explain(&error.without_snippet().to_string());
    FileSettings {
        problems: vec![Problem::of_file(origin, message).hint(hint)],
        ..FileSettings::default()
    }
}

/// How many letters must be added, removed or changed to make one word of another.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in right.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// The whole file, or one destination of it; keys in their order.
#[derive(Default)]
struct Document {
    version: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    zones: Vec<ZoneEntry>,
    destinations: Option<Spanned<Vec<Spanned<DestinationEntry>>>>,
    address_maps: Option<Vec<AddressMapEntry>>,
    claims: Option<Vec<Spanned<ClaimEntry>>>,
    entries: Vec<Entry>,
}

/// A destination of the file.
struct DestinationEntry {
    name: Option<Spanned<String>>,
    address_maps: Option<Vec<AddressMapEntry>>,
    entries: Vec<Entry>,
}

/// A key, which may be that of a flag, and its value.
type Entry = (Spanned<String>, Value);

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a zone, which is a map such as file: example.org.zone"
)]
struct ZoneEntry {
    name: Option<String>,
    file: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an address map, which is a map of from and to"
)]
struct AddressMapEntry {
    from: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a claim, which is a map of namespaces, names and types"
)]
struct ClaimEntry {
    namespaces: Spanned<OneOrMany>,
    names: Spanned<OneOrMany>,
    types: Option<Spanned<OneOrMany>>,
}

/// The value of a key.
enum Value {
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

struct DocumentVisitor {
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

/// A list, or one value that stands for a list of one.
enum OneOrMany {
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
