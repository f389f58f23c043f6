//! The table: for each type its fields.

use super::codes::Codes;
use super::digest::DigestOf;
use super::field::Field::{
    self, A6Address, A6Name, Apl, AtmAddress, BareString, Base64, Bitmap, CaaTag, Code8, Code16,
    Digest, Document, Eui48, Eui64, Gateway, Hash, Hex, HipHead, Ipv4, Ipv6, Key, Loc, Locator,
    Name, Names, Nsap, OldBitmap, Opaque, OptionalString, Options, Parameters, Ports, Protocol,
    RelayType, Salt, Seconds, Sized, String, Strings, Telephone, Time, Type, U8, U16, U32, U48,
};
use super::field::NameRule::{self, Classic, Early, Lower, Plain};
use super::gateway::GatewayOf;
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
        Rtype::TXT | Rtype::NINFO | Rtype::SPF | Rtype::AVC | Rtype::RESINFO | Rtype::WALLET => {
            &[Strings]
        }
        Rtype::HINFO => &[String, String],
        Rtype::NULL | Rtype::UINFO | Rtype::UID | Rtype::GID | Rtype::UNSPEC => &[Opaque],
        Rtype::WKS => &[Ipv4, Protocol, Ports],
        Rtype::RP => &[Name(Early), Name(Early)],
        Rtype::AFSDB | Rtype::RT => &[U16, Name(Early)],
        Rtype::X25 => &[Telephone],
        Rtype::ISDN => &[String, OptionalString],
        Rtype::NSAP => &[Nsap],
        Rtype::NSAP_PTR => &[Name(Plain)],
        Rtype::SIG => const { &signature(Early) },
        Rtype::RRSIG => const { &signature(Lower) },
        Rtype::KEY | Rtype::DNSKEY | Rtype::CDNSKEY => &[
            Code16(Codes::KeyFlags),
            Code8(Codes::KeyProtocol),
            Code8(Codes::Algorithm),
            Key,
        ],
        Rtype::PX => &[U16, Name(Early), Name(Early)],
        Rtype::GPOS => &[String, String, String],
        Rtype::LOC => &[Loc],
        Rtype::NXT => &[Name(Early), OldBitmap],
        Rtype::EID | Rtype::NIMLOC => &[Hex(1)],
        Rtype::SRV => &[U16, U16, U16, Name(Early)],
        Rtype::ATMA => &[AtmAddress],
        Rtype::NAPTR => &[U16, U16, String, String, String, Name(Early)],
        Rtype::KX => &[U16, Name(Lower)],
        Rtype::CERT => &[
            Code16(Codes::CertificateType),
            U16,
            Code8(Codes::CertificateAlgorithm),
            Base64(1),
        ],
        Rtype::A6 => &[A6Address, A6Name],
        Rtype::DNAME => &[Name(Lower)],
        Rtype::SINK => &[U8, U8, U8, Base64(0)],
        Rtype::OPT => &[Options],
        Rtype::APL => &[Apl],
        Rtype::DS | Rtype::CDS | Rtype::TA | Rtype::DLV => &[
            U16,
            Code8(Codes::Algorithm),
            Code8(Codes::DigestType),
            Digest(DigestOf::Key),
        ],
        Rtype::SSHFP => &[U8, U8, Digest(DigestOf::HostKey)],
        Rtype::IPSECKEY => &[U8, U8, U8, Gateway(GatewayOf::Ipsec), Base64(0)],
        Rtype::NSEC => &[Name(Plain), Bitmap(1)],
        Rtype::DHCID | Rtype::OPENPGPKEY | Rtype::HHIT | Rtype::BRID => &[Base64(1)],
        Rtype::NSEC3 => &[Code8(Codes::HashAlgorithm), U8, U16, Salt, Hash, Bitmap(0)],
        Rtype::NSEC3PARAM => &[Code8(Codes::HashAlgorithm), U8, U16, Salt],
        Rtype::TLSA | Rtype::SMIMEA => &[U8, U8, U8, Hex(1)],
        Rtype::HIP => &[HipHead, Names],
        Rtype::RKEY => &[
            Code16(Codes::KeyFlags),
            Code8(Codes::KeyProtocol),
            Code8(Codes::Algorithm),
            Base64(1),
        ],
        Rtype::TALINK => &[Name(Plain), Name(Plain)],
        Rtype::CSYNC => &[U32, U16, Bitmap(0)],
        Rtype::ZONEMD => &[U32, U8, U8, Digest(DigestOf::Zone)],
        Rtype::SVCB | Rtype::HTTPS => &[U16, Name(Plain), Parameters],
        Rtype::DSYNC => &[Type, Code8(Codes::NotifyScheme), U16, Name(Plain)],
        Rtype::NID | Rtype::L64 => &[U16, Locator],
        Rtype::L32 => &[U16, Ipv4],
        Rtype::LP => &[U16, Name(Plain)],
        Rtype::EUI48 => &[Eui48],
        Rtype::EUI64 => &[Eui64],
        Rtype::TKEY => &[
            Name(Plain),
            Time,
            Time,
            U16,
            Code16(Codes::ResponseCode),
            Sized,
            Sized,
        ],
        Rtype::TSIG => &[
            Name(Plain),
            U48,
            U16,
            Sized,
            U16,
            Code16(Codes::ResponseCode),
            Sized,
        ],
        Rtype::URI => &[U16, U16, BareString(1)],
        Rtype::CAA => &[U8, CaaTag, BareString(0)],
        Rtype::DOA => &[U32, U32, U8, String, Document],
        Rtype::AMTRELAY => &[U8, RelayType, Gateway(GatewayOf::Relay)],
        _ => return None,
    };
    Some(fields)
}

/// SIG and RRSIG differ only in how the name of the signer is treated.
const fn signature(rule: NameRule) -> [Field; 9] {
    [
        Type,
        Code8(Codes::Algorithm),
        U8,
        Seconds,
        Time,
        Time,
        U16,
        Name(rule),
        Base64(1),
    ]
}
