//! Objects that are there and could never be read, and what hangs on them.
//!
//! What such an object would say is not known. So the objects whose endpoints are computed from it
//! are in doubt: what they ask for now may be less than what they mean.

use std::collections::BTreeMap;

use crate::object::{Key, Kind};

/// The objects that could never be read, and whether the list at hand has them.
#[derive(Debug, Default)]
pub struct Unknown(BTreeMap<(Kind, Key), bool>);

/// One of them.
pub type UnknownObject<'a> = (Kind, &'a Key);

impl Unknown {
    /// An object is there and cannot be read. Says whether that is news.
    pub(crate) fn add(&mut self, kind: Kind, key: &Key) -> bool {
        self.0.insert((kind, key.clone()), true).is_none()
    }

    /// An object can be read, or is gone. Says whether it was one of these.
    pub(crate) fn remove(&mut self, kind: Kind, key: &Key) -> bool {
        !self.0.is_empty() && self.0.remove(&(kind, key.clone())).is_some()
    }

    /// A list of all objects of a kind begins.
    pub(crate) fn begin(&mut self, kind: Kind) {
        let of_kind = self.0.iter_mut().filter(|((of, _), _)| *of == kind);
        of_kind.for_each(|(_, listed)| *listed = false);
    }

    /// The list was whole: those that it did not have are gone.
    pub(crate) fn end(&mut self, kind: Kind) {
        self.0.retain(|(of, _), listed| *of != kind || *listed);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = UnknownObject<'_>> {
        self.0.keys().map(|(kind, key)| (*kind, key))
    }

    /// One object, if it is among them.
    #[must_use]
    pub fn object(&self, kind: Kind, key: &Key) -> Option<UnknownObject<'_>> {
        let found = self.0.get_key_value(&(kind, key.clone()));
        found.map(|((kind, key), _)| (*kind, key))
    }

    /// Any object of a kind in a namespace.
    #[must_use]
    pub fn within(&self, kind: Kind, namespace: &str) -> Option<UnknownObject<'_>> {
        let mut from = self.0.range((kind, Key::first_of(namespace))..);
        let first = from.next().map(|((kind, key), _)| (*kind, key));
        first.filter(|(of, key)| *of == kind && key.namespace() == namespace)
    }

    /// Any object of a kind.
    #[must_use]
    pub fn any(&self, kind: Kind) -> Option<UnknownObject<'_>> {
        self.all().find(|(of, _)| *of == kind)
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
    }
}
