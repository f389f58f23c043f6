//! Targets of endpoints ↔ data of records.
//!
//! A target is text in the form that external-dns gives its type. Names in it are absolute whether
//! or not they end in a dot. Text of TXT records that is longer than one string can be is cut into
//! strings of 255 bytes, and put together again when it is read; other cuts are kept as they are.

use wire::rdata;
use wire::text::{DataTextError, Token, print_char_string, unescape_into};
use wire::{NameRef, Rtype};

use crate::Endpoint;

/// A target is not what its type asks for.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The text does not fit the type.
    #[error("target \"{target}\" is no {rtype} data")]
    Text {
        /// The target.
        target: String,
        /// The type.
        rtype: Rtype,
        /// Where and why.
        #[source]
        source: DataTextError,
    },
    /// A name must have at least one target.
    #[error("no target")]
    Empty,
}

/// Whether all targets are what their type asks for. Keeps nothing, so it costs less than the data.
///
/// # Errors
/// A target is not; there is none.
pub fn check(endpoint: &Endpoint) -> Result<(), DataError> {
    let mut out = Vec::new();
    each(endpoint, |target| {
        out.clear();
        write(endpoint.rtype, target, &mut out)
    })
}

/// The data of all targets, in canonical order and without repeats.
///
/// # Errors
/// A target is not what the type asks for; none is.
pub fn rdatas(endpoint: &Endpoint) -> Result<Vec<Box<[u8]>>, DataError> {
    let mut all = Vec::with_capacity(endpoint.targets.len());
    each(endpoint, |target| {
        let mut out = Vec::new();
        write(endpoint.rtype, target, &mut out)?;
        all.push(out.into_boxed_slice());
        Ok(())
    })?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// A target as external-dns would have it, from the data of a record.
#[must_use]
pub fn target(rtype: Rtype, rdata: &[u8]) -> String {
    let mut text = String::new();
    let whole = match rtype {
        Rtype::TXT => joined(rdata),
        _ => None,
    };
    // Printing into a String does not end early.
    let _whole = match whole {
        Some(whole) => print_char_string(&whole, &mut text).is_ok(),
        None => rdata::print(rtype, rdata, &mut text).is_ok(),
    };
    text
}

fn each(
    endpoint: &Endpoint,
    mut take: impl FnMut(&str) -> Result<(), DataTextError>,
) -> Result<(), DataError> {
    for target in &endpoint.targets {
        take(target).map_err(|source| DataError::Text {
            target: target.to_string(),
            rtype: endpoint.rtype,
            source,
        })?;
    }
    if endpoint.targets.is_empty() {
        return Err(DataError::Empty);
    }
    Ok(())
}

fn write(rtype: Rtype, target: &str, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    if rtype == Rtype::TXT {
        text(target, out);
        return Ok(());
    }
    rdata::parse(rtype, &words(target), Some(NameRef::ROOT), out)
}

/// TXT data: quoted strings as in a zone file if it begins with a quote, else the text as it is,
/// cut where it must be.
fn text(target: &str, out: &mut Vec<u8>) {
    if !target.starts_with('"') {
        cut(target.as_bytes(), out);
        return;
    }
    let mut bytes = Vec::new();
    for token in words(target) {
        bytes.clear();
        if unescape_into(token.text, &mut bytes).is_err() {
            out.clear();
            cut(target.as_bytes(), out);
            return;
        }
        cut(&bytes, out);
    }
}

/// A text as strings of at most 255 bytes.
fn cut(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        out.push(0);
    }
    for part in text.chunks(LONGEST) {
        // Chunks of 255 bytes fit.
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
    }
}

/// The one text that was cut, if all strings but the last are as long as they can be.
fn joined(rdata: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(rdata.len());
    let mut rest = rdata;
    while let Some((&length, tail)) = rest.split_first() {
        let (part, tail) = tail.split_at_checked(length.into())?;
        whole.extend_from_slice(part);
        if !tail.is_empty() && part.len() < LONGEST {
            return None;
        }
        rest = tail;
    }
    (rdata.len() > LONGEST + 1).then_some(whole)
}

/// The words of a target: split at spaces, quotes kept together.
fn words(target: &str) -> Vec<Token<'_>> {
    let bytes = target.as_bytes();
    let (mut words, mut at) = (Vec::new(), 0);
    while let Some(skip) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| !b.is_ascii_whitespace()))
    {
        at += skip;
        let quoted = bytes.get(at) == Some(&b'"');
        let begin = at + usize::from(quoted);
        let mut end = begin;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                b'"' if quoted => break,
                byte if !quoted && byte.is_ascii_whitespace() => break,
                _ => {}
            }
            end += 1;
        }
        let end = end.min(bytes.len());
        let text = bytes.get(begin..end).unwrap_or_default();
        words.push(Token { text, quoted });
        at = end + usize::from(quoted);
    }
    words
}

/// The most bytes of a string.
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rtype: Rtype, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write(rtype, text, &mut out).unwrap();
        out
    }

    fn back(rtype: Rtype, text: &str) -> String {
        target(rtype, &data(rtype, text))
    }

    #[test]
    fn targets_come_back_in_one_form() {
        let long = format!("\"{}\"", "x".repeat(700));
        let cases = [
            (Rtype::A, "192.0.2.1", "192.0.2.1"),
            (Rtype::CNAME, "lb.example.org", "lb.example.org."),
            (Rtype::MX, "10 mail.example.org", "10 mail.example.org."),
            (Rtype::SRV, "1 2 3 x.example.", "1 2 3 x.example."),
            (
                Rtype::NAPTR,
                "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .",
                "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .",
            ),
            (Rtype::TXT, "v=spf1 -all", "\"v=spf1 -all\""),
            (Rtype::TXT, "\"a\" \"b c\"", "\"a\" \"b c\""),
            (Rtype::TXT, "\"a\\\"b\"", "\"a\\\"b\""),
            (Rtype::TXT, "", "\"\""),
            (Rtype::TXT, &long, &long),
        ];
        for (rtype, text, expected) in cases {
            assert_eq!(back(rtype, text), expected, "{text}");
            assert_eq!(back(rtype, expected), expected, "{text} twice");
        }
        assert_eq!(data(Rtype::TXT, &long).len(), 703);
        let no_address = Endpoint::new("x", Rtype::A, ["example.org"]);
        let error = check(&no_address).unwrap_err();
        assert_eq!(error.to_string(), "target \"example.org\" is no A data");
    }
}
