//! Keys of parameters and their names.

use std::fmt;

use crate::text::decimal;

/// The key of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u16);

impl Key {
    /// Keys that a client must understand.
    pub(super) const MANDATORY: Self = Self(0);
    /// Protocols.
    pub(super) const ALPN: Self = Self(1);
    /// Whether the default protocol is left out.
    pub(super) const NO_DEFAULT_ALPN: Self = Self(2);
    /// The port.
    pub(super) const PORT: Self = Self(3);
    /// IPv4 addresses to try at once.
    pub(super) const IPV4HINT: Self = Self(4);
    /// Keys for an encrypted hello (RFC 9848).
    pub(super) const ECH: Self = Self(5);
    /// IPv6 addresses to try at once.
    pub(super) const IPV6HINT: Self = Self(6);
    /// The path of DNS over HTTPS (RFC 9461).
    pub(super) const DOHPATH: Self = Self(7);
    /// Whether the service is reached through a relay (RFC 9540).
    pub(super) const OHTTP: Self = Self(8);
    /// Groups for the key exchange.
    pub(super) const GROUPS: Self = Self(9);
    /// Reserved.
    pub(super) const INVALID: Self = Self(65535);

    /// The key of a name or of `key65000`.
    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        Self::from_name(text).or_else(|| Self::from_number(text))
    }

    /// The key of a name.
    pub(super) fn from_name(text: &[u8]) -> Option<Self> {
        let row = NAMES
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(row.1)
    }

    /// The key of `key65000`.
    pub(super) fn from_number(text: &[u8]) -> Option<Self> {
        let (prefix, number) = text.split_at_checked(3)?;
        // RFC 9460 §2.1: no leading zeros.
        if !prefix.eq_ignore_ascii_case(b"key") || (number.len() > 1 && number.starts_with(b"0")) {
            return None;
        }
        let number = decimal(number, u32::from(u16::MAX))?;
        u16::try_from(number).ok().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Later names are not understood by all servers that may read what we print.
        match NAMES.iter().find(|(_, key)| key == self) {
            Some((name, key)) if *key <= Self::DOHPATH => f.pad(name),
            _ => write!(f, "key{}", self.0),
        }
    }
}

const NAMES: [(&str, Key); 10] = [
    ("mandatory", Key::MANDATORY),
    ("alpn", Key::ALPN),
    ("no-default-alpn", Key::NO_DEFAULT_ALPN),
    ("port", Key::PORT),
    ("ipv4hint", Key::IPV4HINT),
    ("ech", Key::ECH),
    ("ipv6hint", Key::IPV6HINT),
    ("dohpath", Key::DOHPATH),
    ("ohttp", Key::OHTTP),
    ("tls-supported-groups", Key::GROUPS),
];
