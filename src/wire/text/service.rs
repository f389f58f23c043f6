//! Keys of service parameters (RFC 9460) and their names.

use std::fmt;

use super::decimal;

/// The key of a parameter of SVCB and HTTPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceKey(pub u16);

impl ServiceKey {
    /// Keys that a client must understand.
    pub const MANDATORY: Self = Self(0);
    /// Protocols.
    pub const ALPN: Self = Self(1);
    /// Whether the default protocol is left out.
    pub const NO_DEFAULT_ALPN: Self = Self(2);
    /// The port.
    pub const PORT: Self = Self(3);
    /// IPv4 addresses to try at once.
    pub const IPV4HINT: Self = Self(4);
    /// Keys for an encrypted hello (RFC 9848).
    pub const ECH: Self = Self(5);
    /// IPv6 addresses to try at once.
    pub const IPV6HINT: Self = Self(6);
    /// The path of DNS over HTTPS (RFC 9461).
    pub const DOHPATH: Self = Self(7);
    /// Whether the service is reached through a relay (RFC 9540).
    pub const OHTTP: Self = Self(8);
    /// Groups for the key exchange.
    pub const GROUPS: Self = Self(9);
    /// Reserved.
    pub const INVALID: Self = Self(65535);

    /// The key of a name or of `key65000`.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        Self::from_name(text).or_else(|| Self::from_number(text))
    }

    /// The key of a name.
    #[must_use]
    pub fn from_name(text: &[u8]) -> Option<Self> {
        let row = NAMES
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(row.1)
    }

    /// The key of `key65000`.
    #[must_use]
    pub fn from_number(text: &[u8]) -> Option<Self> {
        let (prefix, number) = text.split_at_checked(3)?;
        // RFC 9460 §2.1: no leading zeros.
        if !prefix.eq_ignore_ascii_case(b"key") || (number.len() > 1 && number.starts_with(b"0")) {
            return None;
        }
        let number = decimal(number, u32::from(u16::MAX))?;
        u16::try_from(number).ok().map(Self)
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Later names are not understood by all servers that may read what we print.
        match NAMES.iter().find(|(_, key)| key == self) {
            Some((name, key)) if *key <= Self::DOHPATH => f.pad(name),
            _ => write!(f, "key{}", self.0),
        }
    }
}

const NAMES: [(&str, ServiceKey); 10] = [
    ("mandatory", ServiceKey::MANDATORY),
    ("alpn", ServiceKey::ALPN),
    ("no-default-alpn", ServiceKey::NO_DEFAULT_ALPN),
    ("port", ServiceKey::PORT),
    ("ipv4hint", ServiceKey::IPV4HINT),
    ("ech", ServiceKey::ECH),
    ("ipv6hint", ServiceKey::IPV6HINT),
    ("dohpath", ServiceKey::DOHPATH),
    ("ohttp", ServiceKey::OHTTP),
    ("tls-supported-groups", ServiceKey::GROUPS),
];
