//! What an election is told, and what it tells.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Term, Word};

/// Somebody who may lead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The name of the Pod.
    pub name: String,
    /// Where followers transfer zones from, and forward updates to.
    pub address: SocketAddr,
}

/// Which Lease it is, and its times.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// The namespace of the Lease.
    pub namespace: String,
    /// Its name: of those who have the same one, one leads.
    pub name: String,
    /// How long after the last renewal that they saw others wait. Whole seconds; others are rounded up.
    pub duration: Duration,
    /// How long after the last renewal its holder may begin a write. What is between this and
    /// `duration` is the time that a request in flight has to end.
    pub renew_deadline: Duration,
    /// How often the Lease is renewed.
    pub retry: Duration,
    /// What its holder says beside that it leads.
    pub word: Option<Arc<dyn Word>>,
}

impl LeaseOptions {
    /// A Lease of 5 s that is renewed every second, with writes up to 3 s after the last renewal.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            duration: Duration::from_secs(5),
            renew_deadline: Duration::from_secs(3),
            retry: Duration::from_secs(1),
            word: None,
        }
    }

    /// As [`Self::new`], with other times in the same proportions: a Lease of 1 s for tests.
    #[must_use]
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self.renew_deadline = duration * 3 / 5;
        self.retry = duration / 5;
        self
    }

    /// The whole seconds that stand in the Lease.
    pub(super) fn seconds(&self) -> u32 {
        let nanos = u32::from(self.duration.subsec_nanos() > 0);
        u32::try_from(self.duration.as_secs()).map_or(u32::MAX, |whole| (whole + nanos).max(1))
    }
}

/// What is known of who leads.
#[derive(Clone, Debug)]
pub enum Standing {
    /// The API server was not heard yet.
    Unknown,
    /// We lead, for this term. Look at [`Term::may_write`] before each write: it may be over before
    /// this says so.
    Leader(Term),
    /// Somebody else does, or nobody just now.
    Follower {
        /// Who does.
        leader: Option<Candidate>,
    },
}

impl Standing {
    /// The term, if we lead and it is not over.
    #[must_use]
    pub fn term(&self) -> Option<&Term> {
        match self {
            Self::Leader(term) if term.may_write() => Some(term),
            Self::Leader(_) | Self::Follower { .. } | Self::Unknown => None,
        }
    }

    /// Who else leads, if that is known.
    #[must_use]
    pub fn leader(&self) -> Option<&Candidate> {
        match self {
            Self::Follower { leader } => leader.as_ref(),
            Self::Leader(_) | Self::Unknown => None,
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) => true,
            (Self::Leader(one), Self::Leader(other)) => one.number() == other.number(),
            (Self::Follower { leader: one }, Self::Follower { leader: other }) => one == other,
            _ => false,
        }
    }
}
