//! What should change at a destination.

use crate::Endpoint;

/// Changes for one destination. Groups of ownership stay together and in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// To be made.
    pub create: Vec<Endpoint>,
    /// To be changed.
    pub update: Vec<Update>,
    /// To be taken away.
    pub delete: Vec<Endpoint>,
}

/// One endpoint before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// As the destination has it.
    pub old: Endpoint,
    /// As it should be.
    pub new: Endpoint,
}

impl ChangeSet {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }

    /// How many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.create.len() + self.update.len() + self.delete.len()
    }

    /// Moves all of another one's changes behind these.
    pub fn append(&mut self, other: &mut Self) {
        self.create.append(&mut other.create);
        self.update.append(&mut other.update);
        self.delete.append(&mut other.delete);
    }
}
