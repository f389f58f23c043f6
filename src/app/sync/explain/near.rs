//! What may be meant instead of a name that nobody asks for.

use plan::RowName;

use super::answer::{Asking, Near};
use crate::app::sync::model::Model;

/// Wildcards that the name falls under, then names that differ by a letter or two.
pub(super) fn names(model: &Model, name: &RowName) -> Vec<Near> {
    let all = model.read().desired.names();
    let mut found = Vec::new();
    let mut rest = name.as_str();
    while let Some((_, parent)) = rest.split_once('.') {
        let wildcard = RowName::new(&format!("*.{parent}"));
        if wildcard != *name && all.binary_search(&wildcard).is_ok() {
            found.push(Near {
                name: wildcard.to_string(),
                wildcard: true,
            });
        }
        rest = parent;
    }
    let mut close: Vec<(usize, &RowName)> = all
        .iter()
        .filter_map(|other| Some((distance(name.as_str(), other.as_str())?, other)))
        .collect();
    close.sort_unstable();
    let close = close.into_iter().take(MOST);
    found.extend(close.map(|(_, other)| Near {
        name: other.to_string(),
        wildcard: false,
    }));
    found
}

/// Problems of objects that speak of the name.
pub(super) fn problems(model: &Model, name: &RowName, shown: &[Asking]) -> Vec<String> {
    let inner = model.read();
    let mut found = Vec::new();
    for wrong in inner.problems.values() {
        let object = format!("{} {}", wrong.kind.name(), wrong.key);
        if shown.iter().any(|other| other.object == object) {
            continue;
        }
        for problem in &wrong.problems {
            if speaks_of(&problem.message, name.as_str()) {
                found.push(format!("{object}: {}", problem.message));
            }
        }
    }
    found.sort_unstable();
    found.truncate(MOST);
    found
}

fn speaks_of(message: &str, name: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let mut words =
        message.split(|letter: char| letter.is_whitespace() || "\",()".contains(letter));
    words.any(|word| word.trim_end_matches(['.', ':']) == name)
}

/// How many letters have to be changed, put in or left out to get from one name to the other. None
/// if these are too many, or none at all.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a == b || a.len().abs_diff(b.len()) > FARTHEST {
        return None;
    }
    // What both begin and end with costs nothing, and is most of two names of one zone.
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..)?, b.get(same..)?);
    let same = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (a.get(..a.len() - same)?, b.get(..b.len() - same)?);
    if a.len().max(b.len()) > LONGEST {
        return None;
    }
    let mut row: [usize; LONGEST + 1] = std::array::from_fn(|at| at);
    for (line, letter) in a.iter().enumerate() {
        let mut corner = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(b) {
            let cost = (corner + usize::from(letter != other))
                .min(left + 1)
                .min(*cell + 1);
            corner = *cell;
            *cell = cost;
            left = cost;
        }
    }
    row.get(b.len()).copied().filter(|found| *found <= FARTHEST)
}

/// Letters that may differ.
const FARTHEST: usize = 2;

/// The longest stretch between the first and the last difference that is looked at.
const LONGEST: usize = 64;

/// Names and problems that are told: more are no help.
const MOST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_letter_or_two_apart_are_close() {
        let cases = [
            ("web.example.org", "web.example.org", None),
            ("wbe.example.org", "web.example.org", Some(2)),
            ("we.example.org", "web.example.org", Some(1)),
            ("web.example.org", "wweb.example.org", Some(1)),
            ("wob.exampl.org", "web.example.org", Some(2)),
            ("wob.exampl.net", "web.example.org", None),
            ("a", "abcd", None),
            ("", "a", Some(1)),
        ];
        for (a, b, expected) in cases {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn problems_speak_of_whole_names() {
        assert!(speaks_of(
            "name \"Web.example.org.\" is longer",
            "web.example.org"
        ));
        assert!(!speaks_of(
            "name \"a.web.example.org\" is longer",
            "web.example.org"
        ));
    }
}
