//! Where the other servers do not agree: `splits.txt`, each with the RFC's word on it.
//!
//! ```text
//! split sibling-glue               a name
//! aspect additional                the sides of the answer it is about (see aspect.rs)
//! shape BIND | Knot NSD            who agrees with whom; several lines: one of them
//! group * cut chains               where it may occur; where it must: the names (not the star)
//! query * DS* ; * ANY*             optional: one of these patterns fits the query's line
//! where BIND.aa=false              optional, several lines: all hold; the value is a pattern
//! follow Knot NSD                  whom we must equal; `any`: one of them; `nothing`: not compared
//! ours REFUSED | NOTIMP            or, in the place of `follow`: what our value must be, patterns
//! reason RFC 9471 §3.2: …          why; several lines
//! ```
//!
//! A listed split that no longer occurs in a group that it names is a failure, so the list stays true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use peers::Kind;

use super::pattern::fits;

/// What each server showed, side by side.
pub(crate) type Shown = BTreeMap<&'static str, String>;

/// What we must do where others differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Any,
    Follow(Vec<Kind>),
    Nothing,
    Ours(Vec<String>),
}

/// One known split.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) name: String,
    aspects: Vec<String>,
    shapes: Vec<BTreeSet<BTreeSet<String>>>,
    everywhere: bool,
    pub(crate) groups: Vec<String>,
    queries: Vec<String>,
    conditions: Vec<(Kind, String, String)>,
    pub(crate) decision: Decision,
}

impl Split {
    /// Whether this split explains that servers differ in this aspect of the answer to this query.
    pub(crate) fn explains(
        &self,
        group: &str,
        query: &str,
        aspect: &str,
        values: &[(Kind, &str)],
        shown: &[(Kind, Shown)],
    ) -> bool {
        let value_of = |kind: Kind, aspect: &str| {
            let (_, shown) = shown.iter().find(|(other, _)| *other == kind)?;
            shown.get(aspect).map(String::as_str)
        };
        self.aspects.iter().any(|other| other == aspect)
            && (self.everywhere || self.groups.iter().any(|other| other == group))
            && self.shapes.contains(&shape(values))
            && (self.queries.is_empty() || self.queries.iter().any(|pattern| fits(pattern, query)))
            && self.conditions.iter().all(|(kind, aspect, pattern)| {
                value_of(*kind, aspect).is_some_and(|value| fits(pattern, value))
            })
    }
}

/// Who agrees with whom.
fn shape(values: &[(Kind, &str)]) -> BTreeSet<BTreeSet<String>> {
    let mut sides: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (kind, value) in values {
        sides
            .entry(value)
            .or_default()
            .insert(kind.name().to_owned());
    }
    sides.into_values().collect()
}

/// Reads the list.
pub(crate) fn read(file: &Path) -> Result<Vec<Split>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut splits: Vec<Split> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let bad = || {
            format!(
                "{}:{}: {line:?} is not understood",
                file.display(),
                number + 1
            )
        };
        if word == "split" {
            splits.push(Split {
                name: rest.to_owned(),
                aspects: Vec::new(),
                shapes: Vec::new(),
                everywhere: false,
                groups: Vec::new(),
                queries: Vec::new(),
                conditions: Vec::new(),
                decision: Decision::Nothing,
            });
            continue;
        }
        let split = splits.last_mut().ok_or_else(bad)?;
        set(split, word, rest).ok_or_else(bad)?;
    }
    Ok(splits)
}

fn set(split: &mut Split, word: &str, rest: &str) -> Option<()> {
    let words = || rest.split_whitespace().map(str::to_owned);
    match word {
        "aspect" => split.aspects = words().collect(),
        "shape" => {
            let sides = rest.split('|');
            let names = |side: &str| side.split_whitespace().map(str::to_owned).collect();
            split.shapes.push(sides.map(names).collect());
        }
        "group" => {
            split.everywhere = words().any(|name| name == "*");
            split.groups = words().filter(|name| name != "*").collect();
        }
        "query" => split
            .queries
            .extend(rest.split(';').map(|one| one.trim().to_owned())),
        "where" => {
            let (place, pattern) = rest.split_once('=')?;
            let (name, aspect) = place.split_once('.')?;
            split
                .conditions
                .push((kind(name)?, aspect.to_owned(), pattern.to_owned()));
        }
        "follow" => {
            split.decision = match rest {
                "any" => Decision::Any,
                "nothing" => Decision::Nothing,
                names => {
                    Decision::Follow(names.split_whitespace().map(kind).collect::<Option<_>>()?)
                }
            }
        }
        "ours" => {
            let patterns = rest.split('|').map(|one| one.trim().to_owned());
            split.decision = Decision::Ours(patterns.collect());
        }
        // For the reader.
        "reason" if !rest.is_empty() => {}
        _ => return None,
    }
    Some(())
}

fn kind(name: &str) -> Option<Kind> {
    Kind::OTHERS.into_iter().find(|kind| kind.name() == name)
}
