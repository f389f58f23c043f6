//! The table: for each type its fields.

use super::field::Field::{
    self, Algorithm, BareString, Base64, Eui48, Eui64, Hex, Ipv4, Ipv6, Key, Locator, Name, Opaque,
    OptionalString, Salt, Seconds, String, Strings, Time, Type, U8, U16, U32,
};
use super::field::NameRule::{Classic, Early, Lower, Plain};
use crate::types::Rtype;

/// The fields of a type; none for types that are opaque to us.
#[inline]
pub(super) fn fields(rtype: Rtype) -> Option<&'static [Field]> {
    let fields: &'static [Field] = match rtype {
        Rtype::A => &[Ipv4],
        Rtype::AAAA => &[Ipv6],
        Rtype::NS
        | Rtype::MD
        | Rtype::MF
        | Rtype::CNAME
        | Rtype::MB
        | Rtype::MG
        | Rtype::MR
        | Rtype::PTR => &[Name(Classic)],
        Rtype::SOA => &[
            Name(Classic),
            Name(Classic),
            U32,
            Seconds,
            Seconds,
            Seconds,
            Seconds,
        ],
        Rtype::MINFO => &[Name(Classic), Name(Classic)],
        Rtype::MX => &[U16, Name(Classic)],
        Rtype::TXT | Rtype::SPF | Rtype::AVC => &[Strings],
        Rtype::HINFO => &[String, String],
        Rtype::NULL => &[Opaque],
        Rtype::RP => &[Name(Early), Name(Early)],
        Rtype::AFSDB | Rtype::RT => &[U16, Name(Early)],
        Rtype::ISDN => &[String, OptionalString],
        Rtype::NSAP_PTR => &[Name(Plain)],
        Rtype::SIG => &[
            Type,
            Algorithm,
            U8,
            Seconds,
            Time,
            Time,
            U16,
            Name(Early),
            Base64(1),
        ],
        Rtype::RRSIG => &[
            Type,
            Algorithm,
            U8,
            Seconds,
            Time,
            Time,
            U16,
            Name(Lower),
            Base64(1),
        ],
        Rtype::KEY | Rtype::DNSKEY | Rtype::CDNSKEY => &[U16, U8, Algorithm, Key],
        Rtype::PX => &[U16, Name(Early), Name(Early)],
        Rtype::SRV => &[U16, U16, U16, Name(Early)],
        Rtype::NAPTR => &[U16, U16, String, String, String, Name(Early)],
        Rtype::KX => &[U16, Name(Lower)],
        Rtype::DNAME => &[Name(Lower)],
        Rtype::DHCID | Rtype::OPENPGPKEY => &[Base64(1)],
        Rtype::TLSA | Rtype::SMIMEA => &[U8, U8, U8, Hex(1)],
        Rtype::NSEC3PARAM => &[U8, U8, U16, Salt],
        Rtype::NID | Rtype::L64 => &[U16, Locator],
        Rtype::L32 => &[U16, Ipv4],
        Rtype::LP => &[U16, Name(Plain)],
        Rtype::EUI48 => &[Eui48],
        Rtype::EUI64 => &[Eui64],
        Rtype::URI => &[U16, U16, BareString(1)],
        _ => return None,
    };
    Some(fields)
}
