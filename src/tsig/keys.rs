//! The keys that are known, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::Name;

use crate::Key;

/// Keys by name, whatever its case.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<Name, Arc<Key>>);

/// There is a key of this name already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key \"{0}\" is given twice")]
pub struct DuplicateKey(pub Name);

impl Keys {
    /// Adds a key.
    ///
    /// # Errors
    /// When there is one of the same name, even if it is equal.
    pub fn insert(&mut self, key: impl Into<Arc<Key>>) -> Result<(), DuplicateKey> {
        let key = key.into();
        if self.0.contains_key(key.name()) {
            return Err(DuplicateKey(key.name().clone()));
        }
        self.0.insert(key.name().clone(), key);
        Ok(())
    }

    /// The key of a name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<&Arc<Key>> {
        self.0.get(name)
    }

    /// All keys, in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Key>> {
        self.0.values()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
