//! APL (RFC 3123): lists of address prefixes such as `1:192.0.2.0/24 !2:2001:db8::/32`.

use std::fmt;

use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, decimal, print_ipv4, print_ipv6};

/// Bytes of a prefix before its address: family, length of the prefix, sign and length of the rest.
const HEAD: usize = 4;
/// The number of the family of IPv4.
const V4: [u8; 2] = [0, 1];
/// The number of the family of IPv6.
const V6: [u8; 2] = [0, 2];
/// The bit that negates.
const NOT: u8 = 0x80;

/// Prefixes that fit their family; no zero bytes at the end of an address.
pub(super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    let mut at = 0;
    while at < rest.len() {
        let short = WireError::new(WireErrorKind::Short, at);
        let wrong = WireError::new(WireErrorKind::Data, at);
        let head = rest.get(at..).and_then(<[u8]>::first_chunk::<HEAD>);
        let [high, low, prefix, length] = *head.ok_or(short)?;
        let length = usize::from(length & !NOT);
        at += HEAD;
        let address = rest.get(at..at + length).ok_or(short)?;
        let most = match [high, low] {
            V4 => 4,
            V6 => 16,
            // Other families are opaque.
            _ => usize::from(u8::MAX),
        };
        if usize::from(prefix) > most * 8 || length > most || address.last() == Some(&0) {
            return Err(wrong);
        }
        at += length;
    }
    Ok(at)
}

/// Whether all prefixes are of families that have a text form.
pub(super) fn has_text(data: &[u8]) -> bool {
    let mut rest = data;
    while let [high, low, _, length, tail @ ..] = rest {
        if ![V4, V6].contains(&[*high, *low]) {
            return false;
        }
        rest = tail.get(usize::from(length & !NOT)..).unwrap_or_default();
    }
    true
}

/// The words that are left, each a prefix; there may be none.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    while words.peek().is_some() {
        words.convert(Expected::Prefix, |text| parse_prefix(text, out))?;
    }
    Ok(())
}

fn parse_prefix(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (not, text) = match text.strip_prefix(b"!") {
        Some(text) => (NOT, text),
        None => (0, text),
    };
    let (family, text) = text.split_at_checked(2)?;
    let slash = text.iter().position(|&byte| byte == b'/')?;
    let (address, prefix) = (text.get(..slash)?, text.get(slash + 1..)?);
    let (v4, v6);
    let (family, address): (u8, &[u8]) = match family {
        b"1:" => {
            v4 = text::ipv4(address)?;
            (1, &v4)
        }
        b"2:" => {
            v6 = text::ipv6(address)?;
            (2, &v6)
        }
        _ => return None,
    };
    let bits = u32::try_from(address.len() * 8).ok()?;
    let prefix = u8::try_from(decimal(prefix, bits)?).ok()?;
    let length = address.iter().rposition(|&byte| byte != 0);
    let address = address.get(..length.map_or(0, |last| last + 1))?;
    out.extend_from_slice(&[0, family, prefix, not | u8::try_from(address.len()).ok()?]);
    out.extend_from_slice(address);
    Some(())
}

/// Writes each prefix as a word.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let mut rest = data;
    while let [_, family, prefix, length, tail @ ..] = rest {
        let (address, tail) = tail
            .split_at_checked(usize::from(length & !NOT))
            .unwrap_or((tail, b""));
        let word = line.word()?;
        let sign = if length & NOT == 0 { "" } else { "!" };
        write!(word, "{sign}{family}:")?;
        if *family == 1 {
            print_ipv4(padded(address), word)?;
        } else {
            print_ipv6(padded(address), word)?;
        }
        write!(word, "/{prefix}")?;
        rest = tail;
    }
    Ok(())
}

/// An address with the zero bytes at its end back in place.
pub(super) fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    for (slot, byte) in padded.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    padded
}
