//! Names as text: one form for all the ways to write a name, so that rows meet.
//!
//! In comes a name as a user or a destination wrote it; out comes ASCII in lower case without a
//! dot at its end. Underscores, wildcards and anything else that is not a letter stay as they
//! are: whether a name is legal is for the destination to say.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// A normalized name: what one row of the desired set, and one row of a shadow, is found by.
///
/// Clones share their text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowName(Arc<str>);

impl RowName {
    /// The row that a name belongs to.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(normalize(name).into())
    }

    /// The row of a name that is normalized already.
    pub(crate) fn of_normalized(name: &str) -> Self {
        Self(name.into())
    }

    /// The name, normalized.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for RowName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The form of a name that is compared: without space around it and dot after it, in ASCII and
/// lower case. Never refuses a name; what has no ASCII form keeps the best one there is.
#[must_use]
pub fn normalize(name: &str) -> Cow<'_, str> {
    let name = cut_ends(name);
    if is_plain(name) {
        return lower(name);
    }
    let mapped = transitional(name);
    let name = match ascii(mapped.as_ref()) {
        Ok(ascii) => ascii.into_owned(),
        Err(_) => by_label(mapped.as_ref()),
    };
    Cow::Owned(cut_ends(&name).to_owned())
}

/// The form of a name that filters compare: letters of all scripts, lower case, no dot at its end.
#[must_use]
pub(crate) fn readable(name: &str) -> Cow<'_, str> {
    let name = cut_dot(name);
    if is_plain(name) {
        return lower(name);
    }
    let mapped = transitional(name);
    let (text, well) =
        Uts46::new().to_unicode(mapped.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    if well.is_ok() {
        Cow::Owned(text.into_owned())
    } else {
        Cow::Owned(mapped.to_lowercase())
    }
}

/// Whether one name is another one, or below it. Both are normalized.
#[must_use]
pub fn is_at_or_below(name: &str, parent: &str) -> bool {
    let Some(head) = name.strip_suffix(parent) else {
        return false;
    };
    head.is_empty() || head.ends_with('.') || parent.is_empty()
}

/// ASCII without encoded labels: nothing to decode, nothing to map but the case.
fn is_plain(name: &str) -> bool {
    let name = name.as_bytes();
    let begins_label = |at: usize| {
        at.checked_sub(1)
            .is_none_or(|at| name.get(at) == Some(&b'.'))
    };
    // Hyphens in a row are rare, so hardly a label is looked at more closely.
    let mut heads = name.windows(4).enumerate();
    let is_encoded = |(at, head): (usize, &[u8])| {
        head.ends_with(b"--") && head.eq_ignore_ascii_case(b"xn--") && begins_label(at)
    };
    name.is_ascii() && !heads.any(is_encoded)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Without space and dots that end a name. More than one dot is no name at all, but has to come out
/// the same if it is normalized again.
fn cut_ends(name: &str) -> &str {
    let is_end = |letter: char| letter == '.' || letter.is_whitespace();
    name.trim_start().trim_end_matches(is_end)
}

fn cut_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// UTS 46 §4: the transitional form, which external-dns uses and the library no longer has, differs
/// in four characters only.
fn transitional(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let mut mapped = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            'ß' | 'ẞ' => mapped.push_str("ss"),
            'ς' => mapped.push('σ'),
            '\u{200c}' | '\u{200d}' => {}
            other => mapped.push(other),
        }
    }
    Cow::Owned(mapped)
}

fn ascii(name: &str) -> Result<Cow<'_, str>, idna::Errors> {
    Uts46::new().to_ascii(
        name.as_bytes(),
        AsciiDenyList::EMPTY,
        Hyphens::Allow,
        DnsLength::Ignore,
    )
}

/// Each label on its own, so that one which has no proper form does not spoil the others.
fn by_label(name: &str) -> String {
    let labels = name
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .map(|label| {
            if let Ok(ascii) = ascii(label) {
                return ascii.into_owned();
            }
            let label = label.to_lowercase();
            match idna::punycode::encode_str(&label) {
                Some(encoded) if !label.is_ascii() => format!("xn--{encoded}"),
                _ => label,
            }
        });
    labels.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_written_differently_meet_in_one_form() {
        let cases = [
            ("3AAAA.FOO.BAR.COM    ", "3aaaa.foo.bar.com"),
            ("   example.foo.com.", "example.foo.com"),
            ("foo", "foo"),
            ("_foo.com.", "_foo.com"),
            ("*.Foo.com.", "*.foo.com"),
            (".foo.com.", ".foo.com"),
            ("", ""),
            (".", ""),
            ("a b.example", "a b.example"),
            ("點看.org.", "xn--c1yn36f.org"),
            (
                "nordic-ø.xn--kitty-點看pd34d.com",
                "xn--nordic--w1a.xn--xn--kitty-pd34d-hn01b3542b.com",
            ),
            (
                "nordic-ø.kitty😸.com.",
                "xn--nordic--w1a.xn--kitty-pd34d.com",
            ),
            (
                "  nordic-ø.kitty😸.COM",
                "xn--nordic--w1a.xn--kitty-pd34d.com",
            ),
            (
                "xn--nordic--w1a.kitty😸.com.",
                "xn--nordic--w1a.xn--kitty-pd34d.com",
            ),
            ("XN--Nordic--w1a.com", "xn--nordic--w1a.com"),
            (
                "xn--nordic--w1a.xn--kitty-pd34d.com",
                "xn--nordic--w1a.xn--kitty-pd34d.com",
            ),
            ("*.GÖPHER.com", "*.xn--gpher-jua.com"),
            ("straße.de", "strasse.de"),
            ("xn--.example", "xn--.example"),
        ];
        for (name, expected) in cases {
            assert_eq!(normalize(name), expected, "{name:?}");
            assert_eq!(normalize(&normalize(name)), expected, "{name:?} twice");
        }
    }

    #[test]
    fn filters_read_all_scripts() {
        let cases = [
            ("*.GÖPHER.com", "*.göpher.com"),
            ("*._abrakadabra.com", "*._abrakadabra.com"),
            ("xn--bcher-kva.example.com.", "bücher.example.com"),
            ("Foo.", "foo"),
        ];
        for (name, expected) in cases {
            assert_eq!(readable(name), expected, "{name:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_normalized_name_stays_as_it_is(name in "[.\\PC xX\\-nß點]{0,20}") {
            let once = normalize(&name).into_owned();
            proptest::prop_assert_eq!(normalize(&once), &*once);
        }
    }

    #[test]
    fn below_is_by_labels() {
        assert!(is_at_or_below("a.example.org", "example.org"));
        assert!(is_at_or_below("example.org", "example.org"));
        assert!(is_at_or_below("example.org", ""));
        assert!(!is_at_or_below("anexample.org", "example.org"));
        assert!(!is_at_or_below("org", "example.org"));
    }
}
