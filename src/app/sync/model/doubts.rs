//! What is not to be taken away, because objects that may ask for it cannot be read.

use std::collections::BTreeSet;

use plan::{Endpoint, Labels};
use source::object::{Key, Kind};
use wire::Rtype;

/// Objects that could never be read, and those that hang on such, as registries call them.
#[derive(Debug, Default)]
pub(in crate::app::sync) struct Doubts {
    /// Whole, as `service/default/web`.
    objects: BTreeSet<String>,
    /// Of kinds that settings choose: those have the kind of each object in front.
    of_any_kind: BTreeSet<String>,
}

impl Doubts {
    pub(in crate::app::sync) fn of<'a>(objects: impl Iterator<Item = (Kind, &'a Key)>) -> Self {
        let mut doubts = Self::default();
        for (kind, key) in objects {
            let (namespace, name) = (key.namespace(), key.name());
            if kind == Kind::Unstructured {
                doubts.of_any_kind.insert(format!("/{namespace}/{name}"));
                continue;
            }
            let kind = match kind {
                Kind::DnsEndpoint => "crd".to_owned(),
                kind => kind.name().to_ascii_lowercase(),
            };
            let slash = if namespace.is_empty() { "" } else { "/" };
            let object = format!("{kind}/{namespace}{slash}{name}");
            doubts.objects.insert(object);
        }
        doubts
    }

    /// Whether all objects can be read.
    pub(in crate::app::sync) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.of_any_kind.is_empty()
    }

    /// Whether a record is of such an object; none if it does not say of which it is.
    pub(in crate::app::sync) fn of_record(&self, record: &Endpoint) -> Option<bool> {
        let object = record.labels.value(Labels::RESOURCE)?;
        let of_any_kind = || {
            let kind = object.find('/').and_then(|at| object.get(at..));
            kind.is_some_and(|rest| self.of_any_kind.contains(rest))
        };
        Some(self.objects.contains(object) || of_any_kind())
    }
}

/// What an object asks for now, and all that it asked for before.
pub(super) fn joined(now: Vec<Endpoint>, before: Vec<Endpoint>) -> Vec<Endpoint> {
    let mut all = now;
    for old in before {
        let same_place =
            |new: &&mut Endpoint| new.name == old.name && new.set_identifier == old.set_identifier;
        let mut there = all.iter_mut().filter(same_place);
        let alone = |rtype| rtype == Rtype::CNAME;
        match there.find(|new| new.rtype == old.rtype || alone(new.rtype) || alone(old.rtype)) {
            Some(new) => add_targets(new, &old),
            None => all.push(old),
        }
    }
    all
}

/// Adds the targets of a former record, if that can have more than one.
pub(in crate::app::sync) fn add_targets(new: &mut Endpoint, old: &Endpoint) {
    if new.rtype != old.rtype || new.rtype == Rtype::CNAME {
        return;
    }
    for target in &old.targets {
        if !new.targets.contains(target) {
            new.targets.push(target.clone());
        }
    }
    new.targets.sort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_what_registries_call_their_objects() {
        let keys = [
            (Kind::Service, Key::new("default", "a")),
            (Kind::DnsEndpoint, Key::new("default", "b")),
            (Kind::Node, Key::new("", "n")),
            (Kind::Unstructured, Key::new("shop", "w")),
            (Kind::Unstructured, Key::new("", "c")),
        ];
        let doubts = Doubts::of(keys.iter().map(|(kind, key)| (*kind, key)));
        for (object, expected) in [
            ("service/default/a", true),
            ("service/default/b", false),
            ("crd/default/b", true),
            ("node/n", true),
            ("widget/shop/w", true),
            ("widget/w", false),
            ("thing//c", true),
        ] {
            let mut record = Endpoint::new("x.example.org", Rtype::A, ["192.0.2.1"]);
            assert_eq!(doubts.of_record(&record), None);
            record.labels.set(Labels::RESOURCE, object);
            assert_eq!(doubts.of_record(&record), Some(expected), "{object}");
        }
    }

    #[test]
    fn nothing_is_taken_from_what_was_asked_for_before() {
        let one = |name: &str, rtype, targets: &[&str]| Endpoint::new(name, rtype, targets);
        let now = vec![
            one("a", Rtype::A, &["192.0.2.2"]),
            one("c", Rtype::CNAME, &["new"]),
            one("d", Rtype::CNAME, &["new"]),
        ];
        let before = vec![
            one("a", Rtype::A, &["192.0.2.1", "192.0.2.2"]),
            one("a", Rtype::AAAA, &["2001:db8::1"]),
            one("b", Rtype::A, &["192.0.2.3"]),
            one("c", Rtype::CNAME, &["old"]),
            one("d", Rtype::A, &["192.0.2.4"]),
        ];
        let all = joined(now, before).into_iter();
        let all: Vec<String> = all
            .map(|it| format!("{} {} {}", it.name, it.rtype, it.targets.join(" ")))
            .collect();
        assert_eq!(
            all,
            [
                "a A 192.0.2.1 192.0.2.2",
                "c CNAME new",
                "d CNAME new",
                "a AAAA 2001:db8::1",
                "b A 192.0.2.3"
            ]
        );
    }
}
