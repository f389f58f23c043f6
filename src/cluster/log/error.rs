//! Why the log of objects does not do what it is asked for.

use source::watch::ConnectError;
use wire::Name;

use crate::api::ApiError;

/// Why nothing was written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The server did not do it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There is no way to the server.
    #[error("find the way to the API server")]
    Connect(#[from] ConnectError),
    /// Somebody else has written where only the leader may.
    #[error(
        "entry {number} of the journal of zone \"{zone}\" is another replica's, of term {term}: it leads now"
    )]
    Fenced {
        /// The zone.
        zone: Name,
        /// The number.
        number: u64,
        /// The other one's term.
        term: u64,
    },
    /// The log changes while it is read, again and again.
    #[error("the journal in the cluster is written by somebody else while it is read")]
    Moving,
    /// We do not lead, or not any more.
    #[error("this replica does not lead, and the leader alone writes")]
    NotLeading,
    /// The thread of the log is gone.
    #[error("the journal in the cluster is closed")]
    Stopped,
}
