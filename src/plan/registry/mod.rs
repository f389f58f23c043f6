//! Who owns the records of a destination, and what we know to be there.
//!
//! ```text
//! records ─→ Registry::read (owners put on, ownership TXT taken out) ─→ Shadow rows ─→ plan
//! changes ─→ Registry::write (owner, ownership TXT added) ─→ destination ─→ Shadow::applied
//! ```
//!
//! A listing is read whole; between listings every change that was made is applied to what is
//! remembered, so that the next plan may be made at once.

mod kept;
mod shadow;
pub mod txt;

use crate::{ChangeSet, Endpoint, Labels};

pub use kept::KeptLabels;
pub use shadow::Shadow;
pub use txt::{Leftover, TxtError, TxtOptions, TxtRegistry};

/// How ownership is kept at a destination.
#[derive(Debug, Default)]
pub enum Registry {
    /// Not at all: everything there is ours.
    #[default]
    Noop,
    /// Outside the zones: labels come with the listing, and go with the changes.
    Kept {
        /// Who we are.
        owner: Box<str>,
        /// Reads ownership TXT of before.
        texts: Option<Box<TxtRegistry>>,
    },
    /// By a TXT record beside each record.
    Txt(Box<TxtRegistry>),
}

impl Registry {
    /// Who we are; none if ownership is not kept.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::Noop => None,
            Self::Kept { owner, .. } => Some(owner),
            Self::Txt(registry) => Some(registry.owner()),
        }
    }

    /// Takes a whole listing: records come back with their labels, without the registry's own.
    pub fn read(&mut self, records: Vec<Endpoint>) -> Vec<Endpoint> {
        match self {
            Self::Noop | Self::Kept { .. } => records,
            Self::Txt(registry) => registry.read(records),
        }
    }

    /// Changes as the destination is to make them: with owners, and with the registry's own records
    /// behind the others.
    #[must_use]
    pub fn write(&self, changes: ChangeSet) -> ChangeSet {
        match self {
            Self::Noop => changes,
            Self::Kept { owner, .. } => of_owner(owner, changes),
            Self::Txt(registry) => registry.write(changes),
        }
    }

    /// TXT of ours whose records are gone; see [`TxtRegistry::leftovers`].
    #[must_use]
    pub fn leftovers(&self) -> Vec<&Leftover> {
        match self {
            Self::Noop | Self::Kept { .. } => Vec::new(),
            Self::Txt(registry) => registry.leftovers(),
        }
    }

    /// Whether a desired record would be taken for a word about whose another record is.
    #[must_use]
    pub fn is_claim(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::Noop => false,
            Self::Kept { texts, .. } => {
                texts.as_ref().is_some_and(|texts| texts.is_claim(endpoint))
            }
            Self::Txt(registry) => registry.is_claim(endpoint),
        }
    }

    /// Whether an endpoint is one of the registry's own among written changes.
    #[must_use]
    pub fn is_own(&self, endpoint: &Endpoint) -> bool {
        matches!(self, Self::Txt(_)) && txt::is_ownership(endpoint)
    }
}

/// What is created becomes an owner's; updates and deletes of what is not are left out.
fn of_owner(owner: &str, mut changes: ChangeSet) -> ChangeSet {
    let owns = |endpoint: &Endpoint| endpoint.labels.value(Labels::OWNER) == Some(owner);
    for endpoint in &mut changes.create {
        endpoint.labels.set(Labels::OWNER, owner);
    }
    changes
        .update
        .retain(|update| owns(&update.old) && owns(&update.new));
    changes.delete.retain(owns);
    changes
}
