//! Which name a listener and a route have in common.

use std::borrow::Cow;

use plan::Endpoint;
use wire::Rtype;

/// The more specific of two names that have something in common; nothing if they have not.
///
/// `*.` stands for any number of labels, at least one, and the empty name for everything.
pub(super) fn common(left: &str, right: &str) -> Option<String> {
    let (left, right) = (checked(left)?, checked(right)?);
    if left.is_empty() {
        return Some(right.into_owned());
    }
    if right.is_empty() || left == right {
        return Some(left.into_owned());
    }
    let swap = right.len() < left.len() || (right.len() == left.len() && right.starts_with("*."));
    let (wide, narrow) = if swap { (right, left) } else { (left, right) };
    let domain = wide
        .strip_prefix('*')
        .filter(|domain| domain.starts_with('.'))?;
    narrow.ends_with(domain).then(|| narrow.into_owned())
}

/// A name in lower case, if it can be one: no address, and of labels as RFC 1123 has them.
fn checked(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() {
        return Some(Cow::Borrowed(name));
    }
    let plain = name.strip_prefix("*.").unwrap_or(name);
    if Endpoint::suitable_type(name) != Rtype::CNAME || !is_domain(plain) {
        return None;
    }
    Some(if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    })
}

fn is_domain(name: &str) -> bool {
    // A dot at the end is no label.
    let labels = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 255 && labels.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= 63
        && ends
            .iter()
            .all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn names_meet_in_the_more_specific_one() {
        let long = format!("{}.org", "a".repeat(64));
        for (left, right, expected) in [
            ("", "", Some("")),
            ("", "a.org", Some("a.org")),
            ("a.org", "a.org", Some("a.org")),
            ("A.org", "a.ORG", Some("a.org")),
            ("a.org", "b.org", None),
            ("a.org", "b.a.org", None),
            ("*.a.org", "b.a.org", Some("b.a.org")),
            ("*.a.org", "c.b.a.org", Some("c.b.a.org")),
            ("*.a.org", "a.org", None),
            ("*.a.org", "xa.org", None),
            ("*.a.org", "*.b.a.org", Some("*.b.a.org")),
            ("*.a.org", "*.a.org", Some("*.a.org")),
            ("*.a.org", "*.b.org", None),
            ("*.a", "b.a", Some("b.a")),
            ("*", "a.org", None),
            ("a.*.org", "a.b.org", None),
            ("192.0.2.1", "", None),
            ("2001:db8::1", "", None),
            ("under_score.org", "", None),
            ("-a.org", "", None),
            ("a-.org", "", None),
            ("a..org", "", None),
            (".org", "", None),
            ("a.org.", "", Some("a.org.")),
            (&long, "", None),
            ("é.org", "", None),
        ] {
            assert_eq!(common(left, right).as_deref(), expected, "{left} {right}");
            assert_eq!(common(right, left).as_deref(), expected, "{right} {left}");
        }
    }
}
