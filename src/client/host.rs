//! Where a server is: an address, or a name that has some.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A server's address or name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name, resolved each time a connection is made.
    Name(Box<str>),
}

/// The text is neither an address nor a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a name or an address, without a port")]
pub struct HostError;

impl FromStr for Host {
    type Err = HostError;

    /// An IPv6 address may stand in brackets.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let inner = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = inner {
            return match inner.parse() {
                Ok(address) => Ok(Self::Address(IpAddr::V6(address))),
                Err(_) => Err(HostError),
            };
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name = !name.is_empty()
            && name.bytes().all(plain)
            && name.split('.').all(|label| (1..64).contains(&label.len()))
            // What looks like an address and is none is a typing error.
            && !name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_name {
            Ok(Self::Name(name.into()))
        } else {
            Err(HostError)
        }
    }
}

impl fmt::Display for Host {
    /// As it stands before a port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        let cases = [
            ("192.0.2.1", Some("192.0.2.1")),
            ("2001:db8::1", Some("[2001:db8::1]")),
            ("[2001:db8::1]", Some("[2001:db8::1]")),
            ("ns1.example.org.", Some("ns1.example.org")),
            ("ns1", Some("ns1")),
            ("", None),
            ("192.0.2", None),
            ("192.0.2.1:53", None),
            ("ns1.example.org:53", None),
            ("[ns1]", None),
            ("a..b", None),
        ];
        for (text, expected) in cases {
            let host = text.parse::<Host>().ok().map(|host| host.to_string());
            assert_eq!(host.as_deref(), expected, "{text}");
        }
    }
}
