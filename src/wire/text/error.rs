//! What is wrong with record data as people write it: which word, and what should stand there.
//!
//! The messages are parts of what users read about their zone files, so they say what was expected.

use super::name::NameTextError;
use super::service::ServiceKey;
use crate::error::WireErrorKind;

/// A fault in the text of record data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct DataTextError {
    /// Which word, from 0; as many as there are words when one is missing at the end.
    pub token: usize,
    /// What is wrong with it.
    pub kind: DataTextErrorKind,
}

/// The kinds of faults in the text of record data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataTextErrorKind {
    /// A digest whose length does not fit its kind.
    #[error("expected a digest of {expected} bytes for this digest type, got {found}")]
    DigestLength {
        /// The bytes the kind of digest has.
        expected: usize,
        /// The bytes that stand there.
        found: usize,
    },
    /// A digest shorter than any may be.
    #[error("expected a digest of at least {least} bytes, got {found}")]
    DigestShort {
        /// The fewest bytes there may be.
        least: usize,
        /// The bytes that stand there.
        found: usize,
    },
    /// A backslash without a character or three digits up to 255 behind it.
    #[error("escape that is neither \\X nor \\DDD with DDD up to 255")]
    Escape,
    /// More words than the type has.
    #[error("expected the end of the record")]
    Excess,
    /// Something else stands there.
    #[error("expected {0}")]
    Expected(Expected),
    /// Generic data that is not what its type should be.
    #[error("generic data does not fit the type: {0}")]
    Generic(WireErrorKind),
    /// A type that has no text form of its own.
    #[error("this type has no text form of its own; write it as \\# LENGTH HEX")]
    GenericOnly,
    /// A stated length that is not that of the data.
    #[error("expected {stated} bytes as stated, got {found}")]
    Length {
        /// The length as it is written.
        stated: usize,
        /// The bytes that stand there.
        found: usize,
    },
    /// The words end too early.
    #[error("expected {0}, but the record ends here")]
    Missing(Expected),
    /// What should be a name is none.
    #[error("expected a domain name: {0}")]
    Name(NameTextError),
    /// A service parameter that breaks the rules of RFC 9460.
    #[error("{0}")]
    Service(ServiceTextError),
    /// A string of more than 255 bytes.
    #[error("string longer than 255 bytes; split it into several strings")]
    StringLength,
    /// More than 65,535 bytes of data.
    #[error("more than 65535 bytes of record data")]
    TooLong,
}

/// What the parser looks for: the part of a message after "expected".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Expected {
    /// A DNSSEC algorithm.
    #[error("a DNSSEC algorithm such as 13 or ECDSAP256SHA256")]
    Algorithm,
    /// An altitude, size or precision of a location.
    #[error("meters such as 10m or -1.50m, within the range of LOC")]
    Altitude,
    /// An address of ATM.
    #[error("an ATM address: + and digits, or hexadecimal digits with dots")]
    AtmAddress,
    /// Unpadded base32hex.
    #[error("a hashed name in base32hex, without padding")]
    Base32,
    /// Base64.
    #[error("base64")]
    Base64,
    /// A CAA tag.
    #[error("a tag of letters and digits such as issue")]
    CaaTag,
    /// A type of certificate.
    #[error("a certificate type such as PKIX or 1")]
    CertificateType,
    /// Degrees, minutes, seconds.
    #[error("degrees, minutes or seconds in range, then N or S and E or W")]
    Coordinate,
    /// A type of digest.
    #[error("a digest type such as 2 or SHA-256")]
    DigestType,
    /// An EUI-48.
    #[error("an EUI-48 such as 00-00-5e-00-53-2a")]
    Eui48,
    /// An EUI-64.
    #[error("an EUI-64 such as 00-00-5e-ef-10-00-00-2a")]
    Eui64,
    /// The gateway of an IPSECKEY, the relay of an AMTRELAY.
    #[error("a gateway of the stated type (0 none, 1 IPv4, 2 IPv6, 3 name)")]
    GatewayType,
    /// The hash of NSEC3.
    #[error("a hash algorithm such as 1 or SHA-1")]
    HashAlgorithm,
    /// Hexadecimal digits.
    #[error("an even number of hexadecimal digits")]
    Hex,
    /// A host identity tag.
    #[error("a host identity tag of 1 to 255 bytes in hexadecimal digits")]
    HostIdentity,
    /// An IPv4 address.
    #[error("an IPv4 address such as 192.0.2.1")]
    Ipv4,
    /// An IPv6 address.
    #[error("an IPv6 address such as 2001:db8::1")]
    Ipv6,
    /// The flags of a key.
    #[error("flags of a key such as 256")]
    KeyFlags,
    /// The protocol of a key.
    #[error("the protocol of a key such as 3")]
    KeyProtocol,
    /// A number of the given range, from 0, of more than 32 bits.
    #[error("a number from 0 to {0}")]
    Large(u64),
    /// A locator or node identifier.
    #[error("four groups of hexadecimal digits such as 2001:db8:1140:1000")]
    Locator,
    /// A domain name.
    #[error("a domain name")]
    Name,
    /// The dot that stands for no gateway.
    #[error(". since the gateway type is 0, none")]
    NoGateway,
    /// A string that is not empty.
    #[error("a string that is not empty")]
    NonEmptyString,
    /// A scheme of notification.
    #[error("a scheme such as NOTIFY or 1")]
    NotifyScheme,
    /// An NSAP address.
    #[error("an NSAP address such as 0x47.0005.80")]
    Nsap,
    /// A number of the given range, from 0.
    #[error("a number from 0 to {0}")]
    Number(u32),
    /// Seconds.
    #[error("seconds such as 3600 or a period such as 1h30m")]
    Period,
    /// A prefix of an APL record.
    #[error("an address prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32")]
    Prefix,
    /// An IP protocol.
    #[error("an IP protocol such as 6 or TCP")]
    Protocol,
    /// A response code.
    #[error("a response code such as NOERROR or 0")]
    ResponseCode,
    /// A record type.
    #[error("a record type such as A or TYPE65280")]
    Rtype,
    /// A salt.
    #[error("a salt of up to 255 bytes in hexadecimal digits, or - for none")]
    Salt,
    /// A service or port.
    #[error("a port number or a service such as smtp")]
    Service,
    /// A string.
    #[error("a string")]
    String,
    /// A telephone or X.25 number.
    #[error("at least four digits")]
    Telephone,
    /// The time of a signature.
    #[error("a time such as 20301231235959, or seconds since 1970")]
    Time,
}

/// What is wrong with the parameters of an SVCB or HTTPS record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceTextError {
    /// The list of protocols is empty or holds an empty or overlong one.
    #[error("alpn needs a list of protocols of 1 to 255 bytes such as h2,h3")]
    Alpn,
    /// A path template that is empty, no UTF-8, or without the variable.
    #[error("dohpath needs a path template with the variable dns such as /dns-query{{?dns}}")]
    DohPath,
    /// No base64, or nothing.
    #[error("ech needs a value in base64")]
    Ech,
    /// A list of groups that is empty or repeats one.
    #[error("tls-supported-groups needs a list of numbers, none twice, such as 29,23")]
    Groups,
    /// No list of IPv4 addresses.
    #[error("ipv4hint needs a list of IPv4 addresses such as 192.0.2.1,192.0.2.2")]
    Ipv4Hint,
    /// No list of IPv6 addresses.
    #[error("ipv6hint needs a list of IPv6 addresses such as 2001:db8::1,2001:db8::2")]
    Ipv6Hint,
    /// No key.
    #[error("expected a service parameter such as alpn=h2, port=443 or key65000=text")]
    Key,
    /// A list of mandatory keys that is empty, or names no keys.
    #[error("mandatory needs a list of keys such as alpn,port")]
    Mandatory,
    /// A key that must be there is not.
    #[error("mandatory lists {0}, which is not among the parameters")]
    MandatoryMissing(ServiceKey),
    /// A key is listed as mandatory twice.
    #[error("mandatory lists {0} twice")]
    MandatoryRepeated(ServiceKey),
    /// The key of the list itself stands in the list.
    #[error("mandatory must not list itself")]
    MandatorySelf,
    /// `no-default-alpn` without `alpn`.
    #[error("no-default-alpn needs alpn beside it")]
    NoDefaultAlpnAlone,
    /// No port.
    #[error("port needs a number from 0 to 65535")]
    Port,
    /// A key stands twice.
    #[error("{0} stands twice")]
    Repeated(ServiceKey),
    /// Key 65535 is reserved.
    #[error("key65535 is reserved and must not be used")]
    Reserved,
    /// A value where none may be.
    #[error("{0} takes no value")]
    Value(&'static str),
    /// A value of more than 65,535 bytes.
    #[error("value longer than 65535 bytes")]
    ValueLength,
}
