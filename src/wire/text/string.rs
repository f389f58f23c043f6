//! Character-strings: up to 255 bytes behind a length byte, in text quoted or as one word.

use std::fmt;

use super::error::DataTextErrorKind;
use super::name::unescape;

/// Appends the bytes that `text` stands for, escapes resolved.
///
/// # Errors
/// [`DataTextErrorKind::Escape`] for a backslash without a character or `DDD` up to 255 behind it.
pub fn unescape_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), DataTextErrorKind> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        out.extend_from_slice(plain);
        let after = escape.get(1..).unwrap_or_default();
        let (value, tail) = unescape(after).ok_or(DataTextErrorKind::Escape)?;
        out.push(value);
        rest = tail;
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// Appends a character-string: a length byte, then the bytes that `text` stands for.
///
/// # Errors
/// For a wrong escape and for more than 255 bytes.
pub fn char_string(text: &[u8], out: &mut Vec<u8>) -> Result<(), DataTextErrorKind> {
    let length_at = out.len();
    out.push(0);
    unescape_into(text, out)?;
    let length =
        u8::try_from(out.len() - length_at - 1).map_err(|_| DataTextErrorKind::StringLength)?;
    if let Some(slot) = out.get_mut(length_at) {
        *slot = length;
    }
    Ok(())
}

/// Writes bytes in quotes, with what quotes cannot hold escaped.
///
/// # Errors
/// Only those of the formatter.
pub fn print_char_string(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let special = |byte| matches!(byte, b'"' | b'\\');
    f.write_char('"')?;
    print_escaped(bytes, |byte| !special(byte), special, f)?;
    f.write_char('"')
}

/// Writes bytes without quotes, as one word: blanks and what has a meaning escaped.
///
/// # Errors
/// Only those of the formatter.
pub fn print_word(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let special = |byte| matches!(byte, b'"' | b'\\' | b'(' | b')' | b';' | b'@' | b'$');
    print_escaped(bytes, |byte| byte != b' ' && !special(byte), special, f)
}

/// Writes bytes: printable ones that are `plain` as they are, `special` ones behind a backslash, all
/// others as three digits.
pub(super) fn print_escaped(
    bytes: &[u8],
    plain: impl Fn(u8) -> bool,
    special: impl Fn(u8) -> bool,
    f: &mut (impl fmt::Write + ?Sized),
) -> fmt::Result {
    let plain = |byte: &u8| (0x20..=0x7E).contains(byte) && plain(*byte);
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = rest.iter().position(|byte| !plain(byte));
        let (run, odd) = rest
            .split_at_checked(count.unwrap_or(rest.len()))
            .unwrap_or((rest, b""));
        // Only ASCII stands in a run, so the conversion cannot fail.
        f.write_str(std::str::from_utf8(run).unwrap_or_default())?;
        let Some((&byte, tail)) = odd.split_first() else {
            break;
        };
        if special(byte) {
            f.write_char('\\')?;
            f.write_char(char::from(byte))?;
        } else {
            write!(f, "\\{byte:03}")?;
        }
        rest = tail;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_print_and_parse_back() {
        for (text, bytes, printed) in [
            ("abc", &b"abc"[..], "\"abc\""),
            ("", b"", "\"\""),
            ("a\\\"b", b"a\"b", "\"a\\\"b\""),
            ("a\\\\b", b"a\\b", "\"a\\\\b\""),
            ("\\000\\255", b"\x00\xFF", "\"\\000\\255\""),
            ("a b;c", b"a b;c", "\"a b;c\""),
            ("\\a", b"a", "\"a\""),
        ] {
            let mut out = Vec::new();
            char_string(text.as_bytes(), &mut out).unwrap();
            assert_eq!(&out[1..], bytes);
            assert_eq!(usize::from(out[0]), bytes.len());
            let mut back = String::new();
            print_char_string(bytes, &mut back).unwrap();
            assert_eq!(back, printed);
        }
        let mut word = String::new();
        print_word(b"a b\"c ", &mut word).unwrap();
        assert_eq!(word, "a\\032b\\\"c\\032");
    }

    #[test]
    fn strings_are_no_longer_than_their_length_byte_can_say() {
        let mut out = Vec::new();
        assert_eq!(char_string(&[b'a'; 255], &mut out), Ok(()));
        assert_eq!(
            char_string(&[b'a'; 256], &mut out),
            Err(DataTextErrorKind::StringLength)
        );
        for text in ["\\", "\\25", "\\256", "\\2x5"] {
            let error = char_string(text.as_bytes(), &mut out).unwrap_err();
            assert_eq!(error, DataTextErrorKind::Escape, "{text}");
        }
    }
}
