//! A place outside the zones where labels of records are kept: a table, or objects of a cluster.
//!
//! ```text
//! load ─→ labels put on what a listing has
//! changes ─→ claim (what is to be created or to go) ─→ the destination's own writes ─→ settle ...
//!                                                      └→ refuse (not made), fail (perhaps made)
//! ```
//!
//! What is written down before the destination is changed can be found again after a crash, and what
//! is taken away only after it cannot be lost by one. Between the two a record is ours only if it
//! holds what was written down: anybody may make one of its name meanwhile. A store holds labels of several owners; all it
//! is asked for is of one, who was given to it when it was made.

use std::future::Future;
use std::time::Duration;

use wire::Rtype;

use crate::{Endpoint, Labels, ProviderError};

/// The labels of one record, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecord {
    /// The record's name as it is written there.
    pub name: Box<str>,
    /// Its type.
    pub rtype: Rtype,
    /// Its set identifier.
    pub set_identifier: Box<str>,
    /// Its labels.
    pub labels: Labels,
    /// What the record was to hold, if it is not known that it was made. Such a record is ours only if
    /// it holds just that: else somebody else may have made it.
    pub claimed: Option<Vec<Box<str>>>,
}

/// A record that is written, and what is kept of it until now.
#[derive(Clone, Debug)]
pub struct KeptChange {
    /// The record as it is to be, or was made; as it was for one that is gone. Its labels are to be kept.
    pub endpoint: Endpoint,
    /// What is kept; none if nothing is.
    pub kept: Option<KeptRecord>,
}

/// What has become of changes, to be kept.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Made; all of them were claimed.
    pub created: Vec<KeptChange>,
    /// Changed.
    pub updated: Vec<KeptChange>,
    /// Gone.
    pub deleted: Vec<KeptChange>,
    /// Labels without a record for long.
    pub orphans: Vec<KeptRecord>,
}

impl Settled {
    /// Whether there is nothing to keep or to drop.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.created.is_empty()
            && self.updated.is_empty()
            && self.deleted.is_empty()
            && self.orphans.is_empty()
    }
}

/// A place where labels are kept. Errors name the provider whose records they are of, and say that
/// it was the registry that was asked.
pub trait LabelStore: Send + Sync {
    /// The name users type after `--registry=`.
    fn name(&self) -> &'static str;

    /// How long what was loaded stands, if nothing goes wrong and nobody else has led meanwhile.
    fn stands(&self) -> Duration {
        Duration::MAX
    }

    /// The labels of all records of our owner. A list that is not complete is an error.
    fn load(&self) -> impl Future<Output = Result<Vec<KeptRecord>, ProviderError>> + Send;

    /// Keeps the labels of records, and what they hold, before they are made or taken away. Tells, by
    /// their places in the list, which of them another owner has, and who that is; these are left alone
    /// then.
    fn claim(
        &self,
        claims: &[KeptChange],
    ) -> impl Future<Output = Result<Vec<(usize, Box<str>)>, ProviderError>> + Send;

    /// Keeps what has become of changes.
    fn settle(&self, settled: &Settled) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Drops the claims of records that were surely not made: what is there under their names, now or
    /// later, is none of ours.
    fn refuse(
        &self,
        claims: &[KeptChange],
        error: &ProviderError,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Is told that claimed records were perhaps not made.
    fn fail(
        &self,
        _claims: &[KeptChange],
        _error: &ProviderError,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
}
