//! Bytes as text: hexadecimal, base64, and base32 with the extended hex alphabet (RFC 4648).

use std::fmt;

use base64::display::Base64Display;
use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Appends the bytes of hexadecimal digits. Gives false when they are none, or odd in number.
#[must_use]
pub fn hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    hex_words([text], out)
}

/// Appends the bytes of hexadecimal digits spread over words in any way; false as with [`hex`].
#[must_use]
pub fn hex_words<'a>(words: impl IntoIterator<Item = &'a [u8]>, out: &mut Vec<u8>) -> bool {
    let mut high = None;
    for word in words {
        for &byte in word {
            let Some(digit) = hex_digit(byte) else {
                return false;
            };
            high = match high {
                None => Some(digit),
                Some(high) => {
                    out.push(high << 4 | digit);
                    None
                }
            };
        }
    }
    high.is_none()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Writes bytes as hexadecimal digits in upper case, as digests are written.
///
/// # Errors
/// Only those of the formatter.
pub fn print_hex(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    print_digits(bytes, *b"0123456789ABCDEF", f)
}

/// Writes bytes as hexadecimal digits in lower case, as the generic form has them.
///
/// # Errors
/// Only those of the formatter.
pub fn print_hex_lower(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    print_digits(bytes, *b"0123456789abcdef", f)
}

fn print_digits(bytes: &[u8], digits: [u8; 16], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let digit = |value: u8| digits.get(usize::from(value)).copied().unwrap_or(b'0');
    let mut pairs = [0; 64];
    for chunk in bytes.chunks(pairs.len() / 2) {
        for (pair, byte) in pairs.chunks_exact_mut(2).zip(chunk) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xF)]);
        }
        let text = pairs.get(..chunk.len() * 2).unwrap_or_default();
        f.write_str(std::str::from_utf8(text).unwrap_or_default())?;
    }
    Ok(())
}

/// Appends the bytes of base64 with its padding. Gives false when the text is not that.
#[must_use]
pub fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    STANDARD.decode_vec(text, out).is_ok()
}

/// Writes bytes as base64.
///
/// # Errors
/// Only those of the formatter.
pub fn print_base64(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    write!(f, "{}", Base64Display::new(bytes, &STANDARD))
}

/// Appends the bytes of unpadded base32hex in either case. Gives false when the text is not that.
#[must_use]
pub fn base32hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut bits = 0_u32;
    let mut count = 0;
    for &byte in text {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'v' => byte - b'a' + 10,
            b'A'..=b'V' => byte - b'A' + 10,
            _ => return false,
        };
        bits = bits << 5 | u32::from(digit);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xFF).unwrap_or_default());
            bits &= (1 << count) - 1;
        }
    }
    // What is left over is less than one character and all zero: one text for each value.
    count < 5 && bits == 0
}

/// Writes bytes as base32hex in upper case, without padding.
///
/// # Errors
/// Only those of the formatter.
pub fn print_base32hex(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let mut bits = 0_u32;
    let mut count = 0;
    let digit = |value: u32| {
        let digit = DIGITS.get((value & 31) as usize).copied();
        char::from(digit.unwrap_or(b'0'))
    };
    for &byte in bytes {
        bits = (bits << 8 | u32::from(byte)) & 0xFFFF;
        count += 8;
        while count >= 5 {
            count -= 5;
            f.write_char(digit(bits >> count))?;
        }
    }
    if count > 0 {
        f.write_char(digit(bits << (5 - count)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_print_and_parse_back_in_every_alphabet() {
        for bytes in [
            &b""[..],
            b"\x00",
            b"f",
            b"fo",
            b"foo",
            b"foob",
            b"fooba",
            b"foobar",
            b"\xFF\x80\x01",
        ] {
            let (mut text, mut back) = (String::new(), Vec::new());
            print_hex(bytes, &mut text).unwrap();
            assert!(hex(text.as_bytes(), &mut back));
            assert!(hex(text.to_lowercase().as_bytes(), &mut back));
            text.clear();
            print_base64(bytes, &mut text).unwrap();
            assert!(base64(text.as_bytes(), &mut back));
            text.clear();
            print_base32hex(bytes, &mut text).unwrap();
            assert!(base32hex(text.as_bytes(), &mut back));
            assert!(base32hex(text.to_lowercase().as_bytes(), &mut back));
            assert_eq!(back, bytes.repeat(5));
        }
        // RFC 4648 §10, padding left off.
        let mut text = String::new();
        print_base32hex(b"foobar", &mut text).unwrap();
        assert_eq!(text, "CPNMUOJ1E8");
    }

    #[test]
    fn what_is_no_whole_byte_is_refused() {
        let mut out = Vec::new();
        assert!(!hex(b"abc", &mut out));
        assert!(!hex(b"0g", &mut out));
        assert!(hex_words([&b"a"[..], b"bc", b"d"], &mut out));
        assert!(!base64(b"AAA", &mut out));
        assert!(!base64(b"AB==", &mut out));
        assert!(!base64(b"A-==", &mut out));
        assert!(!base32hex(b"0", &mut out));
        assert!(!base32hex(b"01", &mut out));
        assert!(!base32hex(b"0w", &mut out));
        assert!(base32hex(b"00", &mut out));
    }
}
