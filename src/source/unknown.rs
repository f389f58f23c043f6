//! Objects that are there and could never be read, and what hangs on them.
//!
//! What such an object would say is not known. So the objects whose endpoints are computed from it
//! are in doubt: what they ask for now may be less than what they mean.

use std::collections::BTreeMap;

use crate::object::{Key, Kind};

/// The objects that could never be read.
#[derive(Debug, Default)]
pub struct Unknown {
    /// Single ones, and whether the list at hand has them.
    objects: BTreeMap<(Kind, Key), bool>,
    /// Kinds of which none may be read, with a key that names no object.
    kinds: BTreeMap<Kind, Key>,
}

/// One of them; its name is empty if it is any of a kind.
pub type UnknownObject<'a> = (Kind, &'a Key);

impl Unknown {
    /// An object is there and cannot be read. Says whether that is news.
    pub(crate) fn add(&mut self, kind: Kind, key: &Key) -> bool {
        self.objects.insert((kind, key.clone()), true).is_none()
    }

    /// No object of a kind may be read. Says whether that is news.
    pub(crate) fn add_kind(&mut self, kind: Kind) -> bool {
        self.kinds.insert(kind, Key::new("", "")).is_none()
    }

    /// An object can be read, or is gone. Says whether it was one of these.
    pub(crate) fn remove(&mut self, kind: Kind, key: &Key) -> bool {
        !self.objects.is_empty() && self.objects.remove(&(kind, key.clone())).is_some()
    }

    /// A list of all objects of a kind begins.
    pub(crate) fn begin(&mut self, kind: Kind) {
        let of_kind = self.objects.iter_mut().filter(|((of, _), _)| *of == kind);
        of_kind.for_each(|(_, listed)| *listed = false);
    }

    /// The list was whole: those that it did not have are gone, and all others may be read.
    pub(crate) fn end(&mut self, kind: Kind) {
        self.kinds.remove(&kind);
        let others = |of: Kind, listed: bool| of != kind || listed;
        self.objects.retain(|(of, _), listed| others(*of, *listed));
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.kinds.is_empty()
    }

    /// All single ones.
    pub fn all(&self) -> impl Iterator<Item = UnknownObject<'_>> {
        self.objects.keys().map(|(kind, key)| (*kind, key))
    }

    /// Whether no object of a kind may be read.
    #[must_use]
    pub fn has_kind(&self, kind: Kind) -> bool {
        self.kinds.contains_key(&kind)
    }

    fn of_kind(&self, kind: Kind) -> Option<UnknownObject<'_>> {
        Some((kind, self.kinds.get(&kind)?))
    }

    /// One object, if it is among them.
    #[must_use]
    pub fn object(&self, kind: Kind, key: &Key) -> Option<UnknownObject<'_>> {
        let found = self.objects.get_key_value(&(kind, key.clone()));
        let found = found.map(|((kind, key), _)| (*kind, key));
        found.or_else(|| self.of_kind(kind))
    }

    /// Any object of a kind in a namespace.
    #[must_use]
    pub fn within(&self, kind: Kind, namespace: &str) -> Option<UnknownObject<'_>> {
        let mut from = self.objects.range((kind, Key::first_of(namespace))..);
        let first = from.next().map(|((kind, key), _)| (*kind, key));
        let found = first.filter(|(of, key)| *of == kind && key.namespace() == namespace);
        found.or_else(|| self.of_kind(kind))
    }

    /// Any object of a kind.
    #[must_use]
    pub fn any(&self, kind: Kind) -> Option<UnknownObject<'_>> {
        let found = self.all().find(|(of, _)| *of == kind);
        found.or_else(|| self.of_kind(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::Unknown;
    use crate::object::{Key, Kind};

    #[test]
    fn objects_are_found_by_name_namespace_and_kind() {
        let mut unknown = Unknown::default();
        let key = Key::new("b", "x");
        assert!(unknown.add(Kind::Pod, &key) && !unknown.add(Kind::Pod, &key));
        assert!(unknown.object(Kind::Pod, &key).is_some());
        assert!(unknown.object(Kind::Service, &key).is_none());
        for (namespace, expected) in [("a", false), ("b", true), ("c", false)] {
            let found = unknown.within(Kind::Pod, namespace);
            assert_eq!(found.is_some(), expected, "{namespace}");
            assert!(unknown.within(Kind::Node, namespace).is_none());
        }
        assert!(unknown.any(Kind::Pod).is_some() && unknown.any(Kind::Node).is_none());
        unknown.begin(Kind::Pod);
        unknown.end(Kind::Service);
        assert!(!unknown.is_empty());
        unknown.end(Kind::Pod);
        assert!(unknown.is_empty());
        assert!(unknown.add_kind(Kind::Pod) && !unknown.add_kind(Kind::Pod));
        assert!(unknown.object(Kind::Pod, &key).is_some() && unknown.all().count() == 0);
        assert!(unknown.within(Kind::Pod, "a").is_some() && unknown.any(Kind::Pod).is_some());
        unknown.end(Kind::Pod);
        assert!(unknown.is_empty());
    }
}
