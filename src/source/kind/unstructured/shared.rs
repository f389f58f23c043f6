//! Events of one resource, where several resources share a kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::Event;
use crate::object::{Key, Kind};

/// Turns the lists of one resource into single events: the end of its list says nothing of the
/// objects of other resources that the index knows by the same kind.
///
/// A watch knows its objects by namespace and name; the index by their resource too.
#[derive(Debug, Default)]
pub struct Shared {
    /// The keys that the index has, by those that the watch has.
    known: BTreeMap<Key, Key>,
    /// Those that could never be read, as the watch has them.
    unread: BTreeSet<Key>,
    /// What the list at hand has held so far.
    listed: Option<BTreeSet<Key>>,
}

impl Shared {
    /// The events to tell the index in place of this one.
    pub fn take(&mut self, event: Event) -> Vec<Event> {
        match event {
            Event::Begin(_) => {
                self.listed = Some(BTreeSet::new());
                Vec::new()
            }
            Event::End(kind) => self.end(kind),
            Event::Apply(object) => {
                let key = object.meta().key.clone();
                self.list(&key);
                let short = plain(&key);
                let mut events = Vec::new();
                if self.unread.remove(&short) {
                    // The index knows it by another key from now on.
                    events.push(Event::Delete(object.kind(), short.clone()));
                }
                self.known.insert(short, key);
                events.push(Event::Apply(object));
                events
            }
            Event::Unreadable(kind, key, error) => {
                // It is there, whether or not it was ever read.
                self.list(&key);
                let known = self.known.get(&plain(&key)).cloned();
                if known.is_none() {
                    self.unread.insert(plain(&key));
                }
                vec![Event::Unreadable(kind, known.unwrap_or(key), error)]
            }
            Event::Delete(kind, key) => {
                let known = self.known.remove(&plain(&key));
                self.unread.remove(&plain(&key));
                vec![Event::Delete(kind, known.unwrap_or(key))]
            }
            Event::Partial(kind) => {
                self.listed = None;
                vec![Event::Partial(kind)]
            }
            Event::Health(kind, health) => vec![Event::Health(kind, health)],
        }
    }

    fn list(&mut self, key: &Key) {
        if let Some(listed) = &mut self.listed {
            listed.insert(plain(key));
        }
    }

    fn end(&mut self, kind: Kind) -> Vec<Event> {
        let Some(listed) = self.listed.take() else {
            return Vec::new();
        };
        let (kept, gone) = std::mem::take(&mut self.known)
            .into_iter()
            .partition(|(key, _)| listed.contains(key));
        let gone: BTreeMap<Key, Key> = gone;
        self.known = kept;
        let unread = std::mem::take(&mut self.unread);
        let (unread, lost): (BTreeSet<Key>, _) =
            unread.into_iter().partition(|key| listed.contains(key));
        self.unread = unread;
        gone.into_values()
            .chain(lost)
            .map(|key| Event::Delete(kind, key))
            .collect()
    }
}

/// A key without its resource.
fn plain(key: &Key) -> Key {
    Key::new(key.namespace(), key.name())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Shared;
    use crate::Event;
    use crate::object::{Key, Kind, Object, Trim};

    fn widget(name: &str) -> Object {
        let widget =
            json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": name}});
        Kind::Unstructured
            .decode_value(&widget, &Trim::default())
            .unwrap()
    }

    #[test]
    fn what_could_never_be_read_is_gone_once_it_can_be_or_is_no_longer_listed() {
        let kind = Kind::Unstructured;
        let odd = |name: &str| {
            let error = kind.decode(b"[]", &Trim::default()).unwrap_err();
            Event::Unreadable(kind, Key::new("", name), error)
        };
        let mut shared = Shared::default();
        let mut said = Vec::new();
        for event in [
            Event::Begin(kind),
            odd("a"),
            odd("b"),
            Event::End(kind),
            Event::Apply(widget("a")),
            odd("a"),
            Event::Begin(kind),
            Event::Apply(widget("a")),
            Event::End(kind),
        ] {
            said.extend(shared.take(event).into_iter().map(|event| match event {
                Event::Apply(object) => format!("+{}", object.meta().key),
                Event::Unreadable(_, key, _) => format!("?{key} {}", key.resource()),
                Event::Delete(_, key) => format!("-{key} {}", key.resource()),
                other => format!("{other:?}"),
            }));
        }
        let expected = [
            "?a ",
            "?b ",
            "-a ",
            "+a",
            "?a Widget.v1.example.org",
            "+a",
            "-b ",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn what_a_list_no_longer_holds_is_gone() {
        let mut shared = Shared::default();
        let mut said = Vec::new();
        let kind = Kind::Unstructured;
        for event in [
            Event::Begin(kind),
            Event::Apply(widget("a")),
            Event::Apply(widget("b")),
            Event::End(kind),
            Event::Apply(widget("c")),
            Event::Delete(kind, Key::new("", "b")),
            // A list that does not come to its end takes nothing away.
            Event::Begin(kind),
            Event::Begin(kind),
            Event::Apply(widget("c")),
            Event::End(kind),
        ] {
            for event in shared.take(event) {
                said.push(match event {
                    Event::Apply(object) => format!("+{}", object.meta().key),
                    Event::Delete(_, key) => {
                        assert_eq!(key.resource(), "Widget.v1.example.org");
                        format!("-{key}")
                    }
                    other => format!("{other:?}"),
                });
            }
        }
        assert_eq!(said, ["+a", "+b", "+c", "-b", "+c", "-a"]);
    }
}
