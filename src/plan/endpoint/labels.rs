//! Labels of an endpoint: a small map, sorted by key.

/// Keys and values that a registry keeps beside a record, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(Box<str>, Box<str>)>);

impl Labels {
    /// Who owns the record.
    pub const OWNER: &'static str = "owner";
    /// The object that asked for it first, as `kind/namespace/name`.
    pub const RESOURCE: &'static str = "resource";

    /// The name of the record that an ownership TXT is for; on the TXT itself, not in its text.
    pub const OWNED_RECORD: &'static str = "ownedRecord";
    /// Who owned the record before a migration that is not written yet; in memory only.
    pub const PREVIOUS_OWNER: &'static str = "previous-owner";

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let at = self.position(key).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Sets a value, over one that was there.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.position(key) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = value.into();
                }
            }
            Err(at) => {
                // Most endpoints have one or two labels; a vector's usual four are too many.
                self.0.reserve_exact(1);
                self.0.insert(at, (key.into(), value.into()));
            }
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        if let Ok(at) = self.position(key) {
            self.0.remove(at);
        }
    }

    /// All keys with their values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(key))
    }
}
