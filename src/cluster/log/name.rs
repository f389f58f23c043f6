//! Names of objects for zones of any name.
//!
//! `SLUG-HASH-NUMBER`: the slug is for people; the hash, over the log and the zone's name as it is on
//! the wire, keeps apart what a slug cannot. Numbers have leading zeros, so that lists have entries in
//! their order.

use std::fmt::Write;

use ring::digest::{SHA256, digest};
use wire::Name;

/// What the names of all objects of a zone begin with, in the log of this name.
pub(crate) fn stem(log: &str, zone: &Name) -> String {
    let mut slug = String::new();
    for byte in zone.to_string().bytes().take(MOST_SLUG) {
        let byte = byte.to_ascii_lowercase();
        slug.push(match byte {
            b'a'..=b'z' | b'0'..=b'9' => char::from(byte),
            _ => '-',
        });
    }
    let slug = match slug.trim_matches('-') {
        "" => "root",
        slug => slug,
    };
    format!("{slug}-{}", hash(log, zone.as_bytes()))
}

/// A label's value for a log: its name, or what stands for a longer one.
pub(crate) fn label(log: &str) -> String {
    let is_one = log.len() <= MOST_LABEL
        && log
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_one {
        return log.trim_matches('-').to_owned();
    }
    hash(log, b"")
}

fn hash(log: &str, zone: &[u8]) -> String {
    let mut text = log.as_bytes().to_vec();
    text.push(0);
    text.extend(zone.to_ascii_lowercase());
    let sum = digest(&SHA256, &text);
    sum.as_ref()
        .iter()
        .take(8)
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes all that is written");
            hex
        })
}

/// With everything behind it a name stays below the 253 bytes that it may have.
const MOST_SLUG: usize = 120;

/// A label's value is no longer.
const MOST_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_legal(name: &str) -> bool {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        name.len() <= 190
            && name.bytes().all(|byte| inner(byte) || byte == b'-')
            && name.bytes().next().is_some_and(inner)
            && name.bytes().last().is_some_and(inner)
    }

    #[test]
    fn every_zone_has_a_legal_name_of_its_own() {
        let long = format!("{0}.{0}.{0}.{1}", "x".repeat(63), "y".repeat(61));
        let texts = [
            "example.org",
            "Example-org",
            "example_org",
            "_acme.example.org",
            "-.",
            ".",
            r"\000\255.",
            r"a\.b.c",
            "a.b.c",
            "*.x",
            &long,
        ];
        let mut seen = Vec::new();
        for text in texts {
            let zone = Name::from_text(text.as_bytes(), Some(wire::NameRef::ROOT));
            let name = stem("zonewright", &zone.unwrap());
            assert!(is_legal(&name), "{text}: {name}");
            assert!(!seen.contains(&name), "{text}: {name}");
            seen.push(name);
        }
        let zone = Name::from_text(b"example.org.", None).unwrap();
        let other = Name::from_text(b"EXAMPLE.org.", None).unwrap();
        assert_eq!(stem("a", &zone), stem("a", &other));
        assert_ne!(stem("a", &zone), stem("b", &zone));
        assert!(stem("a", &zone).starts_with("example-org-"));
    }

    #[test]
    fn labels_are_legal() {
        assert_eq!(label("zonewright-lease"), "zonewright-lease");
        assert_eq!(label(&"a".repeat(64)).len(), 16);
        assert_eq!(label("a.b").len(), 16);
    }
}
