//! Answers that are not there at once: made by somebody else, or longer than a message.
//!
//! A transport that finds one in a slot carries it on in its own way: over UDP the answer is sent by
//! whoever has made it, over TCP the connection waits.

use std::fmt;

/// What becomes of a request that is not answered at once.
pub enum Later {
    /// One answer, made elsewhere.
    Deferred(Deferred),
    /// Several messages, made as the client reads them.
    Stream(Box<dyn Messages>),
}

/// Takes the answer; without bytes there is none.
pub type Deliver = Box<dyn FnOnce(&[u8]) + Send>;

/// Starts to make an answer, once it is known where it goes.
pub struct Deferred(Box<dyn FnOnce(Deliver) + Send>);

impl Deferred {
    /// What `start` makes is the answer.
    #[must_use]
    pub fn new(start: impl FnOnce(Deliver) + Send + 'static) -> Self {
        Self(Box::new(start))
    }

    /// Has the answer made and delivered. Does not wait for it.
    pub fn start(self, deliver: impl FnOnce(&[u8]) + Send + 'static) {
        (self.0)(Box::new(deliver));
    }
}

/// An answer that cannot be brought to its end. It was said why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// The messages of an answer, one after the other.
pub trait Messages: Send {
    /// Appends the next message to `out`; tells whether another one follows. May take a moment, but
    /// never waits.
    ///
    /// # Errors
    /// When the answer cannot be brought to its end. What the client has of it is void.
    fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken>;
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deferred(_) => "Deferred",
            Self::Stream(_) => "Stream",
        })
    }
}
