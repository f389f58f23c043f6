//! Version 1 of the settings file: a map of flags, `zones`, `destinations`, `addressMaps`, `claims`.
//!
//! The keys are those of the table of flags, so there is no second list to keep. Unknown keys are
//! all reported, each with its line and column; a file that is no YAML stops at its first error.

use std::collections::BTreeMap;

use serde_saphyr::{Location, Spanned};

use super::document::{AddressMapEntry, ClaimEntry, Document, Entry, OneOrMany, Value, kebab};
use super::{
    FileAddressMap, FileClaim, FileDestination, FileSettings, FileZone, shown, unclosed, yaml,
};
use crate::flags::{self, Scope, groups};
use crate::problem::{Origin, Problem, Quoted};
use crate::typed::Typed;

/// Reads the text of a settings file.
pub(crate) fn parse(path: &str, text: &str) -> FileSettings {
    let document: Document = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(error) => return unreadable(Place { path, text }, &error),
    };
    let place = Place { path, text };
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
    let mut zones = Vec::with_capacity(document.zones.len());
    for zone in document.zones {
        problems.extend(zone.unknown.into_iter().map(|key| {
            let message = format!(
                "{} is no key here; expected one of name, file",
                Quoted(&key.value)
            );
            Problem::of_file(place.of(key.referenced), message)
        }));
        zones.push(FileZone {
            origin: place.of(zone.file.referenced),
            name: zone.name.map(|name| place.typed(name)),
            file: zone.file.value,
        });
    }
    FileSettings {
        values,
        zones,
        destinations,
        address_maps: place.maps(document.address_maps.unwrap_or_default()),
        claims,
        problems,
    }
}

/// The file that things are in.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn of(self, location: Location) -> Origin {
        self.at(location.line(), location.column())
    }

    fn at(self, line: u64, column: u64) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line,
            column,
            shown: shown::line(self.text, line),
        }
    }

    fn typed(self, text: Spanned<String>) -> Typed {
        Typed {
            origin: self.of(text.referenced),
            text: text.value.into(),
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

fn version_problem(file: Place<'_>, document: &Document) -> Option<Problem> {
    match &document.version {
        Some(version) if version.value == "1" => None,
        Some(version) => {
            let place = file.of(version.referenced);
            let message = format!("{}; this build reads version 1", Quoted(&version.value));
            Some(Problem::new(&place, "version", message))
        }
        None => {
            let problem = Problem::of_file(file.at(1, 1), "the file does not say its version");
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

fn unreadable(place: Place<'_>, error: &serde_saphyr::Error) -> FileSettings {
    let noticed = match error.location() {
        Some(location) => place.of(location),
        None => place.at(0, 0),
    };
    let said = error.without_snippet().to_string();
    let problem = if let Some(open) = unclosed::find(place.text) {
        let character = open.character;
        let hint = match character {
            '[' => "close it with ]".to_owned(),
            '{' => "close it with }".to_owned(),
            quote => format!("close it with another {quote}"),
        };
        let origin = place.at(open.line, open.column);
        Problem::of_file(origin, format!("{character} is never closed")).hint(hint)
    } else if let Some((line, column)) = unclosed::tab(place.text).filter(|_| said.contains("tab"))
    {
        let problem = Problem::of_file(place.at(line, column), "a tab; YAML is indented by blanks");
        problem.hint("write blanks for the tab")
    } else {
        let (message, hint) = yaml::explain(&said);
        let documents = message.contains("a second document");
        let second = unclosed::second_document(place.text).filter(|_| documents);
        let origin = second.map_or(noticed, |line| place.at(line, 1));
        Problem::of_file(origin, message).hint(hint)
    };
    FileSettings {
        problems: vec![problem],
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
