//! Lists of types as bits: the windows of RFC 4034 §4.1.2, and the one window of old NXT records.

use std::fmt;
use std::ops::RangeInclusive;

use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{DataTextError, Expected};
use crate::types::Rtype;

/// The most bytes of a window: 256 bits.
const WINDOW: usize = 32;
/// The most bytes of an NXT bitmap: types up to 127 (RFC 2535 §5.2).
const OLD: usize = 16;

/// Windows in rising order, each of 1 to 32 bytes, the last not zero; at least `least` windows.
pub(super) fn measure(rest: &[u8], least: usize) -> Result<usize, WireError> {
    let mut count = 0;
    let mut previous = None;
    let mut at = 0;
    while let Some(&window) = rest.get(at) {
        let short = WireError::new(WireErrorKind::Short, at);
        let wrong = WireError::new(WireErrorKind::Data, at);
        let length = rest.get(at + 1).copied().map(usize::from).ok_or(short)?;
        let bits = rest.get(at + 2..at + 2 + length).ok_or(short)?;
        if previous.is_some_and(|previous| previous >= window)
            || length > WINDOW
            || bits.last().is_none_or(|&last| last == 0)
        {
            return Err(wrong);
        }
        previous = Some(window);
        at += 2 + length;
        count += 1;
    }
    if count < least {
        return Err(WireError::new(WireErrorKind::Short, at));
    }
    Ok(at)
}

/// The words that are left, each a type.
pub(super) fn parse(
    words: &mut Words<'_, '_>,
    least: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let mut types = parse_types(words, least, 0..=u16::MAX)?;
    types.sort_unstable();
    for window in types.chunk_by(|left, right| left >> 8 == right >> 8) {
        let mut bits = [0; WINDOW];
        let (number, length) = fill(window, &mut bits);
        out.extend_from_slice(&[number, u8::try_from(length).unwrap_or_default()]);
        out.extend_from_slice(bits.get(..length).unwrap_or_default());
    }
    Ok(())
}

/// Writes each type as a word.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let mut rest = data;
    while let [window, length, tail @ ..] = rest {
        let (bits, tail) = tail
            .split_at_checked(usize::from(*length))
            .unwrap_or((tail, b""));
        print_bits(*window, bits, line)?;
        rest = tail;
    }
    Ok(())
}

/// One to 16 bytes, the last not zero; the first bit would announce another format.
pub(super) fn measure_old(rest: &[u8]) -> Result<usize, WireError> {
    let fits = rest.len() <= OLD
        && rest.last().is_some_and(|&last| last != 0)
        && rest.first().is_some_and(|first| first & 0x80 == 0);
    if fits {
        Ok(rest.len())
    } else {
        Err(WireError::new(WireErrorKind::Data, 0))
    }
}

/// The words that are left, each a type from 1 to 127.
pub(super) fn parse_old(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let types = parse_types(words, 1, 1..=127)?;
    let mut bits = [0; WINDOW];
    let (_, length) = fill(&types, &mut bits);
    out.extend_from_slice(bits.get(..length).unwrap_or_default());
    Ok(())
}

/// Writes each type as a word.
pub(super) fn print_old(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    print_bits(0, data, line)
}

fn parse_types(
    words: &mut Words<'_, '_>,
    least: usize,
    range: RangeInclusive<u16>,
) -> Result<Vec<u16>, DataTextError> {
    let mut types = Vec::with_capacity(16);
    while types.len() < least || words.peek().is_some() {
        let rtype = words.convert(Expected::Rtype, Rtype::from_text)?;
        if !range.contains(&rtype.0) {
            return Err(words.expected(Expected::Rtype));
        }
        types.push(rtype.0);
    }
    Ok(types)
}

/// Sets the bits of types of one window; gives its number and its length.
fn fill(types: &[u16], bits: &mut [u8; WINDOW]) -> (u8, usize) {
    let mut number = 0;
    let mut length = 0;
    for rtype in types {
        let [window, low] = rtype.to_be_bytes();
        let at = usize::from(low / 8);
        if let Some(byte) = bits.get_mut(at) {
            *byte |= 0x80 >> (low % 8);
        }
        number = window;
        length = length.max(at + 1);
    }
    (number, length)
}

fn print_bits(window: u8, bits: &[u8], line: &mut Line<'_>) -> fmt::Result {
    // A window has at most 32 bytes.
    for (at, byte) in (0..32).zip(bits) {
        for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
            let rtype = Rtype(u16::from_be_bytes([window, at * 8 + bit]));
            write!(line.word()?, "{rtype}")?;
        }
    }
    Ok(())
}
