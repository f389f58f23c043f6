//! Record data between wire and text, for the types that cases spell out; all others are `\# n hex`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::name;
use super::types;

/// What the data of a type is made of.
#[derive(Clone, Copy)]
enum Field {
    Ipv4,
    Ipv6,
    /// A name that may be compressed.
    Name,
    /// A name that must stand in full (RFC 3597 §4).
    FullName,
    Number8,
    Number16,
    Number32,
    /// Strings until the end.
    Strings,
    String,
    /// Bytes until the end, in hex.
    Rest,
}

use Field::{
    FullName, Ipv4, Ipv6, Name, Number8, Number16, Number32, Rest, String as OneString, Strings,
};

fn fields(rtype: u16) -> &'static [Field] {
    match types::rtype_name(rtype).as_str() {
        "A" => &[Ipv4],
        "AAAA" => &[Ipv6],
        "NS" | "CNAME" | "PTR" | "MB" => &[Name],
        "DNAME" => &[FullName],
        "SOA" => &[Name, Name, Number32, Number32, Number32, Number32, Number32],
        "MX" => &[Number16, Name],
        "KX" => &[Number16, FullName],
        "AFSDB" | "RT" => &[Number16, FullName],
        "RP" => &[FullName, FullName],
        "MINFO" => &[Name, Name],
        "SRV" => &[Number16, Number16, Number16, FullName],
        "NAPTR" => &[
            Number16, Number16, OneString, OneString, OneString, FullName,
        ],
        "TXT" | "SPF" | "HINFO" => &[Strings],
        "DS" | "CDS" => &[Number16, Number8, Number8, Rest],
        "URI" => &[Number16, Number16, Rest],
        "CAA" => &[Number8, OneString, Rest],
        "SVCB" | "HTTPS" => &[Number16, FullName, Rest],
        _ => &[],
    }
}

/// Data of a record in a message as text, names in lower case.
///
/// # Errors
///
/// Data that does not fit its type, and a compressed name where none is allowed.
pub(crate) fn read(rtype: u16, message: &[u8], at: usize, end: usize) -> Result<String, String> {
    let whole = message
        .get(at..end)
        .ok_or("record data runs over the end")?;
    if fields(rtype).is_empty() || whole.is_empty() {
        return Ok(generic(whole));
    }
    let mut words = Vec::new();
    let mut position = at;
    for field in fields(rtype) {
        let rest = message.get(position..end).unwrap_or_default();
        let short = || {
            format!(
                "{} data of {} bytes is too short",
                types::rtype_name(rtype),
                end - at
            )
        };
        let number = |count: usize| {
            let bytes = rest.get(..count)?;
            Some(
                bytes
                    .iter()
                    .fold(0_u64, |value, byte| value << 8 | u64::from(*byte)),
            )
        };
        let (word, used) = match field {
            Ipv4 => (
                Ipv4Addr::from(u32::try_from(number(4).ok_or_else(short)?).unwrap_or(0))
                    .to_string(),
                4,
            ),
            Ipv6 => {
                let bytes = rest.first_chunk::<16>().ok_or_else(short)?;
                (Ipv6Addr::from(*bytes).to_string(), 16)
            }
            Number8 => (number(1).ok_or_else(short)?.to_string(), 1),
            Number16 => (number(2).ok_or_else(short)?.to_string(), 2),
            Number32 => (number(4).ok_or_else(short)?.to_string(), 4),
            Name | FullName => {
                let (text, behind) = name::read(message, position)?;
                let full = name::to_wire(&text).len() == behind - position;
                if matches!(field, FullName) && !full {
                    return Err(format!(
                        "compressed name in {} data",
                        types::rtype_name(rtype)
                    ));
                }
                (text.to_ascii_lowercase(), behind - position)
            }
            OneString => {
                let (text, used) = string(rest).ok_or_else(short)?;
                (text, used)
            }
            Strings => {
                let mut texts = Vec::new();
                let mut used = 0;
                while used < rest.len() {
                    let (text, more) =
                        string(rest.get(used..).unwrap_or_default()).ok_or_else(short)?;
                    texts.push(text);
                    used += more;
                }
                (texts.join(" "), used)
            }
            Rest => (hex(rest), rest.len()),
        };
        words.push(word);
        position += used;
    }
    if position != end {
        return Err(format!(
            "{} data has {} bytes too many",
            types::rtype_name(rtype),
            end.abs_diff(position)
        ));
    }
    words.retain(|word| !word.is_empty());
    Ok(words.join(" "))
}

/// Brings data as a case writes it into the form of [`read`]: lower case outside quotes, one space.
pub(crate) fn normalize(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut escaped = false;
    for character in text.trim().chars() {
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = character == '\\' && !escaped;
        match character {
            _ if quoted => out.push(character),
            ' ' | '\t' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            other => out.push(other.to_ascii_lowercase()),
        }
    }
    out
}

fn string(bytes: &[u8]) -> Option<(String, usize)> {
    let (length, rest) = bytes.split_first()?;
    let content = rest.get(..usize::from(*length))?;
    let mut text = String::from('"');
    for byte in content {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            0x20..=0x7e => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03}")),
        }
    }
    text.push('"');
    Some((text, content.len() + 1))
}

fn generic(bytes: &[u8]) -> String {
    let text = format!("\\# {} {}", bytes.len(), hex(bytes));
    text.trim_end().to_owned()
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hex digits; spaces are skipped.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}
