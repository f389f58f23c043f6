//! What can be wrong with bytes: small, `Copy`, and with the offset where it was seen.

use crate::types::Rcode;

/// A message or a part of one that does not follow the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct WireError {
    /// What is wrong.
    pub kind: WireErrorKind,
    /// Where, counted from the start of what was read.
    pub offset: u32,
}

/// The kinds of faults in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireErrorKind {
    /// A compression pointer where none may be.
    #[error("compressed name where none is allowed")]
    Compressed,
    /// Record data that does not fit its type.
    #[error("record data does not fit its type")]
    Data,
    /// More bytes than the message or the record should have.
    #[error("unexpected bytes after the end")]
    Excess,
    /// A label type that is neither a plain label nor a pointer.
    #[error("label type that does not exist")]
    LabelType,
    /// A name of more than 255 bytes.
    #[error("name longer than 255 bytes")]
    NameLength,
    /// More than one OPT or TSIG record, or one in the wrong place.
    #[error("misplaced or repeated OPT or TSIG record")]
    Pseudo,
    /// A compression pointer that does not point backwards, or too many of them.
    #[error("compression pointer that does not lead backwards")]
    Pointer,
    /// The bytes end too early.
    #[error("unexpected end")]
    Short,
}

impl WireError {
    /// An error of this kind at this offset.
    #[must_use]
    pub fn new(kind: WireErrorKind, offset: usize) -> Self {
        Self {
            kind,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        }
    }

    /// The one place that says how a wire error is answered.
    #[must_use]
    pub fn rcode(self) -> Rcode {
        Rcode::FORMERR
    }
}
