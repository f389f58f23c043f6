//! Namespace and name of an object, shared by everything that names it.

use std::fmt;
use std::sync::Arc;

/// Namespace and name in one shared text; copies cost a counter.
///
/// Keys sort by namespace, then by name. Objects of dynamic kinds carry their resource as well, so
/// that one store can hold several kinds.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// The key of an object; the namespace of objects of the cluster is empty.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self([namespace, "\0", name].concat().into())
    }

    /// The key of an object of a dynamic kind, as `widgets.v1.example.org`.
    #[must_use]
    pub fn of_resource(resource: &str, namespace: &str, name: &str) -> Self {
        Self([namespace, "\0", name, "\0", resource].concat().into())
    }

    /// The first key of a namespace: where its range starts.
    #[must_use]
    pub(crate) fn first_of(namespace: &str) -> Self {
        Self::new(namespace, "")
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.part(0)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.part(1)
    }

    /// The resource of a dynamic kind; empty for the others.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(2)
    }

    fn part(&self, n: usize) -> &str {
        // By bytes: keys are short, and looked at often.
        let mut rest = &*self.0;
        for _ in 0..n {
            let end = rest.bytes().position(|byte| byte == 0);
            rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        }
        let end = rest.bytes().position(|byte| byte == 0);
        end.and_then(|end| rest.get(..end)).unwrap_or(rest)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace();
        if !namespace.is_empty() {
            write!(f, "{namespace}/")?;
        }
        f.write_str(self.name())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn keys_sort_by_namespace_then_name() {
        let mut keys = [
            Key::new("a-b", "c"),
            Key::new("a", "z"),
            Key::new("", "node"),
            Key::new("a", "b"),
        ];
        keys.sort();
        let texts: Vec<String> = keys.iter().map(Key::to_string).collect();
        assert_eq!(texts, ["node", "a/b", "a/z", "a-b/c"]);
    }

    #[test]
    fn parts_come_back() {
        let key = Key::of_resource("widgets.v1.example.org", "ns", "one");
        assert_eq!(
            (key.namespace(), key.name(), key.resource()),
            ("ns", "one", "widgets.v1.example.org")
        );
        assert_eq!(Key::new("ns", "one").resource(), "");
    }
}
