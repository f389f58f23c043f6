//! The kinds of fields that record data is made of.

/// One field of record data. Those that say "the rest" stand last in their row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A DNSSEC algorithm: a number, in text also a mnemonic.
    Algorithm,
    /// The rest, base64, at least this many bytes.
    Base64(usize),
    /// The rest, one string without a length byte, at least this many bytes.
    BareString(usize),
    /// 48 bits between hyphens.
    Eui48,
    /// 64 bits between hyphens.
    Eui64,
    /// A hashed name: length byte, base32hex.
    Hash,
    /// The rest, hexadecimal, at least this many bytes.
    Hex(usize),
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// The rest, a key: base64, empty where the flags in front say that there is none.
    Key,
    /// 64 bits as four groups.
    Locator,
    /// A name.
    Name(NameRule),
    /// The rest, any bytes; no text form but the generic one.
    Opaque,
    /// A character-string that may be missing at the end.
    OptionalString,
    /// A type of record.
    Type,
    /// A salt: length byte, hexadecimal or `-`.
    Salt,
    /// Seconds: 32 bits, in text also with units.
    Seconds,
    /// A character-string.
    String,
    /// The rest, one or more character-strings.
    Strings,
    /// A time of signing: 32 bits, in text 14 digits.
    Time,
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
}

/// How a name in record data is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameRule {
    /// Of the types of RFC 1035: compressed and decompressed (RFC 3597 §4); lower case when signed.
    Classic,
    /// Never compressed by us, but decompressed (RFC 3597 §4); lower case when signed.
    Early,
    /// Never compressed; lower case when signed (RFC 4034 §6.2).
    Lower,
    /// Never compressed, never changed.
    Plain,
}

impl NameRule {
    /// Whether a message may have it compressed.
    pub(super) fn decompresses(self) -> bool {
        matches!(self, Self::Classic | Self::Early)
    }

    /// Whether it is put into lower case for signing.
    pub(super) fn lowers(self) -> bool {
        self != Self::Plain
    }
}

impl Field {
    /// How the field is treated as a name, if it is one. `before` is the data in front of it.
    #[inline]
    pub(super) fn name_rule(self, _before: &[u8]) -> Option<NameRule> {
        match self {
            Self::Name(rule) => Some(rule),
            _ => None,
        }
    }

    /// Whether the field can be a name.
    pub(super) fn may_be_name(self) -> bool {
        matches!(self, Self::Name(_))
    }
}
