//! Why there is no answer that can be taken.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tsig::AnswerFault;
use wire::WireError;

use crate::answer::Mismatch;
use crate::session::SessionFault;
use crate::transfer::TransferFault;

/// A request without an answer that can be taken. `server` is where it was sent, as people wrote it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server ended the connection in place of an answer.
    #[error("{server} closed the connection without an answer")]
    Closed {
        /// The server.
        server: Box<str>,
    },
    /// No connection.
    #[error("no connection to {server}")]
    Connect {
        /// The server.
        server: Box<str>,
        /// Why.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to {server} broke")]
    Broken {
        /// The server.
        server: Box<str>,
        /// How.
        source: io::Error,
    },
    /// More bytes than are read.
    #[error("{server} sends more than {limit} bytes")]
    Excess {
        /// The server.
        server: Box<str>,
        /// The limit.
        limit: u64,
    },
    /// The answer is to something else.
    #[error("what {server} sends is no answer to the request")]
    Mismatch {
        /// The server.
        server: Box<str>,
        /// Why not.
        source: Mismatch,
    },
    /// No random number for the request.
    #[error("no random number from the system for a request to {server}")]
    Random {
        /// The server.
        server: Box<str>,
    },
    /// The request cannot be signed, as it is too long.
    #[error("the request is too long to be signed")]
    Room,
    /// There is no session to sign in.
    #[error("no session with {server}")]
    Session {
        /// The server.
        server: Box<str>,
        /// Why.
        source: SessionFault,
    },
    /// The signature of the answer, or the server's judgment of ours.
    #[error("{server}: TSIG")]
    Signature {
        /// The server.
        server: Box<str>,
        /// What is wrong.
        source: AnswerFault,
        /// Our clock, in seconds since 1970.
        now: u64,
    },
    /// No answer in time.
    #[error("no answer from {server} within {limit:?}")]
    Timeout {
        /// The server.
        server: Box<str>,
        /// How long was waited.
        limit: Duration,
    },
    /// TLS could not be agreed on.
    #[error("no TLS with {server}")]
    Tls {
        /// The server.
        server: Box<str>,
        /// Why.
        source: io::Error,
    },
    /// A transfer that is none.
    #[error("transfer from {server}")]
    Transfer {
        /// The server.
        server: Box<str>,
        /// What is wrong.
        source: TransferFault,
    },
    /// The answer's records cannot be read.
    #[error("the answer of {server} cannot be read")]
    Wire {
        /// The server.
        server: Box<str>,
        /// Where and why.
        source: WireError,
    },
}

impl Fault {
    /// Whether the request certainly did not reach the server.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::Random { .. }
                | Self::Room
                | Self::Session { .. }
                | Self::Tls { .. }
        )
    }

    /// Whether another server may do better, since this one did not answer.
    #[must_use]
    pub fn is_of_server(&self) -> bool {
        if let Self::Session { source, .. } = self {
            return !source.is_refusal;
        }
        matches!(
            self,
            Self::Closed { .. }
                | Self::Connect { .. }
                | Self::Broken { .. }
                | Self::Excess { .. }
                | Self::Mismatch { .. }
                | Self::Timeout { .. }
                | Self::Tls { .. }
                | Self::Wire { .. }
        )
    }
}

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Certificate and key come together.
    #[error("a client certificate needs its key, and a key its certificate")]
    Half,
    /// A file holds nothing of use.
    #[error("{}: expected {expected} in PEM", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
    },
    /// The system has no certificates that are trusted.
    #[error("the system has no trusted certificates; name a file of them")]
    NoRoots,
    /// A file cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// The parts do not go together.
    #[error("set up TLS")]
    Setup(#[from] rustls::Error),
}
