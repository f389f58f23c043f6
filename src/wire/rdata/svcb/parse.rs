//! Parameters from words such as `alpn="h2,h3"`.

use std::ops::Range;

use super::super::words::Words;
use super::measure::{pairs, value_fits};
use crate::text::{
    self, DataTextError, DataTextErrorKind, ServiceKey as Key, ServiceTextError, decimal,
};

/// A parameter: which word it was, and where its value stands among all values.
struct Parameter {
    key: Key,
    token: usize,
    value: Range<usize>,
}

/// The words that are left, each a parameter; there may be none.
pub(in super::super) fn parse(
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let mut values = Vec::new();
    let mut parameters: Vec<Parameter> = Vec::new();
    while let Some(word) = words.take_if_any() {
        let begin = values.len();
        let key = parameter(word.text, &mut values).map_err(|kind| words.error(kind))?;
        parameters.push(Parameter {
            key,
            token: words.last(),
            value: begin..values.len(),
        });
    }
    parameters.sort_by_key(|parameter| parameter.key);
    check(&parameters, &values)?;
    for Parameter { key, token, value } in parameters {
        let value = values.get(value).unwrap_or_default();
        let too_long = service(token, ServiceTextError::ValueLength);
        let length = u16::try_from(value.len()).map_err(|_| too_long)?;
        out.extend_from_slice(&key.0.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(value);
    }
    Ok(())
}

/// The rules between parameters, which are sorted.
fn check(parameters: &[Parameter], values: &[u8]) -> Result<(), DataTextError> {
    for (earlier, later) in parameters.iter().zip(parameters.iter().skip(1)) {
        if earlier.key == later.key {
            return Err(service(later.token, ServiceTextError::Repeated(later.key)));
        }
    }
    let has = |key: Key| {
        parameters
            .binary_search_by_key(&key, |parameter| parameter.key)
            .is_ok()
    };
    for parameter in parameters {
        match parameter.key {
            Key::NO_DEFAULT_ALPN if !has(Key::ALPN) => {
                return Err(service(
                    parameter.token,
                    ServiceTextError::NoDefaultAlpnAlone,
                ));
            }
            Key::MANDATORY => {
                let value = values.get(parameter.value.clone()).unwrap_or_default();
                if let Some(missing) = pairs(value).find(|&key| !has(key)) {
                    let error = ServiceTextError::MandatoryMissing(missing);
                    return Err(service(parameter.token, error));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn service(token: usize, error: ServiceTextError) -> DataTextError {
    DataTextError {
        token,
        kind: DataTextErrorKind::Service(error),
    }
}

/// Appends the value of one parameter and gives its key.
fn parameter(word: &[u8], out: &mut Vec<u8>) -> Result<Key, DataTextErrorKind> {
    let (key, value) = match word.iter().position(|&byte| byte == b'=') {
        Some(at) => (word.get(..at), word.get(at + 1..)),
        None => (Some(word), None),
    };
    let key = key.unwrap_or_default();
    let number = Key::from_number(key);
    let key = number
        .or_else(|| Key::from_name(key))
        .ok_or(DataTextErrorKind::Service(ServiceTextError::Key))?;
    let value = value.unwrap_or_default();
    let value = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value);
    let mut plain = Vec::with_capacity(value.len());
    text::unescape_into(value, &mut plain)?;
    let begin = out.len();
    let converted = match number {
        // RFC 9460 §2.1: behind keyNNNNN stand the bytes of the wire, whatever the key.
        Some(_) => {
            out.extend_from_slice(&plain);
            Ok(())
        }
        None => convert(key, &plain, out),
    };
    let fits = || value_fits(key, out.get(begin..).unwrap_or_default());
    converted
        .and_then(|()| if fits() { Ok(()) } else { Err(wrong(key)) })
        .map_err(DataTextErrorKind::Service)?;
    Ok(key)
}

/// Appends a value in the form its key wants; whether that form fits is judged afterwards.
fn convert(key: Key, plain: &[u8], out: &mut Vec<u8>) -> Result<(), ServiceTextError> {
    let done = match key {
        Key::MANDATORY => return mandatory(plain, out),
        Key::ALPN => alpn(plain, out),
        Key::PORT => decimal(plain, u32::from(u16::MAX))
            .and_then(|port| u16::try_from(port).ok())
            .map(|port| out.extend_from_slice(&port.to_be_bytes())),
        Key::IPV4HINT => items(plain).try_for_each(|item| {
            out.extend_from_slice(&text::ipv4(item)?);
            Some(())
        }),
        Key::IPV6HINT => items(plain).try_for_each(|item| {
            out.extend_from_slice(&text::ipv6(item)?);
            Some(())
        }),
        Key::GROUPS => items(plain).try_for_each(|item| {
            let group = u16::try_from(decimal(item, u32::from(u16::MAX))?).ok()?;
            out.extend_from_slice(&group.to_be_bytes());
            Some(())
        }),
        Key::ECH => text::base64(plain, out).then_some(()),
        _ => {
            out.extend_from_slice(plain);
            Some(())
        }
    };
    done.ok_or_else(|| wrong(key))
}

/// What to say about a value that does not fit its key.
fn wrong(key: Key) -> ServiceTextError {
    match key {
        Key::MANDATORY => ServiceTextError::Mandatory,
        Key::ALPN => ServiceTextError::Alpn,
        Key::NO_DEFAULT_ALPN => ServiceTextError::Value("no-default-alpn"),
        Key::PORT => ServiceTextError::Port,
        Key::IPV4HINT => ServiceTextError::Ipv4Hint,
        Key::ECH => ServiceTextError::Ech,
        Key::IPV6HINT => ServiceTextError::Ipv6Hint,
        Key::DOHPATH => ServiceTextError::DohPath,
        Key::OHTTP => ServiceTextError::Value("ohttp"),
        Key::GROUPS => ServiceTextError::Groups,
        Key::INVALID => ServiceTextError::Reserved,
        _ => ServiceTextError::Key,
    }
}

/// Keys in any order, none twice, put in order.
fn mandatory(plain: &[u8], out: &mut Vec<u8>) -> Result<(), ServiceTextError> {
    let mut keys = Vec::new();
    for item in items(plain) {
        keys.push(Key::from_text(item).ok_or(ServiceTextError::Mandatory)?);
    }
    keys.sort_unstable();
    if keys.first() == Some(&Key::MANDATORY) {
        return Err(ServiceTextError::MandatorySelf);
    }
    for (earlier, later) in keys.iter().zip(keys.iter().skip(1)) {
        if earlier == later {
            return Err(ServiceTextError::MandatoryRepeated(*later));
        }
    }
    for key in keys {
        out.extend_from_slice(&key.0.to_be_bytes());
    }
    Ok(())
}

/// Protocols between commas; a backslash takes the meaning from a comma or another backslash
/// (RFC 9460 appendix A.1).
fn alpn(plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut at = out.len();
    out.push(0);
    let mut bytes = plain.iter();
    loop {
        match bytes.next() {
            Some(b'\\') => out.push(*bytes.next()?),
            Some(byte) if *byte != b',' => out.push(*byte),
            end => {
                let length = u8::try_from(out.len() - at - 1).ok()?;
                *out.get_mut(at)? = length;
                if end.is_none() {
                    return Some(());
                }
                at = out.len();
                out.push(0);
            }
        }
    }
}

/// What stands between commas.
fn items(plain: &[u8]) -> impl Iterator<Item = &[u8]> {
    plain.split(|&byte| byte == b',')
}
