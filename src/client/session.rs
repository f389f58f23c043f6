//! Sessions with servers, in which updates are signed in place of by a key (GSS-TSIG).
//!
//! How one is made is the business of who makes it ([`crate::Sessions`]); a server keeps it, uses it until it
//! ends, and has it made anew when the other side does not know it any more, as after a restart.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tsig::{AnswerFault, Session, TsigError};

/// A session that was made.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What signs.
    pub session: Arc<dyn Session>,
    /// When it ends, in seconds since 1970.
    pub until: u64,
}

/// Why there is no session.
#[derive(Debug)]
pub struct SessionFault {
    /// What to look at.
    pub hint: Option<Box<str>>,
    /// Whether it was refused; else somebody did not answer.
    pub is_refusal: bool,
    /// What is wrong.
    pub source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for SessionFault {
    /// What is wrong is the source, and nothing stands above it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl Error for SessionFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

impl Opened {
    /// Whether it will hold until a request that is sent now is judged.
    pub(crate) fn holds_at(&self, now: u64) -> bool {
        self.until > now + SPARE
    }
}

/// Whether the server judged the session, not the request, so that a new one may do better.
pub(crate) fn is_of_session(fault: AnswerFault) -> bool {
    match fault {
        AnswerFault::BadTime { .. } => true,
        AnswerFault::Refused { error, .. } => {
            matches!(error, TsigError::BADKEY | TsigError::BADSIG)
        }
        _ => false,
    }
}

/// A session that ends within so many seconds is as good as none.
const SPARE: u64 = 15;
