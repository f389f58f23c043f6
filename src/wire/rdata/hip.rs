//! The front of HIP (RFC 8005): algorithm, identity tag and key, whose two lengths come first.

use std::fmt;

use super::measure::fixed;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, decimal, print_base64, print_hex};

/// Length of the tag, algorithm, length of the key.
const HEAD: usize = 4;

/// Both the tag and the key have at least a byte.
pub(super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    let [tag, _, high, low, ..] = rest else {
        return Err(WireError::new(WireErrorKind::Short, rest.len()));
    };
    let key = usize::from(u16::from_be_bytes([*high, *low]));
    if *tag == 0 || key == 0 {
        return Err(WireError::new(WireErrorKind::Data, 0));
    }
    fixed(rest, HEAD + usize::from(*tag) + key)
}

/// Parses algorithm, tag and key.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let number = Expected::Number(255);
    let algorithm = words.convert(number, |text| u8::try_from(decimal(text, 255)?).ok())?;
    let begin = out.len();
    out.extend_from_slice(&[0; HEAD]);
    words.convert(Expected::HostIdentity, |text| {
        text::hex(text, out).then_some(())
    })?;
    let tag = u8::try_from(out.len() - begin - HEAD)
        .ok()
        .filter(|length| *length > 0)
        .ok_or_else(|| words.expected(Expected::HostIdentity))?;
    let key_at = out.len();
    words.convert(Expected::Base64, |text| {
        text::base64(text, out).then_some(())
    })?;
    let key = u16::try_from(out.len() - key_at)
        .ok()
        .filter(|length| *length > 0)
        .ok_or_else(|| words.expected(Expected::Base64))?;
    let [high, low] = key.to_be_bytes();
    if let Some(head) = out.get_mut(begin..begin + HEAD) {
        head.copy_from_slice(&[tag, algorithm, high, low]);
    }
    Ok(())
}

/// Writes algorithm, tag and key.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let [tag, algorithm, _, _, rest @ ..] = data else {
        return Ok(());
    };
    let (tag, key) = rest
        .split_at_checked(usize::from(*tag))
        .unwrap_or((rest, b""));
    write!(line.word()?, "{algorithm}")?;
    print_hex(tag, line.word()?)?;
    print_base64(key, line.word()?)
}
