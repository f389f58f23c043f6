//! What a watch follows, and how patiently.

use std::sync::Arc;
use std::time::Duration;

use super::resource::Resource;
use crate::object::{DecodeError, Kind, Object, Trim};

/// Reads an object of the watched kind from its JSON.
pub type Decode = Arc<dyn Fn(&[u8]) -> Result<Object, DecodeError> + Send + Sync>;

/// What is watched.
#[derive(Clone)]
pub struct Subject {
    /// The kind that the index knows its objects by.
    pub kind: Kind,
    /// Versions of the resource; the first that the server has is taken.
    pub resources: Vec<Resource>,
    /// Reads its objects.
    pub decode: Decode,
}

impl Subject {
    /// A kind of the table, trimmed.
    #[must_use]
    pub fn of(kind: Kind, trim: Trim) -> Self {
        Self {
            kind,
            resources: Resource::versions_of(kind),
            decode: Arc::new(move |json| kind.decode(json, &trim)),
        }
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subject").field(&self.kind).finish()
    }
}

/// Which objects of a resource are followed. The server does the selecting.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only this namespace; empty for all.
    pub namespace: Box<str>,
    /// Only objects with such labels; empty for all.
    pub labels: Box<str>,
}

/// Times of a watch. Tests make them short.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The pause after the first failure; doubled by each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How often a missing resource is asked for, once it has been missing for a while.
    pub absent: Duration,
    /// How long a resource that was there must be missing before its objects count as gone: an API
    /// server that starts says "not found" of resources that it has not loaded yet.
    pub vanish: Duration,
    /// How long one watch lasts; the server closes it then.
    pub watch: Duration,
    /// How long the server may take to begin its answer to a list or a watch.
    pub answer: Duration,
    /// How long the server may be silent in the middle of a list.
    pub silence: Duration,
    /// How long a server that refused to stream lists is not asked to again.
    pub plain: Duration,
}

impl Pace {
    /// How long a watch must have lasted to be one that works.
    pub(super) fn lasting(&self) -> Duration {
        self.first_pause * 20
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(15),
            absent: Duration::from_secs(10),
            vanish: Duration::from_secs(60),
            watch: Duration::from_secs(290),
            answer: Duration::from_secs(60),
            silence: Duration::from_secs(60),
            plain: Duration::from_secs(3600),
        }
    }
}
