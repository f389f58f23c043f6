//! Why a list or a watch did not go on.

use std::time::Duration;

use super::frames::FrameError;
use super::resource::Resource;

/// A list or a watch did not go on. All but the channel's end are tried again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server has no such resource.
    #[error("the server has no such resource; is its CustomResourceDefinition installed?")]
    Absent,
    /// The server no longer has the changes since the version we have.
    #[error("the server no longer has the changes since our last one")]
    Gone,
    /// The server says that we may not.
    #[error("HTTP 403{}{message}; our role needs the rule {rule}", if message.is_empty() { "" } else { ": " })]
    Forbidden {
        /// What the server says about it.
        message: String,
        /// What a role would have to have.
        rule: Rule,
    },
    /// The server refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server has more to do than it can, or fails at it.
    #[error("HTTP {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Busy {
        /// The HTTP status.
        status: u16,
        /// What the server says about it.
        message: String,
        /// How long it asks us to wait.
        wait: Option<Duration>,
    },
    /// The connection did not come about, or broke.
    #[error("no connection to the API server")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server said nothing for longer than it should have.
    #[error("the API server fell silent")]
    Silent,
    /// The answer is not what the API server answers.
    #[error("the answer makes no sense")]
    Frames(#[from] FrameError),
    /// The answer is not JSON of the API.
    #[error("the answer makes no sense")]
    Nonsense(#[from] serde_json::Error),
    /// Nobody takes events any more.
    #[error("the program is stopping")]
    Closed,
}

/// An answer of the server other than "well".
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status}{}{message}", if message.is_empty() { "" } else { ": " })]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What the server says about it.
    pub message: String,
}

/// A right that is missing. Shown as a rule of a role, ready to be copied.
#[derive(Clone, Debug)]
pub struct Rule {
    group: Box<str>,
    plural: Box<str>,
    verbs: &'static str,
}

impl Rule {
    /// The right to follow a resource.
    pub(crate) fn to_follow(resource: &Resource) -> Self {
        Self::to("get, list, watch", resource)
    }

    /// The right to do something with a resource.
    pub(crate) fn to(verbs: &'static str, resource: &Resource) -> Self {
        let group = resource.api_version.split_once('/');
        Self {
            group: group.map_or("''", |(group, _)| group).into(),
            plural: resource.plural.clone(),
            verbs,
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            group,
            plural,
            verbs,
        } = self;
        write!(
            f,
            "{{apiGroups: [{group}], resources: [{plural}], verbs: [{verbs}]}}"
        )
    }
}

impl Failure {
    /// Whether users have to do something about it, rather than wait.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::Forbidden { .. } | Self::Refused(Refusal { status: 401, .. })
        )
    }

    /// From the status of an answer, the message in it, and the right that the request needs.
    pub(crate) fn of_status(
        status: u16,
        message: String,
        wait: Option<Duration>,
        rule: Rule,
    ) -> Self {
        match status {
            403 => Self::Forbidden { message, rule },
            404 => Self::Absent,
            410 => Self::Gone,
            429 | 500..=599 => Self::Busy {
                status,
                message,
                wait,
            },
            _ => Self::Refused(Refusal { status, message }),
        }
    }
}
