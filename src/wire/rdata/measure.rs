//! How long a field is, and whether its bytes are what it asks for.
//!
//! Everything but names, which may lie elsewhere in a message: the walkers see to those.

use super::field::Field;
use crate::error::{WireError, WireErrorKind};

/// The length of a field at the start of `rest`. `before` is the uncompressed data in front of it.
///
/// Offsets of errors count from the start of `rest`.
#[inline]
pub(super) fn measure(field: Field, rest: &[u8], before: &[u8]) -> Result<usize, WireError> {
    match field {
        Field::U8 | Field::Algorithm => fixed(rest, 1),
        Field::U16 | Field::Type => fixed(rest, 2),
        Field::U32 | Field::Ipv4 | Field::Seconds | Field::Time => fixed(rest, 4),
        Field::Eui48 => fixed(rest, 6),
        Field::Eui64 | Field::Locator => fixed(rest, 8),
        Field::Ipv6 => fixed(rest, 16),
        Field::Base64(least) | Field::BareString(least) | Field::Hex(least) => {
            at_least(rest, least)
        }
        Field::Hash => string(rest, 1),
        Field::Key => {
            let least = usize::from(!says_no_key(before));
            at_least(rest, least)
        }
        // The walkers read names themselves.
        Field::Name(_) => Err(WireError::new(WireErrorKind::Data, 0)),
        Field::Opaque => Ok(rest.len()),
        Field::OptionalString if rest.is_empty() => Ok(0),
        Field::String | Field::Salt | Field::OptionalString => string(rest, 0),
        Field::Strings => {
            let mut at = string(rest, 0)?;
            while let Some(more @ [_, ..]) = rest.get(at..) {
                at += string(more, 0).map_err(|error| shift(error, at))?;
            }
            Ok(at)
        }
    }
}

/// Whether the flags of a key say that no key follows (RFC 2535 §3.1.2).
pub(super) fn says_no_key(before: &[u8]) -> bool {
    before.first().is_some_and(|flags| flags & 0xC0 == 0xC0)
}

/// Exactly `length` bytes.
pub(super) fn fixed(rest: &[u8], length: usize) -> Result<usize, WireError> {
    if rest.len() < length {
        Err(WireError::new(WireErrorKind::Short, rest.len()))
    } else {
        Ok(length)
    }
}

/// All bytes, of which there are at least `length`.
pub(super) fn at_least(rest: &[u8], length: usize) -> Result<usize, WireError> {
    fixed(rest, length).map(|_| rest.len())
}

/// A length byte of at least `least`, and as many bytes.
pub(super) fn string(rest: &[u8], least: usize) -> Result<usize, WireError> {
    let length = match rest.first() {
        None => return Err(WireError::new(WireErrorKind::Short, 0)),
        Some(&length) => usize::from(length),
    };
    if length < least {
        return Err(WireError::new(WireErrorKind::Data, 0));
    }
    fixed(rest, length + 1)
}

/// The same error, seen from `by` bytes further in front.
pub(super) fn shift(error: WireError, by: usize) -> WireError {
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    WireError {
        offset: error.offset.saturating_add(by),
        ..error
    }
}
