//! Names as people write them: labels between dots, `\X` and `\DDD` for what has a meaning.

use std::fmt;

use super::string::print_escaped;
use crate::name::{MAX_LABEL_LEN, MAX_LEN, NameRef};

/// What is wrong with a name as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameTextError {
    /// Nothing stands where a name is expected.
    #[error("empty name")]
    Empty,
    /// Two dots in a row, or one at the front.
    #[error("empty label (two dots in a row, or a dot at the front)")]
    EmptyLabel,
    /// A backslash without a character or three digits up to 255 behind it.
    #[error("escape that is neither \\X nor \\DDD with DDD up to 255")]
    Escape,
    /// A label of more than 63 bytes.
    #[error("label longer than 63 bytes")]
    LabelLength,
    /// A name of more than 255 bytes.
    #[error("name longer than 255 bytes")]
    NameLength,
    /// A relative name where no origin is known.
    #[error("relative name, but no origin to complete it")]
    NoOrigin,
}

/// Appends the wire form of a name to `out`. `@` is the origin; no final dot means relative to it.
///
/// # Errors
/// When the text is no name. `out` may then hold a part of it.
pub fn name_into(
    text: &[u8],
    origin: Option<NameRef<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), NameTextError> {
    match text {
        b"" => return Err(NameTextError::Empty),
        b"." => {
            out.push(0);
            return Ok(());
        }
        b"@" => {
            out.extend_from_slice(origin.ok_or(NameTextError::NoOrigin)?.as_bytes());
            return Ok(());
        }
        _ => {}
    }
    let begin = out.len();
    let mut label_at = begin;
    out.push(0);
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'.' => {
                close_label(out, label_at)?;
                label_at = out.len();
                out.push(0);
            }
            b'\\' => {
                let (value, tail) = unescape(rest).ok_or(NameTextError::Escape)?;
                out.push(value);
                rest = tail;
            }
            _ => out.push(byte),
        }
    }
    if out.len() > label_at + 1 {
        close_label(out, label_at)?;
        out.extend_from_slice(origin.ok_or(NameTextError::NoOrigin)?.as_bytes());
    }
    if out.len() - begin > MAX_LEN {
        Err(NameTextError::NameLength)
    } else {
        Ok(())
    }
}

fn close_label(out: &mut [u8], label_at: usize) -> Result<(), NameTextError> {
    let length = out.len() - label_at - 1;
    if length == 0 {
        return Err(NameTextError::EmptyLabel);
    }
    if length > MAX_LABEL_LEN {
        return Err(NameTextError::LabelLength);
    }
    if let (Some(slot), Ok(length)) = (out.get_mut(label_at), u8::try_from(length)) {
        *slot = length;
    }
    Ok(())
}

/// Reads what follows a backslash: three digits up to 255, or any character but a digit.
#[must_use]
pub fn unescape(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (&first, tail) = rest.split_first()?;
    if !first.is_ascii_digit() {
        return Some((first, tail));
    }
    let (digits, tail) = rest.split_at_checked(3)?;
    let mut value = 0_u32;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(digit - b'0');
    }
    u8::try_from(value).ok().map(|value| (value, tail))
}

/// Writes a name with a final dot, characters that mean something in zone files escaped.
///
/// # Errors
/// Only those of the formatter.
pub fn print_name(name: NameRef<'_>, f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    if name.is_root() {
        return f.write_char('.');
    }
    for label in name.labels() {
        print_escaped(
            label,
            |byte| byte != b' ' && !is_special(byte),
            is_special,
            f,
        )?;
        f.write_char('.')?;
    }
    Ok(())
}

/// Characters that mean something in a zone file.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn names_parse_and_print_back() {
        let origin = Name::from_text(b"example.org.", None).unwrap();
        for (text, printed) in [
            ("www", "www.example.org."),
            ("@", "example.org."),
            (".", "."),
            ("a\\.b", "a\\.b.example.org."),
            ("\\000x.", "\\000x."),
            ("\\@.", "\\@."),
            ("*.x.", "*.x."),
            ("_dns._udp", "_dns._udp.example.org."),
        ] {
            let name = Name::from_text(text.as_bytes(), Some(origin.as_ref())).unwrap();
            assert_eq!(name.to_string(), printed);
            assert_eq!(Name::from_text(printed.as_bytes(), None).unwrap(), name);
        }
    }

    #[test]
    fn what_is_no_name_says_why() {
        let long = "a".repeat(64);
        let many = "abc.".repeat(64);
        for (text, error) in [
            ("", NameTextError::Empty),
            ("a..b.", NameTextError::EmptyLabel),
            (".a.", NameTextError::EmptyLabel),
            ("a\\", NameTextError::Escape),
            ("\\256.", NameTextError::Escape),
            ("\\25.", NameTextError::Escape),
            (long.as_str(), NameTextError::LabelLength),
            (many.as_str(), NameTextError::NameLength),
            ("relative", NameTextError::NoOrigin),
        ] {
            assert_eq!(
                Name::from_text(text.as_bytes(), None).unwrap_err(),
                error,
                "{text}"
            );
        }
    }
}
