//! When targets are the same, which are less, and when a record needs a change.

use std::cmp::Ordering;
use std::net::IpAddr;

use wire::Rtype;

use crate::{Endpoint, Properties};

/// Whether two lists of targets say the same: in any order, whatever the case, whatever the way an
/// address is written.
#[must_use]
pub fn same_targets(a: &[Box<str>], b: &[Box<str>]) -> bool {
    same(a, b, canonical)
}

fn same(a: &[Box<str>], b: &[Box<str>], form: impl Fn(&str) -> String) -> bool {
    if a == b {
        return true;
    }
    if a.len() != b.len() {
        return false;
    }
    let canonical = |targets: &[Box<str>]| -> Vec<String> {
        let mut list: Vec<String> = targets.iter().map(|target| form(target)).collect();
        list.sort_unstable();
        list
    };
    canonical(a) == canonical(b)
}

/// The same of records: a name as target may end with a dot or not.
fn same_data(desired: &Endpoint, current: &Endpoint) -> bool {
    let text = matches!(desired.rtype, Rtype::TXT);
    same(&desired.targets, &current.targets, |target| match text {
        // Letters of a text are data: keys and proofs are others in another case.
        true => target.to_owned(),
        false => canonical(target.strip_suffix('.').unwrap_or(target)),
    })
}

/// Whether the destination's record must change to be the desired one.
pub(crate) fn differs(desired: &Endpoint, current: &Endpoint) -> bool {
    let ttl = desired.ttl.filter(|ttl| ttl.as_secs() > 0);
    ttl.is_some_and(|ttl| current.ttl != Some(ttl))
        || !same_data(desired, current)
        || properties_differ(&desired.properties, &current.properties)
}

/// Compares as sets of names with values. A name that is there twice is never equal.
fn properties_differ(desired: &Properties, current: &Properties) -> bool {
    let repeats = |list: &Properties| {
        let mut names: Vec<&str> = list.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    };
    // Of a name that is desired twice the last value counts; in what is current a second one is a
    // difference.
    let last = |name: &str| {
        let mut values = desired.iter().filter(|(other, _)| *other == name);
        values.next_back().map(|(_, value)| value)
    };
    repeats(current)
        || current
            .iter()
            .any(|(name, value)| last(name) != Some(value))
        || desired
            .iter()
            .any(|(name, _)| current.value(name).is_none())
}

/// Which endpoint is less by its targets: the shorter list, else the first difference of the sorted
/// lists, where addresses are less than names.
pub(super) fn by_targets(a: &Endpoint, b: &Endpoint) -> Ordering {
    let key = |endpoint: &Endpoint| {
        let mut list: Vec<(String, Key)> = endpoint
            .targets
            .iter()
            .map(|target| match target.parse::<IpAddr>() {
                Ok(address) => (address.to_string(), Key::Address(address)),
                Err(_) => (target.to_string(), Key::Text(target.clone())),
            })
            .collect();
        // Lists are sorted as text, addresses too; the elements are then compared as addresses.
        list.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        list.into_iter().map(|(_, key)| key).collect::<Vec<_>>()
    };
    let lengths = a.targets.len().cmp(&b.targets.len());
    lengths.then_with(|| key(a).cmp(&key(b)))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Address(IpAddr),
    Text(Box<str>),
}

fn canonical(target: &str) -> String {
    match target.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => target.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::ep;

    #[test]
    fn letters_of_a_text_are_data_and_those_of_a_name_are_not() {
        for (current, desired, expected) in [
            ("a.org TXT \"token=a\"", "a.org TXT \"token=A\"", true),
            ("a.org TXT \"token=a\"", "a.org TXT \"token=a\"", false),
            ("a.org CNAME lb.org", "a.org CNAME LB.org.", false),
        ] {
            assert_eq!(differs(&ep(desired), &ep(current)), expected, "{desired}");
        }
    }
}
