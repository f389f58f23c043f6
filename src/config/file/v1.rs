//! Version 1 of the settings file: a map of flags, and `zones`.
//!
//! The keys are those of the table of flags, so there is no second list to keep. Unknown keys are
//! all reported, each with its line and column; a file that is no YAML stops at its first error.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{FileSettings, FileZone, yaml};
use crate::flags::{self, Kind, groups};
use crate::problem::{Origin, Problem, Quoted};
use crate::raw::Typed;

/// Reads the text of a settings file.
pub(crate) fn parse(path: &str, text: &str) -> FileSettings {
    let document: Document = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(error) => return unreadable(path, &error),
    };
    let place = |location: Location| Origin::File {
        path: path.to_owned(),
        line: location.line(),
        column: location.column(),
    };
    let mut settings = FileSettings::default();
    settings.problems.extend(version_problem(path, &document));
    for (key, value) in document.entries {
        let origin = place(key.referenced);
        let Some(flag) = flags::find(&key.value).filter(|flag| flag.name != "config") else {
            settings.problems.push(unknown_key(&key.value, origin));
            continue;
        };
        let many = matches!(flag.kind, Kind::Repeated | Kind::Secret);
        let typed: Vec<Typed> = match value {
            Value::One(value) => vec![(value.value, value.referenced)],
            Value::Many(values) if many => values
                .into_iter()
                .map(|value| (value.value, value.referenced))
                .collect(),
            Value::Many(_) => {
                let message = "a list; expected one value";
                settings
                    .problems
                    .push(Problem::new(&origin, flag.name, message));
                continue;
            }
        }
        .into_iter()
        .map(|(text, location)| Typed {
            text,
            origin: place(location),
        })
        .collect();
        settings.values.insert(flag.name, typed);
    }
    settings.zones = document
        .zones
        .into_iter()
        .map(|zone| FileZone {
            origin: place(zone.file.referenced),
            name: zone.name,
            file: zone.file.value,
        })
        .collect();
    settings
}

fn version_problem(path: &str, document: &Document) -> Option<Problem> {
    let at = |line, column| Origin::File {
        path: path.to_owned(),
        line,
        column,
    };
    match &document.version {
        Some(version) if version.value == "1" => None,
        Some(version) => {
            let place = at(version.referenced.line(), version.referenced.column());
            let message = format!("{}; this build reads version 1", Quoted(&version.value));
            Some(Problem::new(&place, "version", message))
        }
        None => {
            let problem = Problem::of_file(at(1, 1), "the file does not say its version");
            Some(problem.hint("begin it with: version: 1"))
        }
    }
}

fn unknown_key(key: &str, origin: Origin) -> Problem {
    let problem = Problem::of_file(origin, format!("{} is not a setting", Quoted(key)));
    let names = groups().iter().flat_map(|group| group.flags);
    let names = names.map(|flag| flag.name).chain(["zones", "version"]);
    let like = key.replace('_', "-").to_ascii_lowercase();
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

/// The whole file, keys in their order.
#[derive(Default)]
struct Document {
    version: Option<Spanned<String>>,
    zones: Vec<ZoneEntry>,
    entries: Vec<(Spanned<String>, Value)>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a zone, which is a map such as file: example.org.zone"
)]
struct ZoneEntry {
    name: Option<String>,
    file: Spanned<String>,
}

/// The value of a flag.
enum Value {
    One(Spanned<String>),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.value.as_str() {
                "version" => document.version = Some(map.next_value()?),
                "zones" => document.zones = map.next_value()?,
                name => match flags::find(name).map(|flag| flag.kind) {
                    Some(Kind::Once | Kind::Switch(_)) => {
                        document.entries.push((key, Value::One(map.next_value()?)));
                    }
                    Some(Kind::Repeated | Kind::Secret) => {
                        let value: Spanned<OneOrMany> = map.next_value()?;
                        let location = value.referenced;
                        let value = match value.value {
                            OneOrMany::One(text) => {
                                Value::One(Spanned::new(text, location, location))
                            }
                            OneOrMany::Many(values) => Value::Many(values),
                        };
                        document.entries.push((key, value));
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        document.entries.push((key, Value::Many(Vec::new())));
                    }
                },
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
