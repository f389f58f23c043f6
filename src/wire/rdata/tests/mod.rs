//! Record data there and back: text forms of every type, faults, properties, and another reader.

mod faults;
mod forms;
mod messages;
mod oracle;
mod properties;

use super::{check, parse, print};
use crate::name::Name;
use crate::text::{DataTextError, Token};
use crate::types::Rtype;

/// Cuts a line into words as a zone file's scanner does: blanks separate, quotes make words of
/// their own, but behind an equals sign they belong to the word.
fn words(line: &str) -> Vec<Token<'_>> {
    let bytes = line.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b' ' {
            at += 1;
            continue;
        }
        let from = at;
        let quoted = bytes[at] == b'"';
        let mut open = quoted;
        at += usize::from(quoted);
        while at < bytes.len() && (open || bytes[at] != b' ') {
            match bytes[at] {
                b'\\' => at += 1,
                b'"' if quoted => break,
                b'"' => open = !open,
                _ => {}
            }
            at += 1;
        }
        at = at.min(bytes.len());
        if quoted {
            words.push(Token {
                text: &bytes[from + 1..at],
                quoted,
            });
            at += 1;
        } else {
            words.push(Token {
                text: &bytes[from..at],
                quoted,
            });
        }
    }
    words
}

/// Parses a line below the origin `example.org.`
fn parse_line(rtype: Rtype, line: &str) -> Result<Vec<u8>, DataTextError> {
    let origin = Name::from_text(b"example.org.", None).unwrap();
    let mut out = b"before".to_vec();
    let result = parse(rtype, &words(line), Some(origin.as_ref()), &mut out);
    assert!(out.starts_with(b"before"), "{rtype} {line}");
    if result.is_err() {
        assert_eq!(out, b"before", "{rtype} {line}: nothing is left of a fault");
    }
    result.map(|()| out.split_off(6))
}

fn print_data(rtype: Rtype, rdata: &[u8]) -> String {
    let mut out = String::new();
    print(rtype, rdata, &mut out).unwrap();
    out
}

/// Data that passed prints in the form of its type, and that text means the same data.
fn assert_round_trip(rtype: Rtype, rdata: &[u8]) -> String {
    let printed = print_data(rtype, rdata);
    assert_eq!(check(rtype, rdata), Ok(()), "{rtype} {printed}");
    let back = parse_line(rtype, &printed);
    assert_eq!(back.as_deref(), Ok(rdata), "{rtype} {printed}");
    let generic = generic(rdata);
    let back = parse_line(rtype, &generic);
    assert_eq!(back.as_deref(), Ok(rdata), "{rtype} {generic}");
    printed
}

fn generic(rdata: &[u8]) -> String {
    let hex: String = rdata.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\\# {} {hex}", rdata.len())
}
