//! The kinds of fields that record data is made of.

use super::a6;
use super::codes::Codes;
use super::digest::DigestOf;
use super::gateway::GatewayOf;

/// One field of record data. Those that say "the rest" stand last in their row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The length of a prefix and the address behind it, of A6.
    A6Address,
    /// The name of A6, if the prefix has a length.
    A6Name,
    /// The rest, address prefixes.
    Apl,
    /// The rest, an ATM address: a format byte, then digits or bytes.
    AtmAddress,
    /// The rest, one string without a length byte, at least this many bytes.
    BareString(usize),
    /// The rest, base64, at least this many bytes.
    Base64(usize),
    /// The rest, types as bits, at least this many windows.
    Bitmap(usize),
    /// The tag of CAA: a character-string of letters and digits, written as a word.
    CaaTag,
    /// A number of 8 bits that may have a name.
    Code8(Codes),
    /// A number of 16 bits that may have a name.
    Code16(Codes),
    /// The rest, a digest.
    Digest(DigestOf),
    /// The rest, base64, or `-` for nothing.
    Document,
    /// 48 bits between hyphens.
    Eui48,
    /// 64 bits between hyphens.
    Eui64,
    /// A gateway: nothing, an address or a name.
    Gateway(GatewayOf),
    /// A hashed name: length byte, base32hex.
    Hash,
    /// The rest, hexadecimal, at least this many bytes.
    Hex(usize),
    /// Algorithm, tag and key of HIP.
    HipHead,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// The rest, a key: base64, empty where the flags in front say that there is none.
    Key,
    /// All of LOC.
    Loc,
    /// 64 bits as four groups.
    Locator,
    /// A name.
    Name(NameRule),
    /// The rest, names; there may be none.
    Names,
    /// The rest, hexadecimal behind `0x`, with dots anywhere.
    Nsap,
    /// The rest, types as bits, of NXT.
    OldBitmap,
    /// The rest, any bytes; no text form but the generic one.
    Opaque,
    /// A character-string that may be missing at the end.
    OptionalString,
    /// The rest, options of EDNS; no text form but the generic one.
    Options,
    /// The rest, parameters of SVCB.
    Parameters,
    /// The rest, ports as bits.
    Ports,
    /// A protocol of IP.
    Protocol,
    /// The type of the relay of AMTRELAY, its upper bit a number of its own in text.
    RelayType,
    /// A salt: length byte, hexadecimal or `-`.
    Salt,
    /// Seconds: 32 bits, in text also with units.
    Seconds,
    /// A length of 16 bits and as many bytes, in text the length and base64.
    Sized,
    /// A character-string.
    String,
    /// The rest, one or more character-strings.
    Strings,
    /// A character-string of at least four digits.
    Telephone,
    /// A time of signing: 32 bits, in text 14 digits.
    Time,
    /// A type of record.
    Type,
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
    /// A number of 48 bits.
    U48,
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
    pub(super) fn name_rule(self, before: &[u8]) -> Option<NameRule> {
        match self {
            Self::Name(rule) => Some(rule),
            Self::A6Name => a6::has_name(before).then_some(NameRule::Lower),
            Self::Gateway(of) => of.is_name(before).then_some(NameRule::Plain),
            _ => None,
        }
    }

    /// Whether the field can be a name.
    pub(super) fn may_be_name(self) -> bool {
        matches!(
            self,
            Self::Name(_) | Self::Names | Self::A6Name | Self::Gateway(_)
        )
    }
}

/// The fields of a row, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row(&'static [Field]);

impl Row {
    /// All fields of a row.
    #[inline]
    pub(super) fn new(fields: &'static [Field]) -> Self {
        Self(fields)
    }

    /// The fields up to the last that can be a name.
    pub(super) fn names(fields: &'static [Field]) -> Self {
        let last = fields.iter().rposition(|field| field.may_be_name());
        let count = last.map_or(0, |last| last + 1);
        Self(fields.get(..count).unwrap_or_default())
    }

    /// The next field. Names without end are given one by one, until nothing is left to read.
    #[inline]
    pub(super) fn next(&mut self, at_end: bool) -> Option<Field> {
        let (&field, later) = self.0.split_first()?;
        if field == Field::Names {
            return (!at_end).then_some(Field::Name(NameRule::Plain));
        }
        self.0 = later;
        Some(field)
    }
}
