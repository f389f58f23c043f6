//! The address of ATMA (AF-SAA-0069): a format byte, then digits of a telephone number or bytes.

use std::fmt;

use super::measure::at_least;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, print_hex_lower};

/// An address of an end system, as bytes.
const END_SYSTEM: u8 = 0;
/// A number of E.164, as ASCII digits.
const TELEPHONE: u8 = 1;

/// A format and something behind it; formats yet to come may stand there, in the generic form.
pub(super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    let length = at_least(rest, 2)?;
    match rest.split_first() {
        Some((&TELEPHONE, digits)) if !digits.iter().all(u8::is_ascii_digit) => {
            Err(WireError::new(WireErrorKind::Data, 1))
        }
        _ => Ok(length),
    }
}

/// Whether there is a text form for an address of this format.
pub(super) fn has_text(data: &[u8]) -> bool {
    matches!(data.first(), Some(&(END_SYSTEM | TELEPHONE)))
}

/// Parses `+` and digits, or hexadecimal digits with single dots between them.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    words.convert(Expected::AtmAddress, |text| address(text, out))
}

fn address(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    // Dots may stand between digits, never at an end and never two in a row.
    let parts = || {
        text.strip_prefix(b"+")
            .unwrap_or(text)
            .split(|&byte| byte == b'.')
    };
    if parts().any(<[u8]>::is_empty) {
        return None;
    }
    if text.starts_with(b"+") {
        out.push(TELEPHONE);
        out.extend(parts().flatten());
        return parts().flatten().all(u8::is_ascii_digit).then_some(());
    }
    out.push(END_SYSTEM);
    text::hex_words(parts(), out).then_some(())
}

/// Writes the form that is parsed, without dots.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let word = line.word()?;
    match data.split_first() {
        Some((&TELEPHONE, digits)) => {
            word.write_char('+')?;
            digits
                .iter()
                .try_for_each(|&digit| word.write_char(char::from(digit)))
        }
        Some((_, bytes)) => print_hex_lower(bytes, word),
        None => Ok(()),
    }
}
