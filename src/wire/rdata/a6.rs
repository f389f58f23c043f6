//! A6 (RFC 2874, historic): the low bits of an IPv6 address, and a name that has the rest.

use std::fmt;

use super::measure::fixed;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, decimal, print_ipv6};

/// Bits of an address.
const BITS: u8 = 128;

/// Whether a name follows: a prefix is not ours to know.
pub(super) fn has_name(before: &[u8]) -> bool {
    before.first().is_some_and(|&prefix| prefix > 0)
}

/// The length of the prefix, then as many bytes as hold the other bits; those of the prefix zero.
pub(super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    let Some((&prefix, suffix)) = rest.split_first() else {
        return Err(WireError::new(WireErrorKind::Short, 0));
    };
    if prefix > BITS {
        return Err(WireError::new(WireErrorKind::Data, 0));
    }
    let length = suffix_length(prefix);
    fixed(rest, length + 1)?;
    if length > 0 && suffix.first().is_some_and(|byte| byte & !mask(prefix) != 0) {
        return Err(WireError::new(WireErrorKind::Data, 1));
    }
    Ok(length + 1)
}

fn suffix_length(prefix: u8) -> usize {
    16 - usize::from(prefix / 8)
}

/// The bits of the first byte that belong to the suffix.
fn mask(prefix: u8) -> u8 {
    0xFF >> (prefix % 8)
}

/// The length of the prefix, then an address unless the prefix is all of it.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let number = Expected::Number(u32::from(BITS));
    let prefix = words.convert(number, |text| {
        u8::try_from(decimal(text, u32::from(BITS))?).ok()
    })?;
    out.push(prefix);
    if prefix == BITS {
        return Ok(());
    }
    let address = words.convert(Expected::Ipv6, text::ipv6)?;
    let suffix = address.get(usize::from(prefix / 8)..).unwrap_or_default();
    if let Some((first, others)) = suffix.split_first() {
        out.push(first & mask(prefix));
        out.extend_from_slice(others);
    }
    Ok(())
}

/// Writes the length of the prefix and the address.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let Some((prefix, suffix)) = data.split_first() else {
        return Ok(());
    };
    write!(line.word()?, "{prefix}")?;
    if suffix.is_empty() {
        return Ok(());
    }
    let mut address = [0; 16];
    for (slot, byte) in address.iter_mut().rev().zip(suffix.iter().rev()) {
        *slot = *byte;
    }
    print_ipv6(address, line.word()?)
}
