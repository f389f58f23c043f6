//! Parameters as words, in the order of their keys.

use std::fmt;

use super::super::print::{Line, number};
use super::measure::{pairs, parameters};
use crate::text::{ServiceKey as Key, print_base64, print_char_string, print_ipv4, print_ipv6};

/// Writes each parameter as a word.
pub(in super::super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    for (key, value) in parameters(data) {
        let word = line.word()?;
        write!(word, "{key}")?;
        if !value.is_empty() {
            word.write_char('=')?;
            print_value(key, value, word)?;
        }
    }
    Ok(())
}

fn print_value(key: Key, value: &[u8], word: &mut dyn fmt::Write) -> fmt::Result {
    match key {
        Key::MANDATORY => list(pairs(value), word, |key, word| write!(word, "{key}")),
        Key::ALPN => {
            // A comma or a backslash inside a protocol is escaped for the list first.
            let mut joined = Vec::with_capacity(value.len());
            let mut rest = value;
            while let Some((&length, tail)) = rest.split_first() {
                let (protocol, tail) = tail
                    .split_at_checked(usize::from(length))
                    .unwrap_or((tail, b""));
                if !joined.is_empty() {
                    joined.push(b',');
                }
                for &byte in protocol {
                    if matches!(byte, b',' | b'\\') {
                        joined.push(b'\\');
                    }
                    joined.push(byte);
                }
                rest = tail;
            }
            print_char_string(&joined, word)
        }
        Key::PORT => write!(word, "{}", number(value)),
        Key::IPV4HINT => list(value.as_chunks().0.iter(), word, |address, word| {
            print_ipv4(*address, word)
        }),
        Key::ECH => print_base64(value, word),
        Key::IPV6HINT => list(value.as_chunks().0.iter(), word, |address, word| {
            print_ipv6(*address, word)
        }),
        // Printed as keyNNNNN, whose value is a list of bytes.
        _ => print_char_string(value, word),
    }
}

fn list<T>(
    items: impl Iterator<Item = T>,
    word: &mut dyn fmt::Write,
    mut print: impl FnMut(T, &mut dyn fmt::Write) -> fmt::Result,
) -> fmt::Result {
    for (position, item) in items.enumerate() {
        if position > 0 {
            word.write_char(',')?;
        }
        print(item, word)?;
    }
    Ok(())
}
