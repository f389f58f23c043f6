//! What the log needs of a place for its objects.

use std::time::Duration;

use super::LogError;
use super::item::{Id, Item, Kind};
use crate::api::{ApiError, Fault};

/// A place for objects, as the API server is one.
pub(super) trait Objects: Send + Sync + 'static {
    /// Makes an object, if there is none of its name.
    fn create(
        &self,
        item: &Item,
        patience: Duration,
    ) -> impl Future<Output = Result<(), LogError>> + Send;

    /// Reads an object; none if it is not there.
    fn read(
        &self,
        id: &Id,
        patience: Duration,
    ) -> impl Future<Output = Result<Option<Item>, LogError>> + Send;

    /// Takes an object away. One that is not there is all right.
    fn delete(
        &self,
        id: &Id,
        patience: Duration,
    ) -> impl Future<Output = Result<(), LogError>> + Send;

    /// All objects of a kind as they were at one instant, in the order of their numbers; each request
    /// for a part of them may take so long. Besides, the names of objects that say nothing.
    fn list(
        &self,
        kind: Kind,
        patience: Duration,
    ) -> impl Future<Output = Result<(Vec<Item>, Vec<String>), LogError>> + Send;
}

/// Whether a request failed since an object is there already.
pub(super) fn is_conflict(error: &LogError) -> bool {
    let fault = |error: &ApiError| matches!(error.fault, Fault::Conflict);
    matches!(error, LogError::Api(error) if fault(error))
}

/// Whether the same request may succeed in a moment.
pub(super) fn may_pass(error: &LogError) -> bool {
    match error {
        LogError::Api(error) => error.fault.may_pass(),
        LogError::Connect(_) => true,
        LogError::Fenced { .. } | LogError::Moving | LogError::NotLeading | LogError::Stopped => {
            false
        }
    }
}
