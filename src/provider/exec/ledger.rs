//! What came of the groups that were written to one zone.

use plan::{ErrorKind, ProviderError};
use tokio::time::Instant;

use super::Done;
use super::edit::{Edit, Group};
use crate::record::{Found, Key};

/// An RRset as it is now, or that it is gone.
pub(super) type Effect = (Key, Option<Found>);

/// An ownership record of which we do not know that its record is there.
#[derive(Clone, Debug)]
pub(super) struct Loose {
    /// Its key.
    pub(super) text: Key,
    /// What it may say, if it is ours.
    pub(super) says: Vec<Vec<Box<str>>>,
    /// Whose it is.
    pub(super) data: Vec<Key>,
    /// Since when we do not know.
    pub(super) since: Instant,
}

/// What was made, what was not, and of what we do not know.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What was made.
    pub(super) effects: Vec<Effect>,
    /// Groups that were not, or not whole, by place.
    pub(super) refused: Vec<(usize, ProviderError)>,
    /// Names whose edits are accepted, and what stands for them.
    pub(super) pending: Vec<(Box<str>, Box<str>)>,
    /// Ownership records that may be there without their records.
    pub(super) loose: Vec<Loose>,
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

    /// Notes what an RRset is now, or that it is gone.
    pub(crate) fn effect(&mut self, key: Key, after: Option<Found>) {
        self.effects.push((key, after));
    }

    /// Notes that a group has to wait for what was asked for earlier.
    pub(crate) fn wait(&mut self, group: &Group, busy: ProviderError) {
        self.doubtful = true;
        self.refused.push((group.place, busy));
    }

    /// Notes that a group was left in its middle.
    pub(super) fn left(&mut self, group: &Group) {
        for text in group.edits.iter().filter(|edit| edit.owns) {
            let data = group.edits.iter().filter(|edit| text.is_of(edit));
            let data: Vec<Key> = data.map(Edit::key).cloned().collect();
            let old = text.old.as_ref().map(|old| &old.rrset);
            let says = old.into_iter().chain(&text.new);
            if !data.is_empty() {
                self.loose.push(Loose {
                    text: text.key().clone(),
                    says: says.map(|rrset| rrset.values.clone()).collect(),
                    data,
                    since: Instant::now(),
                });
            }
        }
    }

    /// Notes that a group was not made.
    ///
    /// # Errors
    /// What would be an error of every group comes back: no other is to be tried.
    pub(crate) fn refuse(
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

/// Whether what was asked for was surely not done.
pub(crate) fn is_undone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Auth
            | ErrorKind::Conflict
            | ErrorKind::NotFound
            | ErrorKind::RateLimited
            | ErrorKind::Rejected
    )
}

/// Whether the zone is not, or may not be, what we took it for.
pub(super) fn is_stale(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Ambiguous | ErrorKind::Conflict | ErrorKind::NotFound
    )
}
