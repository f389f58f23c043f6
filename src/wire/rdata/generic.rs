//! The generic form of RFC 3597 §5, open to every type: `\# LENGTH HEX…`.

use std::fmt;

use super::words::Words;
use crate::text::{
    DataTextError, DataTextErrorKind, Expected, decimal, hex_words, print_hex_lower,
};

/// The word that begins the generic form.
pub(super) const MARK: &[u8] = b"\\#";

/// Parses what follows the mark. What the bytes mean is judged by the caller.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let number = Expected::Number(u32::from(u16::MAX));
    let stated = words.convert(number, |text| decimal(text, u32::from(u16::MAX)))?;
    let stated = usize::try_from(stated).unwrap_or(usize::MAX);
    let begin = out.len();
    let rest = words.take_rest();
    if !hex_words(rest.iter().map(|token| token.text), out) {
        return Err(words.expected(Expected::Hex));
    }
    let found = out.len() - begin;
    if found == stated {
        Ok(())
    } else {
        Err(words.error(DataTextErrorKind::Length { stated, found }))
    }
}

/// Writes the generic form.
pub(super) fn print(rdata: &[u8], f: &mut dyn fmt::Write) -> fmt::Result {
    write!(f, "\\# {}", rdata.len())?;
    if rdata.is_empty() {
        return Ok(());
    }
    f.write_char(' ')?;
    print_hex_lower(rdata, f)
}
