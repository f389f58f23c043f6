//! Requests whose signature is not accepted, and how they are answered (RFC 8945 §5.2, §5.3.2).

use wire::{Name, Rcode, WireError};

use crate::record::{FIXED_LEN, FUDGE, NoRoom, TsigError, TsigRecord, time_bytes};
use crate::sign::{Fields, Signing};
use crate::verified::Verified;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalKind {
    /// Another message was signed, or by another secret.
    #[error("the signature is not that of the message: the secrets differ, or it was changed")]
    BadSignature,
    /// It was signed too long ago, or will be.
    #[error("signed at a time too far from ours: the clocks differ, or it was delayed")]
    BadTime,
    /// The record cannot be read.
    #[error("TSIG record that cannot be read: {0}")]
    Format(WireError),
    /// A MAC that is shorter or longer than any of its algorithm.
    #[error("MAC of a length that its algorithm does not have")]
    MacLength,
    /// A MAC that was cut, though its key is not for that.
    #[error("truncated MAC, but the key is for whole ones")]
    Truncated,
    /// No key has this name.
    #[error("no key of this name is known")]
    UnknownKey,
    /// The key is for another algorithm.
    #[error("the key is for another algorithm")]
    WrongAlgorithm,
}

/// A request that is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    kind: RefusalKind,
    record: Option<Box<Record>>,
}

/// The TSIG record of the error answer.
#[derive(Clone, Debug)]
enum Record {
    /// Nobody knows whom it would be signed for.
    Unsigned { name: Name, algorithm: Name },
    /// RFC 8945 §5.3.2: the request was signed well, so the answer is signed too.
    Signed {
        request: Verified,
        time_signed: u64,
        fudge: u16,
    },
}

impl Refusal {
    pub(crate) fn format(error: WireError) -> Self {
        Self {
            kind: RefusalKind::Format(error),
            record: None,
        }
    }

    pub(crate) fn mac_length() -> Self {
        Self {
            kind: RefusalKind::MacLength,
            record: None,
        }
    }

    pub(crate) fn unsigned(kind: RefusalKind, record: &TsigRecord<'_>) -> Self {
        let record = Record::Unsigned {
            name: record.name.clone(),
            algorithm: record.algorithm.to_name(),
        };
        Self {
            kind,
            record: Some(Box::new(record)),
        }
    }

    pub(crate) fn signed(kind: RefusalKind, request: Verified, record: &TsigRecord<'_>) -> Self {
        let record = Record::Signed {
            request,
            time_signed: record.time_signed,
            fudge: record.fudge,
        };
        Self {
            kind,
            record: Some(Box::new(record)),
        }
    }

    /// Why.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// The name of the key that the request claims, if it could be read.
    #[must_use]
    pub fn key_name(&self) -> Option<&Name> {
        Some(match &**self.record.as_ref()? {
            Record::Unsigned { name, .. } => name,
            Record::Signed { request, .. } => request.key().name(),
        })
    }

    /// The response code of the answer.
    #[must_use]
    pub fn rcode(&self) -> Rcode {
        match self.kind {
            RefusalKind::Format(error) => error.rcode(),
            RefusalKind::MacLength => Rcode::FORMERR,
            _ => Rcode::NOTAUTH,
        }
    }

    /// The error in the TSIG record of the answer; none when the answer has no such record.
    #[must_use]
    pub fn error(&self) -> TsigError {
        match self.kind {
            RefusalKind::BadSignature => TsigError::BADSIG,
            RefusalKind::BadTime => TsigError::BADTIME,
            RefusalKind::Format(_) | RefusalKind::MacLength => TsigError::NONE,
            RefusalKind::Truncated => TsigError::BADTRUNC,
            RefusalKind::UnknownKey | RefusalKind::WrongAlgorithm => TsigError::BADKEY,
        }
    }

    /// How many bytes the TSIG record of the answer takes.
    #[must_use]
    pub fn record_len(&self) -> usize {
        match self.record.as_deref() {
            None => 0,
            Some(Record::Unsigned { name, algorithm }) => {
                FIXED_LEN + name.as_bytes().len() + algorithm.as_bytes().len()
            }
            Some(Record::Signed { request, .. }) => {
                let other = match self.kind {
                    RefusalKind::BadTime => time_bytes(0).len(),
                    _ => 0,
                };
                request.record_len() + other
            }
        }
    }

    /// Appends the TSIG record to the error answer in the first `len` bytes, if it has one; gives its
    /// new length.
    ///
    /// # Errors
    /// When there is no room; then the answer is as it was.
    pub fn append(&self, answer: &mut [u8], len: usize, now: u64) -> Result<usize, NoRoom> {
        match self.record.as_deref() {
            None => Ok(len),
            Some(Record::Unsigned { name, algorithm }) => {
                let id = *answer.first_chunk::<2>().ok_or(NoRoom)?;
                let record = TsigRecord {
                    name: name.clone(),
                    algorithm: algorithm.as_ref(),
                    time_signed: now,
                    fudge: FUDGE,
                    mac: &[],
                    original_id: u16::from_be_bytes(id),
                    error: self.error(),
                    other: &[],
                };
                record.write(answer, len)
            }
            Some(Record::Signed {
                request,
                time_signed,
                fudge,
            }) => {
                let time = time_bytes(now);
                let mut signing = Signing {
                    error: self.error(),
                    ..request.signing(now)
                };
                // RFC 8945 §5.2.3: the client's own time and fudge, so that it can accept the answer
                // whatever its clock says, and our time besides.
                if self.kind == RefusalKind::BadTime {
                    signing.time_signed = *time_signed;
                    signing.fudge = *fudge;
                    signing.other = &time;
                }
                let (len, _) = signing.sign(request.start(), Fields::All, answer, len)?;
                Ok(len)
            }
        }
    }
}
