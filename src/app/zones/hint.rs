//! A hint for the commonest mistake of all: a file that is read as another zone than it is.

use std::io::Read;
use std::path::Path;

use wire::{Name, NameRef};

use crate::app::plain::plain;

/// What to do about a file whose SOA is that of another zone than `origin`.
pub(crate) fn hint(path: &Path, origin: &Name) -> Option<String> {
    let zone = other_zone(path, origin)?.to_string();
    let short = zone
        .strip_suffix('.')
        .filter(|short| !short.is_empty())
        .unwrap_or(&zone);
    Some(format!(
        "hint: the SOA in it is that of \"{zone}\"; if that is the zone, write {short}={}",
        plain(&path.to_string_lossy())
    ))
}

/// The zone that a file says it is, by the owner of its SOA, where that is not `origin`.
///
/// Only the beginning is looked at, and only plain forms are understood: a hint may be missing.
fn other_zone(path: &Path, origin: &Name) -> Option<Name> {
    let mut text = Vec::new();
    // Opening a pipe would wait for its other end.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let file = std::fs::File::open(path).ok()?;
    file.take(LOOKED_AT).read_to_end(&mut text).ok()?;
    let apex = apex(&String::from_utf8_lossy(&text), origin)?;
    (apex != *origin).then_some(apex)
}

/// The owner of the first SOA of a text.
fn apex(text: &str, origin: &Name) -> Option<Name> {
    let mut current = origin.clone();
    let mut owner = origin.clone();
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.clone().next() else {
            continue;
        };
        let named = |word: &str, origin: NameRef<'_>| match word {
            "@" => Some(origin.to_name()),
            word => Name::from_text(word.as_bytes(), Some(origin)).ok(),
        };
        if first.eq_ignore_ascii_case("$ORIGIN") {
            current = named(words.nth(1)?, current.as_ref())?;
            continue;
        }
        if first.starts_with('$') {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            owner = named(words.next()?, current.as_ref())?;
        }
        // A TTL and a class may stand before the type.
        if words.take(3).any(|word| word.eq_ignore_ascii_case("SOA")) {
            return Some(owner);
        }
    }
    None
}

/// The SOA comes first in most files, behind a comment at worst.
const LOOKED_AT: u64 = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_the_soa_is_the_zone() {
        let origin = Name::from_text(b"file.name.", None).unwrap();
        for (text, expected) in [
            ("; mine\n$TTL 5\n@ IN SOA a b 1 2 3 4 5", Some("file.name.")),
            ("$ORIGIN example.org.\n@ 300 IN SOA (", Some("example.org.")),
            ("$ORIGIN org.\nexample SOA (", Some("example.org.")),
            ("example.com. 5 SOA (", Some("example.com.")),
            ("$ORIGIN x.\n\tIN SOA (", Some("file.name.")),
            ("a A 192.0.2.1\n", None),
            ("", None),
        ] {
            let found = apex(text, &origin).map(|name| name.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
