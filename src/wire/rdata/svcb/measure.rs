//! Checks of parameters: the order of keys and the value of each.

use crate::error::{WireError, WireErrorKind};
use crate::text::ServiceKey as Key;

/// Parameters up to the end of the data.
pub(in super::super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    let mut mandatory: &[u8] = &[];
    let mut alpn = false;
    let mut previous = None;
    let mut at = 0;
    while at < rest.len() {
        let short = WireError::new(WireErrorKind::Short, at);
        let wrong = WireError::new(WireErrorKind::Data, at);
        let head = rest.get(at..).and_then(<[u8]>::first_chunk::<4>);
        let [key_high, key_low, high, low] = *head.ok_or(short)?;
        let key = Key(u16::from_be_bytes([key_high, key_low]));
        let length = usize::from(u16::from_be_bytes([high, low]));
        at += 4;
        let value = rest.get(at..at + length).ok_or(short)?;
        at += length;
        if previous.is_some_and(|previous| previous >= key) || !value_fits(key, value) {
            return Err(wrong);
        }
        previous = Some(key);
        match key {
            Key::MANDATORY => mandatory = value,
            Key::ALPN => alpn = true,
            // RFC 9460 §7.1.1: it is about what alpn adds to.
            Key::NO_DEFAULT_ALPN if !alpn => return Err(wrong),
            _ => {}
        }
    }
    // RFC 9460 §8: keys that are listed must be there; both lists rise.
    let mut keys = keys(rest);
    for listed in pairs(mandatory) {
        if !keys.any(|key| key == listed) {
            return Err(WireError::new(WireErrorKind::Data, 0));
        }
    }
    Ok(at)
}

/// Whether a value is what its key asks for.
pub(super) fn value_fits(key: Key, value: &[u8]) -> bool {
    match key {
        Key::MANDATORY => {
            let rising = || pairs(value).is_sorted_by(|left, right| left < right);
            !value.is_empty()
                && value.len().is_multiple_of(2)
                && rising()
                && pairs(value).all(|key| key != Key::MANDATORY)
        }
        Key::ALPN => alpn_fits(value),
        Key::NO_DEFAULT_ALPN | Key::OHTTP => value.is_empty(),
        Key::PORT => value.len() == 2,
        Key::IPV4HINT => !value.is_empty() && value.len().is_multiple_of(4),
        Key::IPV6HINT => !value.is_empty() && value.len().is_multiple_of(16),
        Key::ECH => !value.is_empty(),
        Key::DOHPATH => dohpath_fits(value),
        Key::GROUPS => groups_fit(value),
        Key::INVALID => false,
        _ => true,
    }
}

/// Strings with length bytes, at least one, none empty (RFC 9460 §7.1.1).
fn alpn_fits(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some((&length, tail)) = rest.split_first() {
        match tail.get(usize::from(length)..) {
            Some(next) if length > 0 => rest = next,
            _ => return false,
        }
    }
    !value.is_empty()
}

/// A template with the variable `dns` (RFC 9461 §5).
fn dohpath_fits(value: &[u8]) -> bool {
    let expressions = value
        .split(|&byte| byte == b'{')
        .skip(1)
        .filter_map(|part| part.split(|&byte| byte == b'}').next());
    let names_dns = |expression: &[u8]| {
        let names = match expression.split_first() {
            Some((b'?' | b'&' | b'/' | b'.' | b';' | b'+' | b'#', names)) => names,
            _ => expression,
        };
        names.split(|&byte| byte == b',').any(|name| name == b"dns")
    };
    std::str::from_utf8(value).is_ok() && expressions.into_iter().any(names_dns)
}

/// Numbers of 16 bits, at least one, none twice.
fn groups_fit(value: &[u8]) -> bool {
    if value.is_empty() || !value.len().is_multiple_of(2) {
        return false;
    }
    let mut groups: Vec<u16> = pairs(value).map(|pair| pair.0).collect();
    let count = groups.len();
    groups.sort_unstable();
    groups.dedup();
    groups.len() == count
}

/// The numbers of 16 bits in a value.
pub(super) fn pairs(value: &[u8]) -> impl Iterator<Item = Key> {
    value
        .as_chunks()
        .0
        .iter()
        .map(|pair| Key(u16::from_be_bytes(*pair)))
}

/// Keys and values of parameters that have been checked.
pub(super) fn parameters(data: &[u8]) -> impl Iterator<Item = (Key, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (&[key_high, key_low, high, low], tail) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (value, tail) = tail.split_at_checked(length)?;
        rest = tail;
        Some((Key(u16::from_be_bytes([key_high, key_low])), value))
    })
}

fn keys(data: &[u8]) -> impl Iterator<Item = Key> {
    parameters(data).map(|(key, _)| key)
}
