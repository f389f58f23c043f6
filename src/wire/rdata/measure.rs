//! How long a field is, and whether its bytes are what it asks for.
//!
//! Everything but names, which may lie elsewhere in a message: the walkers see to those.

use super::field::Field;
use super::{a6, apl, atma, bitmap, hip, loc, svcb, wks};
use crate::error::{WireError, WireErrorKind};

/// The length of a field at the start of `rest`. `before` is the uncompressed data in front of it.
///
/// Offsets of errors count from the start of `rest`.
#[inline]
pub(super) fn measure(field: Field, rest: &[u8], before: &[u8]) -> Result<usize, WireError> {
    match field {
        Field::U8 | Field::Code8(_) | Field::RelayType => fixed(rest, 1),
        Field::U16 | Field::Code16(_) | Field::Type => fixed(rest, 2),
        Field::U32 | Field::Ipv4 | Field::Seconds | Field::Time => fixed(rest, 4),
        Field::U48 | Field::Eui48 => fixed(rest, 6),
        Field::Eui64 | Field::Locator => fixed(rest, 8),
        Field::Ipv6 => fixed(rest, 16),
        Field::String | Field::Salt => string(rest, 0),
        Field::Strings => strings(rest),
        Field::OptionalString if rest.is_empty() => Ok(0),
        Field::OptionalString => string(rest, 0),
        Field::Base64(least) | Field::BareString(least) | Field::Hex(least) => {
            at_least(rest, least)
        }
        Field::Hash => string(rest, 1),
        Field::Key => at_least(rest, usize::from(!says_no_key(before))),
        Field::CaaTag => all(rest, string(rest, 1)?, |byte| byte.is_ascii_alphanumeric()),
        Field::Telephone => all(rest, string(rest, 4)?, |byte| byte.is_ascii_digit()),
        Field::Nsap => at_least(rest, 1),
        Field::Opaque | Field::Document => Ok(rest.len()),
        Field::Options => options(rest),
        Field::Sized => sized(rest),
        Field::A6Address => a6::measure(rest),
        Field::A6Name => Ok(0),
        Field::Apl => apl::measure(rest),
        Field::AtmAddress => atma::measure(rest),
        Field::Bitmap(least) => bitmap::measure(rest, least),
        Field::Digest(of) => of.measure(rest, before),
        Field::Gateway(of) => of.measure(rest, before),
        Field::HipHead => hip::measure(rest),
        Field::Loc => loc::measure(rest),
        Field::OldBitmap => bitmap::measure_old(rest),
        Field::Parameters => svcb::measure(rest),
        Field::Ports => wks::measure_ports(rest),
        Field::Protocol => fixed(rest, 1),
        // The walkers read names themselves.
        Field::Name(_) | Field::Names => Err(WireError::new(WireErrorKind::Data, 0)),
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

/// One or more character-strings.
fn strings(rest: &[u8]) -> Result<usize, WireError> {
    let mut at = string(rest, 0)?;
    while let Some(more @ [_, ..]) = rest.get(at..) {
        at += string(more, 0).map_err(|error| shift(error, at))?;
    }
    Ok(at)
}

/// A character-string of this length, all of whose bytes are of a kind.
fn all(rest: &[u8], length: usize, fits: impl Fn(&u8) -> bool) -> Result<usize, WireError> {
    let text = rest.get(1..length).unwrap_or_default();
    if text.iter().all(fits) {
        Ok(length)
    } else {
        Err(WireError::new(WireErrorKind::Data, 1))
    }
}

/// A length of 16 bits, and as many bytes.
fn sized(rest: &[u8]) -> Result<usize, WireError> {
    match rest.first_chunk() {
        None => Err(WireError::new(WireErrorKind::Short, rest.len())),
        Some(length) => fixed(rest, usize::from(u16::from_be_bytes(*length)) + 2),
    }
}

/// Options, each a code and a sized value (RFC 6891 §6.1.2).
fn options(rest: &[u8]) -> Result<usize, WireError> {
    let mut at = 0;
    while at < rest.len() {
        fixed(rest, at + 2)?;
        let option = rest.get(at + 2..).unwrap_or_default();
        at += 2 + sized(option).map_err(|error| shift(error, at + 2))?;
    }
    Ok(at)
}

/// The same error, seen from `by` bytes further in front.
pub(super) fn shift(error: WireError, by: usize) -> WireError {
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    WireError {
        offset: error.offset.saturating_add(by),
        ..error
    }
}
