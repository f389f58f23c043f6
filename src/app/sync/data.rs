//! Targets of endpoints ↔ data of records.
//!
//! A target is text in the form that external-dns gives its type. Names in it are absolute whether
//! or not they end in a dot.

use plan::Endpoint;
use wire::rdata;
use wire::text::{DataTextError, Token};
use wire::{NameRef, Rtype};

/// A target is not what its type asks for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
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
pub(crate) fn check(endpoint: &Endpoint) -> Result<(), DataError> {
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
pub(crate) fn rdatas(endpoint: &Endpoint) -> Result<Vec<Box<[u8]>>, DataError> {
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
/// cut into strings of 255 bytes.
fn text(target: &str, out: &mut Vec<u8>) {
    if target.starts_with('"') {
        let tokens = words(target);
        if rdata::parse(Rtype::TXT, &tokens, None, out).is_ok() {
            return;
        }
    }
    if target.is_empty() {
        out.push(0);
    }
    for part in target.as_bytes().chunks(255) {
        // Chunks of 255 bytes fit.
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
    }
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

/// A target as external-dns would have it, from the data of a record.
pub(crate) fn target(rtype: Rtype, rdata: &[u8]) -> String {
    let mut text = String::new();
    // Printing into a String does not end early.
    let _whole = rdata::print(rtype, rdata, &mut text).is_ok();
    text
}
