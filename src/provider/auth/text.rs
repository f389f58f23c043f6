//! What signatures are made over: parts of a request in one form.

use plan::ProviderError;
use reqwest::{Request, Url};

use super::config_fault;
use crate::client::encode;

/// The host as the header says it: with the port if it is not the usual one.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The path with the query.
pub(crate) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// The bytes of the body.
///
/// # Errors
/// They are not all there before it is sent.
pub(crate) fn body(request: &Request) -> Result<&[u8], ProviderError> {
    match request.body() {
        None => Ok(b""),
        Some(body) => body
            .as_bytes()
            .ok_or_else(|| config_fault("a body that is streamed cannot be signed".to_owned())),
    }
}

/// The parameters of a query, decoded.
pub(crate) fn query(url: &Url) -> Vec<(String, String)> {
    let parts = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    pairs
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

/// Parameters in order, encoded, as `a=1&b=2`.
pub(crate) fn sorted(pairs: &[(String, String)]) -> String {
    let mut parts: Vec<(String, String)> = pairs
        .iter()
        .map(|(key, value)| (encode(key), encode(value)))
        .collect();
    parts.sort();
    let parts: Vec<String> = parts
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    parts.join("&")
}

/// Text as it was before it was percent-encoded.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_address_are_in_one_form() {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(host(&url("https://a.example:443/x")), "a.example");
        assert_eq!(host(&url("https://a.example:8443/x")), "a.example:8443");
        assert_eq!(target(&url("https://a.example/x?y=%2F")), "/x?y=%2F");
        let pairs = query(&url("https://a.example/?b=%5C052&a&c=x%y%20z&a=1"));
        assert_eq!(sorted(&pairs), "a=&a=1&b=%5C052&c=x%25y%20z");
    }
}
