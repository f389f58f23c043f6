//! What came of the groups that were written to one zone.

use plan::{ErrorKind, ProviderError};

use super::Done;
use super::edit::Edit;
use crate::record::{Found, Key};

/// An RRset as it is now, or that it is gone.
pub(super) type Effect = (Key, Option<Found>);

/// What was made, what was not, and of what we do not know.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What was made.
    pub(super) effects: Vec<Effect>,
    /// Groups that were not, or not whole, by place.
    pub(super) refused: Vec<(usize, ProviderError)>,
    /// Names whose edits are accepted, and what stands for them.
    pub(super) pending: Vec<(Box<str>, Box<str>)>,
    /// Whether the zone has to be read again before it is written to.
    pub(super) doubtful: bool,
}

impl Ledger {
    /// Notes what came of an edit. Tells whether the next one of its group may be made.
    pub(super) fn note(&mut self, edit: &Edit, done: Done) -> bool {
        let old = edit.old.as_ref();
        let id = match done {
            Done::As(id) => id,
            Done::Now => old.map_or("", Found::id).into(),
            Done::Unseen => {
                self.doubtful = true;
                Box::default()
            }
            Done::Pending(pending) => {
                self.doubtful = true;
                self.pending.push((edit.key().name.clone(), pending));
                return false;
            }
        };
        let foreign = old.map(Found::foreign).cloned().unwrap_or_default();
        let new = edit.new.clone();
        let found = new.map(|new| Found::whole(new, &id, foreign));
        self.effects.push((edit.key().clone(), found));
        true
    }

    /// Notes that a group was not made.
    ///
    /// # Errors
    /// What would be an error of every group comes back: no other is to be tried.
    pub(super) fn refuse(
        &mut self,
        place: usize,
        error: ProviderError,
    ) -> Result<(), ProviderError> {
        self.doubtful = true;
        if is_of_all(error.kind) {
            return Err(error);
        }
        self.refused.push((place, error));
        Ok(())
    }
}

/// Whether an error is none of one change.
pub(super) fn is_of_all(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Auth
            | ErrorKind::Config
            | ErrorKind::Protocol
            | ErrorKind::RateLimited
            | ErrorKind::Unavailable
    )
}

/// Whether the zone is not, or may not be, what we took it for.
pub(super) fn is_stale(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Ambiguous | ErrorKind::Conflict | ErrorKind::NotFound
    )
}
