//! What the bytes of a zone file mean to the scanner, and where words, quotes and lines end.

use super::scan::MAX_LINE;

/// The top bits of the bytes of a word, the first character in the lowest byte, that are not surely
/// a part of a plain word: those before `*`, `;` and the backslash.
#[inline]
pub(super) fn specials(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7F * EACH;
    // No sum carries into the next byte.
    let not_zero = |word: u64| ((word & LOW) + LOW) | word;
    let at_least = |least: u8| ((word & LOW) + (0x80 - u64::from(least)) * EACH) | word;
    let plain = at_least(b'*')
        & not_zero(word ^ (u64::from(b';') * EACH))
        & not_zero(word ^ (u64::from(b'\\') * EACH));
    !plain & (0x80 * EACH)
}

/// Where the line after the one with `at` begins.
pub(super) fn line_after(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1)
}

/// Where a word ends that has begun in front of `from`.
#[inline]
pub(super) fn word_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest
            .iter()
            .position(|&byte| class(byte) != PLAIN)
            .unwrap_or(rest.len());
        if text.get(at) != Some(&b'\\') {
            return at;
        }
        match text.get(at + 1) {
            // As in BIND, a line ends even behind a backslash.
            None | Some(b'\n' | b'\r') => return at + 1,
            Some(_) => at += 2,
        }
    }
}

/// Where a quoted string that begins at `from` ends, and how many newlines it holds: one is allowed
/// behind a backslash only. Without an end, how far it was looked for.
pub(super) fn quote_end(text: &[u8], from: usize) -> Result<(usize, u32), usize> {
    let mut at = from;
    let mut newlines = 0;
    while let Some(rest) = text.get(at..)
        && let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', rest)
    {
        at += found;
        match text[at] {
            b'"' => return Ok((at, newlines)),
            b'\\' => {
                newlines += u32::from(text.get(at + 1) == Some(&b'\n'));
                at += 2;
            }
            _ => return Err(at),
        }
        if at - from > MAX_LINE {
            return Err(at);
        }
    }
    Err(text.len())
}

pub(super) const PLAIN: u8 = 0;
pub(super) const BLANK: u8 = 1;
pub(super) const NEWLINE: u8 = 2;
pub(super) const COMMENT: u8 = 3;
pub(super) const OPEN: u8 = 4;
pub(super) const CLOSE: u8 = 5;
pub(super) const QUOTE: u8 = 6;
pub(super) const ESCAPE: u8 = 7;
pub(super) const CONTROL: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut classes = [PLAIN; 256];
    classes[b' ' as usize] = BLANK;
    classes[b'\t' as usize] = BLANK;
    classes[b'\n' as usize] = NEWLINE;
    classes[b'\r' as usize] = NEWLINE;
    classes[b';' as usize] = COMMENT;
    classes[b'(' as usize] = OPEN;
    classes[b')' as usize] = CLOSE;
    classes[b'"' as usize] = QUOTE;
    classes[b'\\' as usize] = ESCAPE;
    classes[0] = CONTROL;
    classes
};

/// What a byte is to the scanner.
#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}
