//! All objects, and which of them point at which: what endpoints are computed from.
//!
//! ```text
//! apply, delete, begin … end → stores (one a kind) ─┐
//!                            → links (who wants what) ├→ kinds of sources read
//! resolve                    → names                ─┘
//! ```
//!
//! Pure: no clock, no I/O. An object that is applied again without a difference in what is read
//! changes nothing. A list that is not brought to its end takes nothing away.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::object::{Key, Kind, Meta, Object, Stored, Stores};

/// How one object points at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// It belongs to that object, as a slice to its Service or a route to its Gateway.
    Of(Kind),
    /// Its endpoints depend on all objects of a kind in the namespace of the key; the key's name
    /// is empty. Such kinds are watched only while an object wants them.
    Wants(Kind),
    /// It has a name that is to be resolved; the key's namespace is empty.
    Resolves,
}

/// The index.
#[derive(Debug, Default)]
pub struct Index {
    stores: Stores,
    /// How, at what, from what: sorted, so what points at a key is a range.
    links: BTreeSet<(Link, Key, Kind, Key)>,
    names: BTreeMap<Key, Box<[IpAddr]>>,
}

/// What an event changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The kind of the object.
    pub kind: Kind,
    /// The object.
    pub key: Key,
    /// Its place among the objects of its kind. Free for others once it is deleted.
    pub slot: u32,
    /// As it was, if it was there.
    pub before: Option<Object>,
    /// Whether it is gone.
    pub deleted: bool,
}

impl Changed {
    /// As it was, if it is of this kind.
    #[must_use]
    pub fn before<T: Stored>(&self) -> Option<&T> {
        T::of(self.before.as_ref()?)
    }

    /// The object before and after, as far as it is of this kind.
    pub fn states<'a, T: Stored>(&'a self, index: &'a Index) -> impl Iterator<Item = &'a T> {
        let after = (self.kind == T::KIND).then(|| index.get::<T>(&self.key));
        self.before::<T>().into_iter().chain(after.flatten())
    }
}

impl Index {
    /// Puts an object in. `None` if nothing that is read has changed.
    pub fn apply(&mut self, object: Object) -> Option<Changed> {
        let kind = object.kind();
        let key = object.meta().key.clone();
        let mut links = Vec::new();
        object.links(&mut |link, target| links.push((link, target, kind, key.clone())));
        let put = self.stores.put(object);
        if !put.changed {
            return None;
        }
        self.unlink(put.before.as_ref(), &key);
        self.links.extend(links);
        self.forget_names(put.before.as_ref());
        Some(Changed {
            kind,
            key,
            slot: put.slot,
            before: put.before,
            deleted: false,
        })
    }

    /// Takes an object out. `None` if it was not there.
    pub fn delete(&mut self, kind: Kind, key: &Key) -> Option<Changed> {
        let (slot, before) = self.stores.take(kind, key)?;
        self.unlink(Some(&before), key);
        self.forget_names(Some(&before));
        Some(Changed {
            kind,
            key: key.clone(),
            slot,
            before: Some(before),
            deleted: true,
        })
    }

    /// A list of all objects of a kind begins.
    pub fn begin(&mut self, kind: Kind) {
        self.stores.begin(kind);
    }

    /// An object is there, though nothing is known of what it is now: the end of the list at hand
    /// does not take it away. False if it was never known.
    pub fn seen(&mut self, kind: Kind, key: &Key) -> bool {
        self.stores.seen(kind, key)
    }

    /// The list was whole: what was neither applied nor seen since it began is gone.
    pub fn end(&mut self, kind: Kind) -> Vec<Changed> {
        let stale = self.stores.stale(kind);
        (stale.iter())
            .filter_map(|key| self.delete(kind, key))
            .collect()
    }

    /// Notes what a name resolves to; says which objects use it. Empty if nothing has changed. A
    /// name that no object uses is not noted.
    pub fn resolve(&mut self, name: &str, addresses: &[IpAddr]) -> Vec<(Kind, Key)> {
        let key = Key::new("", name);
        let known = self.names.get(&key);
        if known.is_some_and(|known| **known == *addresses) {
            return Vec::new();
        }
        let users = self.linked(Link::Resolves, &key);
        let users: Vec<_> = users.map(|(kind, key)| (kind, key.clone())).collect();
        if !users.is_empty() {
            self.names.insert(key, addresses.into());
        }
        users
    }

    /// What a name resolves to; `None` if that is not known.
    #[must_use]
    pub fn resolved(&self, name: &str) -> Option<&[IpAddr]> {
        Some(self.names.get(&Key::new("", name))?)
    }

    /// All names that objects want resolved.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut last = None;
        let links = self.links.range((
            std::ops::Bound::Included((
                Link::Resolves,
                Key::first_of(""),
                FIRST,
                Key::first_of(""),
            )),
            std::ops::Bound::Unbounded,
        ));
        let names = links.take_while(|(link, ..)| *link == Link::Resolves);
        names.filter_map(move |(_, key, ..)| {
            let new = last != Some(key);
            last = Some(key);
            new.then(|| key.name())
        })
    }

    /// An object.
    #[must_use]
    pub fn get<T: Stored>(&self, key: &Key) -> Option<&T> {
        T::store(&self.stores).get(key)
    }

    /// All objects of a kind, by namespace and name.
    pub fn all<T: Stored>(&self) -> impl Iterator<Item = &T> {
        T::store(&self.stores).all()
    }

    /// All objects of a kind in a namespace, by name.
    pub fn within<'a, T: Stored>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a T> {
        T::store(&self.stores).within(namespace)
    }

    /// The objects that point at a key, by kind, namespace and name.
    pub fn linked<'a>(
        &'a self,
        link: Link,
        target: &'a Key,
    ) -> impl Iterator<Item = (Kind, &'a Key)> {
        let first = (link, target.clone(), FIRST, Key::first_of(""));
        self.links
            .range(first..)
            .take_while(move |(l, t, ..)| *l == link && t == target)
            .map(|(_, _, kind, key)| (*kind, key))
    }

    /// The objects of a kind that point at a key, by namespace and name.
    pub fn linking<'a, T: Stored>(
        &'a self,
        link: Link,
        target: &'a Key,
    ) -> impl Iterator<Item = &'a T> {
        let linked = self.linked(link, target);
        linked.filter_map(
            |(kind, key)| {
                if kind == T::KIND { self.get(key) } else { None }
            },
        )
    }

    /// Whether any object of a kind has such a link.
    #[must_use]
    pub fn any(&self, who: Kind, link: Link) -> bool {
        let first = (link, Key::first_of(""), FIRST, Key::first_of(""));
        let links = self.links.range(first..);
        links
            .take_while(|(other, ..)| *other == link)
            .any(|(_, _, kind, _)| *kind == who)
    }

    /// Whether any object of a kind wants objects of another.
    #[must_use]
    pub fn wants(&self, who: Kind, what: Kind) -> bool {
        self.any(who, Link::Wants(what))
    }

    /// All keys of a kind, sorted, each with its place.
    #[must_use]
    pub fn keys(&self, kind: Kind) -> Vec<(Key, u32)> {
        self.stores.keys(kind)
    }

    /// The place of an object.
    #[must_use]
    pub fn slot(&self, kind: Kind, key: &Key) -> Option<u32> {
        self.stores.slot(kind, key)
    }

    /// The metadata of an object.
    #[must_use]
    pub fn meta(&self, kind: Kind, key: &Key) -> Option<&Meta> {
        self.stores.meta(kind, key)
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.stores.count(kind)
    }

    fn unlink(&mut self, object: Option<&Object>, key: &Key) {
        let Some(object) = object else { return };
        let kind = object.kind();
        object.links(&mut |link, target| {
            self.links.remove(&(link, target, kind, key.clone()));
        });
    }

    /// Forgets what names resolve to that no object uses any more.
    fn forget_names(&mut self, before: Option<&Object>) {
        let Some(before) = before.filter(|_| !self.names.is_empty()) else {
            return;
        };
        before.links(&mut |link, target| {
            if link == Link::Resolves && self.linked(link, &target).next().is_none() {
                self.names.remove(&target);
            }
        });
    }
}

/// The kind that sorts first: where a range of links starts.
const FIRST: Kind = match Kind::ALL {
    [first, ..] => *first,
    [] => Kind::Service,
};

/// What came of putting an object in.
pub(crate) struct Put {
    /// Its place.
    pub(crate) slot: u32,
    /// What was there.
    pub(crate) before: Option<Object>,
    /// Whether it differs from what was there.
    pub(crate) changed: bool,
}

/// The objects of one kind, sorted.
#[derive(Debug)]
pub struct Store<T> {
    objects: BTreeMap<Key, Stand<T>>,
    /// Places that deleted objects have left.
    free: Vec<u32>,
    /// How many lists have begun.
    lists: u32,
}

/// Where one object stands.
#[derive(Debug)]
struct Stand<T> {
    object: Box<T>,
    slot: u32,
    /// The list that it was last seen in or after.
    list: u32,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            free: Vec::new(),
            lists: 0,
        }
    }
}

impl<T: Stored> Store<T> {
    pub(crate) fn put(&mut self, object: Box<T>) -> Put {
        let next = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        match self.objects.entry(object.meta().key.clone()) {
            Entry::Occupied(mut stand) => {
                let stand = stand.get_mut();
                stand.list = self.lists;
                let changed = stand.object != object;
                let before = changed.then(|| std::mem::replace(&mut stand.object, object));
                Put {
                    slot: stand.slot,
                    before: before.map(T::into_object),
                    changed,
                }
            }
            Entry::Vacant(place) => {
                let slot = self.free.pop().unwrap_or(next);
                place.insert(Stand {
                    slot,
                    list: self.lists,
                    object,
                });
                Put {
                    slot,
                    before: None,
                    changed: true,
                }
            }
        }
    }

    pub(crate) fn take(&mut self, key: &Key) -> Option<(u32, Object)> {
        let stand = self.objects.remove(key)?;
        self.free.push(stand.slot);
        Some((stand.slot, stand.object.into_object()))
    }

    pub(crate) fn begin(&mut self) {
        self.lists = self.lists.wrapping_add(1);
    }

    pub(crate) fn seen(&mut self, key: &Key) -> bool {
        let stand = self.objects.get_mut(key);
        stand.is_some_and(|stand| {
            stand.list = self.lists;
            true
        })
    }

    pub(crate) fn stale(&self) -> Vec<Key> {
        let stands = self.objects.iter();
        let stale = stands.filter(|(_, stand)| stand.list != self.lists);
        stale.map(|(key, _)| key.clone()).collect()
    }

    pub(crate) fn keys(&self) -> Vec<(Key, u32)> {
        let stands = self.objects.iter();
        stands
            .map(|(key, stand)| (key.clone(), stand.slot))
            .collect()
    }

    pub(crate) fn slot(&self, key: &Key) -> Option<u32> {
        Some(self.objects.get(key)?.slot)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&T> {
        Some(&self.objects.get(key)?.object)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.objects.values().map(|stand| &*stand.object)
    }

    pub(crate) fn within<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a T> {
        self.objects
            .range(Key::first_of(namespace)..)
            .take_while(move |(key, _)| key.namespace() == namespace)
            .map(|(_, stand)| &*stand.object)
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }
}
