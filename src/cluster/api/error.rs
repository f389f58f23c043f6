//! Why a request did not do what it was for.

use std::time::Duration;

/// A request was not carried out, or nobody knows whether it was.
#[derive(Debug, thiserror::Error)]
#[error("{action}")]
pub struct ApiError {
    /// What was tried, on what.
    pub action: String,
    /// Why not.
    #[source]
    pub fault: Fault,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such object, namespace or kind of objects.
    #[error("HTTP 404: not there; are the CustomResourceDefinitions of the chart installed?")]
    Absent,
    /// It is there already, or was changed by somebody else.
    #[error("HTTP 409: somebody else was faster")]
    Conflict,
    /// The server says that we may not.
    #[error(
        "HTTP 403{}{message}; our role needs the rule {{apiGroups: [{group}], resources: [{plural}], verbs: [{verb}]}}",
        if message.is_empty() { "" } else { ": " }
    )]
    Forbidden {
        /// What the server says about it.
        message: String,
        /// The group of the missing rule.
        group: &'static str,
        /// The resource of the missing rule.
        plural: &'static str,
        /// What the rule would have to allow.
        verb: &'static str,
    },
    /// The version to go on from is not kept any more.
    #[error("HTTP 410: the server does not keep that version any more")]
    Gone,
    /// The server refused.
    #[error("HTTP {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server says about it.
        message: String,
    },
    /// The connection did not come about, or broke. The request may have been carried out.
    #[error("no connection to the API server")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer came in time. The request may have been carried out.
    #[error("no answer from the API server within {patience:?}")]
    Silent {
        /// How long it had.
        patience: Duration,
    },
    /// The answer is not what the API server answers. The request may have been carried out.
    #[error("the answer makes no sense")]
    Nonsense(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// Whether the server may not have been reached, or may answer otherwise in a moment, so that the
    /// same request is worth another try.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Lost(_) | Self::Silent { .. } | Self::Nonsense(_) => true,
            Self::Refused { status, .. } => *status == 429 || *status == 401 || *status >= 500,
            Self::Absent | Self::Conflict | Self::Forbidden { .. } | Self::Gone => false,
        }
    }
}
