//! Data from messages: names decompressed, every length checked.

use super::field::{Field, Row};
use super::measure::{measure, shift};
use super::table::fields;
use crate::error::{WireError, WireErrorKind};
use crate::name::{NameRef, read_into};
use crate::types::Rtype;

/// Appends the uncompressed data of a record of a message: `len` bytes at `at`.
///
/// On error `out` is as it was.
///
/// # Errors
/// When the data is not what its type asks for, a name is compressed where that is not allowed, or
/// more than 65,535 bytes come out. Offsets count from the start of the message.
pub fn read(
    rtype: Rtype,
    message: &[u8],
    at: usize,
    len: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let begin = out.len();
    let result = read_fields(rtype, message, at, len, out).and_then(|()| {
        if out.len() - begin > usize::from(u16::MAX) {
            Err(WireError::new(WireErrorKind::Data, at))
        } else {
            Ok(())
        }
    });
    if result.is_err() {
        out.truncate(begin);
    }
    result
}

fn read_fields(
    rtype: Rtype,
    message: &[u8],
    at: usize,
    len: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let short = WireError::new(WireErrorKind::Short, message.len());
    let end = at.checked_add(len).ok_or(short)?;
    let data = message.get(at..end).ok_or(short)?;
    let Some(fields) = fields(rtype) else {
        out.extend_from_slice(data);
        return Ok(());
    };
    // Bytes after the data are out of reach, also for names.
    let message = message.get(..end).unwrap_or_default();
    let begin = out.len();
    let mut at = at;
    let mut row = Row::new(fields);
    while let Some(field) = row.next(at >= end) {
        let rest = message.get(at..).unwrap_or_default();
        let before = out.get(begin..).unwrap_or_default();
        match field.name_rule(before) {
            Some(rule) if rule.decompresses() => at = read_into(message, at, out)?,
            Some(_) => {
                let name = NameRef::read(rest).map_err(|error| shift(error, at))?;
                out.extend_from_slice(name.as_bytes());
                at += name.len();
            }
            None => {
                let length = measure(field, rest, before).map_err(|error| shift(error, at))?;
                out.extend_from_slice(rest.get(..length).unwrap_or_default());
                at += length;
            }
        }
    }
    if at == end {
        Ok(())
    } else {
        Err(WireError::new(WireErrorKind::Excess, at))
    }
}

/// Checks uncompressed data.
///
/// # Errors
/// When it is not what its type asks for. Offsets count from the start of the data.
pub fn check(rtype: Rtype, rdata: &[u8]) -> Result<(), WireError> {
    if rdata.len() > usize::from(u16::MAX) {
        return Err(WireError::new(WireErrorKind::Data, rdata.len()));
    }
    let Some(fields) = fields(rtype) else {
        return Ok(());
    };
    let mut at = 0;
    let mut row = Row::new(fields);
    while let Some(field) = row.next(at >= rdata.len()) {
        at += length(field, rdata, at)?;
    }
    if at == rdata.len() {
        Ok(())
    } else {
        Err(WireError::new(WireErrorKind::Excess, at))
    }
}

/// The length of the field at `at` of uncompressed data, a name or not.
#[inline]
pub(super) fn length(field: Field, rdata: &[u8], at: usize) -> Result<usize, WireError> {
    let (before, rest) = rdata.split_at_checked(at).unwrap_or((rdata, b""));
    let length = match field.name_rule(before) {
        Some(_) => NameRef::read(rest).map(NameRef::len),
        None => measure(field, rest, before),
    };
    length.map_err(|error| shift(error, at))
}
