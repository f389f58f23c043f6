//! Whether the signature of a message that answers ours is right, and why an answer is not taken.
//!
//! One answer goes on from the MAC of its request, those of a transfer each from the one before.

use wire::message::Header;
use wire::{Rcode, WireError};

use crate::Key;
use crate::digest::{Variables, feed_received};
use crate::mac::{Context, Mac};
use crate::record::{TsigError, TsigRecord};
use crate::sign::Fields;

/// Why an answer is not taken. What is not signed anyone could have sent: by UDP a client goes on
/// waiting for a better answer (RFC 8945 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Another answer was signed, or by another secret.
    #[error("the answer's signature does not fit: the secrets differ, or it was changed")]
    BadSignature,
    /// The server's clock is too far from ours.
    #[error("the server refuses the time of the request: BADTIME")]
    BadTime {
        /// Its clock, in seconds since 1970, if it says so.
        server_time: Option<u64>,
        /// Whether this is signed itself; not all servers do.
        signed: bool,
    },
    /// The answer has the signature of our own request.
    #[error("the answer, {rcode}, repeats the signature of our request, so nobody vouches for it")]
    Echoed {
        /// The response code.
        rcode: Rcode,
    },
    /// The answer, or its TSIG record, cannot be read.
    #[error("the signed answer cannot be read: {0}")]
    Format(WireError),
    /// A transfer ended with messages that are not signed.
    #[error("the last message of the transfer is not signed")]
    LastUnsigned,
    /// The MAC has a length that the key does not sign with.
    #[error("the answer's MAC is not as long as the key's algorithm makes them")]
    MacLength,
    /// The server refuses the signature of the request.
    #[error("the server refuses the signature of the request: {error}")]
    Refused {
        /// Why.
        error: TsigError,
        /// The response code.
        rcode: Rcode,
        /// Whether this is signed itself.
        signed: bool,
    },
    /// The answer was signed too long ago, or will be.
    #[error("the answer was signed at a time too far from ours")]
    Stale {
        /// When, in seconds since 1970.
        time_signed: u64,
    },
    /// More messages in a row without a signature than a transfer may have.
    #[error("more than 99 messages of the transfer in a row are not signed")]
    TooManyUnsigned,
    /// There is no TSIG record.
    #[error("the answer, {rcode}, is not signed")]
    Unsigned {
        /// The response code.
        rcode: Rcode,
    },
    /// The key of the answer is for another algorithm.
    #[error("the answer is signed with another algorithm than the request")]
    WrongAlgorithm,
    /// Another key signed.
    #[error("the answer is signed with another key than the request")]
    WrongKey,
}

impl AnswerFault {
    /// Whether the fault is told by who knows the key, so that no better answer will come.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        match self {
            Self::BadTime { signed, .. } | Self::Refused { signed, .. } => *signed,
            _ => false,
        }
    }
}

/// The TSIG record of an answer, and where it is.
pub(crate) fn find(message: &[u8]) -> Result<Option<(usize, TsigRecord<'_>)>, AnswerFault> {
    let Some(at) = TsigRecord::find(message).map_err(AnswerFault::Format)? else {
        return Ok(None);
    };
    let record = TsigRecord::read(message, at).map_err(AnswerFault::Format)?;
    Ok(Some((at, record)))
}

pub(crate) fn unsigned(message: &[u8]) -> AnswerFault {
    AnswerFault::Unsigned {
        rcode: rcode(message),
    }
}

/// The response code in the header; a TSIG stands before what EDNS would add.
pub(crate) fn rcode(message: &[u8]) -> Rcode {
    Rcode(Header::read(message).map_or(0, |header| header.flags & 0xF))
}

/// An answer with a TSIG record.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) key: &'a Key,
    pub(crate) message: &'a [u8],
    pub(crate) at: usize,
    pub(crate) record: TsigRecord<'a>,
    pub(crate) now: u64,
}

impl Judged<'_> {
    /// Checks the answer, which goes on from what the context was fed; gives its MAC.
    pub(crate) fn check(&self, mut context: Context, fields: Fields) -> Result<Mac, AnswerFault> {
        let Self { key, record, .. } = self;
        let refused = |signed| match record.error {
            TsigError::BADTIME => AnswerFault::BadTime {
                server_time: record.server_time(),
                signed,
            },
            error => AnswerFault::Refused {
                error,
                rcode: rcode(self.message),
                signed,
            },
        };
        // RFC 8945 §5.3.2: errors about key and MAC are not signed; those about time are, but not by
        // NSD. Said before all else, since it is the reason that people need.
        if record.mac.is_empty() && record.error != TsigError::NONE {
            return Err(refused(false));
        }
        if record.name != *key.name() {
            return Err(AnswerFault::WrongKey);
        }
        let algorithm = key.algorithm_named(record.algorithm);
        let algorithm = algorithm.ok_or(AnswerFault::WrongAlgorithm)?;
        if !(key.algorithm().mac_len()..=algorithm.mac_len()).contains(&record.mac.len()) {
            return Err(AnswerFault::MacLength);
        }
        if !feed_received(&mut context, self.message, self.at, record.original_id) {
            return Err(AnswerFault::BadSignature);
        }
        let variables = Variables {
            name: key.name().as_ref(),
            algorithm: algorithm.wire_name(),
            time_signed: record.time_signed,
            fudge: record.fudge,
            error: record.error,
            other: record.other,
        };
        match fields {
            Fields::All => variables.feed(&mut context),
            Fields::Timers => variables.feed_timers(&mut context),
        }
        if !context.finish().begins_with(record.mac) {
            return Err(AnswerFault::BadSignature);
        }
        if record.error != TsigError::NONE {
            return Err(refused(true));
        }
        if !record.is_timely(self.now) {
            return Err(AnswerFault::Stale {
                time_signed: record.time_signed,
            });
        }
        Ok(Mac::cut(record.mac, record.mac.len()))
    }
}
