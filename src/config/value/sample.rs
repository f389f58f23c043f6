//! What the tests of values share: names as typed, and what is said of those that are wrong.

use wire::Name;

use super::Wrong;

pub(super) fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

pub(super) fn said<T>(result: Result<T, Wrong>) -> String {
    result.err().map(|wrong| wrong.message).unwrap_or_default()
}
