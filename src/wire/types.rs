//! Numbers with a meaning: record types, classes, codes, TTLs, serials.

use std::fmt;

/// A record type. Any number is legal; those we know by name print by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rtype(pub u16);

macro_rules! rtypes {
    ($($name:ident = $number:literal $text:literal $doc:literal;)*) => {
        impl Rtype {
            $(#[doc = $doc] pub const $name: Self = Self($number);)*

            /// The mnemonic of a type, if it has one.
            #[must_use]
            pub fn mnemonic(self) -> Option<&'static str> {
                match self.0 { $($number => Some($text),)* _ => None }
            }

            /// The type of a mnemonic or of `TYPE123`, whatever its case.
            #[must_use]
            pub fn from_text(text: &[u8]) -> Option<Self> {
                let mut upper = [0; 12];
                let upper = upper.get_mut(..text.len())?;
                upper.copy_from_slice(text);
                upper.make_ascii_uppercase();
                match std::str::from_utf8(upper).ok()? {
                    $($text => Some(Self($number)),)*
                    other => decimal(other.strip_prefix("TYPE")?).map(Self),
                }
            }

            /// All types that have a name, by number.
            pub const KNOWN: &'static [Self] = &[$(Self($number),)*];
        }
    };
}

rtypes! {
    A = 1 "A" "IPv4 address (RFC 1035).";
    NS = 2 "NS" "Name server (RFC 1035).";
    MD = 3 "MD" "Mail destination, obsolete (RFC 1035).";
    MF = 4 "MF" "Mail forwarder, obsolete (RFC 1035).";
    CNAME = 5 "CNAME" "Canonical name (RFC 1035).";
    SOA = 6 "SOA" "Start of authority (RFC 1035).";
    MB = 7 "MB" "Mailbox, experimental (RFC 1035).";
    MG = 8 "MG" "Mail group, experimental (RFC 1035).";
    MR = 9 "MR" "Mail rename, experimental (RFC 1035).";
    NULL = 10 "NULL" "Anything, experimental (RFC 1035).";
    WKS = 11 "WKS" "Well-known services (RFC 1035).";
    PTR = 12 "PTR" "Pointer (RFC 1035).";
    HINFO = 13 "HINFO" "Host information (RFC 1035).";
    MINFO = 14 "MINFO" "Mailbox information, experimental (RFC 1035).";
    MX = 15 "MX" "Mail exchange (RFC 1035).";
    TXT = 16 "TXT" "Text (RFC 1035).";
    RP = 17 "RP" "Responsible person (RFC 1183).";
    AFSDB = 18 "AFSDB" "AFS database (RFC 1183).";
    X25 = 19 "X25" "X.25 address (RFC 1183).";
    ISDN = 20 "ISDN" "ISDN address (RFC 1183).";
    RT = 21 "RT" "Route through (RFC 1183).";
    NSAP = 22 "NSAP" "NSAP address (RFC 1706).";
    NSAP_PTR = 23 "NSAP-PTR" "NSAP pointer (RFC 1706).";
    SIG = 24 "SIG" "Signature, obsolete (RFC 2535).";
    KEY = 25 "KEY" "Key (RFC 2535).";
    PX = 26 "PX" "X.400 mapping (RFC 2163).";
    GPOS = 27 "GPOS" "Geographical position (RFC 1712).";
    AAAA = 28 "AAAA" "IPv6 address (RFC 3596).";
    LOC = 29 "LOC" "Location (RFC 1876).";
    NXT = 30 "NXT" "Next domain, obsolete (RFC 2535).";
    EID = 31 "EID" "Endpoint identifier of Nimrod, experimental (registry).";
    NIMLOC = 32 "NIMLOC" "Locator of Nimrod, experimental (registry).";
    SRV = 33 "SRV" "Service (RFC 2782).";
    ATMA = 34 "ATMA" "ATM address (registry).";
    NAPTR = 35 "NAPTR" "Naming authority pointer (RFC 3403).";
    KX = 36 "KX" "Key exchanger (RFC 2230).";
    CERT = 37 "CERT" "Certificate (RFC 4398).";
    A6 = 38 "A6" "IPv6 address, historic (RFC 2874).";
    DNAME = 39 "DNAME" "Redirection of a subtree (RFC 6672).";
    SINK = 40 "SINK" "Anything with a coding, experimental (registry).";
    OPT = 41 "OPT" "EDNS (RFC 6891).";
    APL = 42 "APL" "Address prefixes (RFC 3123).";
    DS = 43 "DS" "Delegation signer (RFC 4034).";
    SSHFP = 44 "SSHFP" "SSH key fingerprint (RFC 4255).";
    IPSECKEY = 45 "IPSECKEY" "IPsec key (RFC 4025).";
    RRSIG = 46 "RRSIG" "Signature of an RRset (RFC 4034).";
    NSEC = 47 "NSEC" "Next secure name (RFC 4034).";
    DNSKEY = 48 "DNSKEY" "Zone key (RFC 4034).";
    DHCID = 49 "DHCID" "DHCP client identity (RFC 4701).";
    NSEC3 = 50 "NSEC3" "Next secure name, hashed (RFC 5155).";
    NSEC3PARAM = 51 "NSEC3PARAM" "Parameters of NSEC3 (RFC 5155).";
    TLSA = 52 "TLSA" "Certificate association (RFC 6698).";
    SMIMEA = 53 "SMIMEA" "S/MIME certificate association (RFC 8162).";
    HIP = 55 "HIP" "Host identity (RFC 8005).";
    NINFO = 56 "NINFO" "Status of a zone, experimental (registry).";
    RKEY = 57 "RKEY" "Key for records, experimental (registry).";
    TALINK = 58 "TALINK" "Links of a list of trust anchors, experimental (registry).";
    CDS = 59 "CDS" "Child copy of DS (RFC 7344).";
    CDNSKEY = 60 "CDNSKEY" "Child copy of DNSKEY (RFC 7344).";
    OPENPGPKEY = 61 "OPENPGPKEY" "OpenPGP key (RFC 7929).";
    CSYNC = 62 "CSYNC" "Child-to-parent synchronisation (RFC 7477).";
    ZONEMD = 63 "ZONEMD" "Digest of a zone (RFC 8976).";
    SVCB = 64 "SVCB" "Service binding (RFC 9460).";
    HTTPS = 65 "HTTPS" "Service binding for HTTP (RFC 9460).";
    DSYNC = 66 "DSYNC" "Where to notify a parent (RFC 9859).";
    HHIT = 67 "HHIT" "Hierarchical host identity tag (RFC 9886).";
    BRID = 68 "BRID" "Broadcast remote identity (RFC 9886).";
    SPF = 99 "SPF" "Sender policy, obsolete (RFC 7208).";
    UINFO = 100 "UINFO" "Reserved, known by name only.";
    UID = 101 "UID" "Reserved, known by name only.";
    GID = 102 "GID" "Reserved, known by name only.";
    UNSPEC = 103 "UNSPEC" "Reserved, known by name only.";
    NID = 104 "NID" "Node identifier (RFC 6742).";
    L32 = 105 "L32" "Locator, 32 bits (RFC 6742).";
    L64 = 106 "L64" "Locator, 64 bits (RFC 6742).";
    LP = 107 "LP" "Locator pointer (RFC 6742).";
    EUI48 = 108 "EUI48" "MAC address, 48 bits (RFC 7043).";
    EUI64 = 109 "EUI64" "MAC address, 64 bits (RFC 7043).";
    TKEY = 249 "TKEY" "Key negotiation (RFC 2930).";
    TSIG = 250 "TSIG" "Signature of a message (RFC 8945).";
    IXFR = 251 "IXFR" "Incremental transfer (RFC 1995).";
    AXFR = 252 "AXFR" "Full transfer (RFC 5936).";
    MAILB = 253 "MAILB" "Mailbox records (RFC 1035).";
    MAILA = 254 "MAILA" "Mail agent records (RFC 1035).";
    ANY = 255 "ANY" "Any type (RFC 8482).";
    URI = 256 "URI" "Uniform resource identifier (RFC 7553).";
    CAA = 257 "CAA" "Certification authority authorisation (RFC 8659).";
    AVC = 258 "AVC" "Application visibility (registry).";
    DOA = 259 "DOA" "Digital object architecture (registry).";
    AMTRELAY = 260 "AMTRELAY" "Relay of automatic multicast tunneling (RFC 8777).";
    RESINFO = 261 "RESINFO" "What a resolver can do (RFC 9606).";
    WALLET = 262 "WALLET" "Public wallet address (registry).";
    TA = 32768 "TA" "Trust anchor of a zone (registry).";
    DLV = 32769 "DLV" "DNSSEC look-aside, obsolete (RFC 8749).";
}

impl Rtype {
    /// Types that only ask or only travel: they cannot stand in a zone (RFC 6895 §3.1).
    #[must_use]
    pub fn is_meta(self) -> bool {
        self == Self::OPT || (128..=255).contains(&self.0) || self.0 == 0
    }
}

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(text) => f.pad(text),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

impl fmt::Debug for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A class of records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(pub u16);

impl Class {
    /// The internet.
    pub const IN: Self = Self(1);
    /// Chaosnet, used for questions about the server itself.
    pub const CH: Self = Self(3);
    /// Hesiod.
    pub const HS: Self = Self(4);
    /// None (RFC 2136).
    pub const NONE: Self = Self(254);
    /// Any class.
    pub const ANY: Self = Self(255);

    /// The class of a mnemonic or of `CLASS123`, whatever its case.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        const KNOWN: [(&[u8], Class); 6] = [
            (b"IN", Class::IN),
            (b"CH", Class::CH),
            (b"CHAOS", Class::CH),
            (b"HS", Class::HS),
            (b"NONE", Class::NONE),
            (b"ANY", Class::ANY),
        ];
        if let Some((_, class)) = KNOWN
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name))
        {
            return Some(*class);
        }
        let (prefix, number) = text.split_at_checked(5)?;
        if !prefix.eq_ignore_ascii_case(b"CLASS") {
            return None;
        }
        decimal(std::str::from_utf8(number).ok()?).map(Self)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN => f.pad("IN"),
            Self::CH => f.pad("CH"),
            Self::HS => f.pad("HS"),
            Self::NONE => f.pad("NONE"),
            Self::ANY => f.pad("ANY"),
            Self(number) => write!(f, "CLASS{number}"),
        }
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

impl Opcode {
    /// A standard query.
    pub const QUERY: Self = Self(0);
    /// A zone has changed (RFC 1996).
    pub const NOTIFY: Self = Self(4);
    /// A dynamic update (RFC 2136).
    pub const UPDATE: Self = Self(5);
}

/// The outcome of a request: 12 bits, of which EDNS carries the upper 8.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rcode(pub u16);

macro_rules! rcodes {
    ($($name:ident = $number:literal $doc:literal;)*) => {
        impl Rcode {
            $(#[doc = $doc] pub const $name: Self = Self($number);)*

            /// The mnemonic of a code, if it has one.
            #[must_use]
            pub fn mnemonic(self) -> Option<&'static str> {
                match self.0 { $($number => Some(stringify!($name)),)* _ => None }
            }
        }
    };
}

rcodes! {
    NOERROR = 0 "All well.";
    FORMERR = 1 "The request could not be understood.";
    SERVFAIL = 2 "The server could not do it.";
    NXDOMAIN = 3 "The name does not exist.";
    NOTIMP = 4 "The kind of request is not supported.";
    REFUSED = 5 "Not allowed, or not our zone.";
    YXDOMAIN = 6 "A name exists that should not.";
    YXRRSET = 7 "An RRset exists that should not.";
    NXRRSET = 8 "An RRset is missing that should exist.";
    NOTAUTH = 9 "Not authoritative for the zone, or not authorised.";
    NOTZONE = 10 "A name is not in the zone.";
    BADVERS = 16 "This EDNS version is not supported.";
    BADKEY = 17 "The key is not known.";
    BADTIME = 18 "The signature is outside its time.";
    BADTRUNC = 22 "The signature is cut too short.";
    BADCOOKIE = 23 "The cookie is missing or wrong.";
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(text) => f.pad(text),
            None => write!(f, "RCODE{}", self.0),
        }
    }
}

impl fmt::Debug for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Seconds that an answer may be kept; at most 2^31 - 1 (RFC 2181 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ttl(u32);

impl Ttl {
    /// The longest one.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// A TTL of this many seconds; RFC 2181 §8: values with the top bit set count as zero.
    #[must_use]
    pub fn from_secs(seconds: u32) -> Self {
        if seconds > Self::MAX.0 {
            Self(0)
        } else {
            Self(seconds)
        }
    }

    /// The seconds.
    #[must_use]
    pub fn as_secs(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The version of a zone, compared by RFC 1982: half of all numbers are "newer".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Serial(pub u32);

impl Serial {
    /// Whether this serial is newer than another (RFC 1982 §3.2).
    #[must_use]
    pub fn is_newer_than(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0);
        ahead != 0 && ahead < 0x8000_0000
    }

    /// The serial that follows; zero is skipped, since some secondaries take it for "none".
    #[must_use]
    pub fn next(self) -> Self {
        match self.0.wrapping_add(1) {
            0 => Self(1),
            next => Self(next),
        }
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Digits only: `str::parse` would let a plus sign pass.
fn decimal(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_prints_and_parses_back() {
        for rtype in Rtype::KNOWN {
            assert_eq!(Rtype::from_text(rtype.to_string().as_bytes()), Some(*rtype));
        }
        assert_eq!(Rtype::from_text(b"type65280"), Some(Rtype(65280)));
        assert_eq!(Rtype::from_text(b"TYPE65536"), None);
        assert_eq!(Rtype::from_text(b"TYPE+1"), None);
    }

    #[test]
    fn serials_compare_around_the_wrap() {
        assert!(Serial(1).is_newer_than(Serial(u32::MAX)));
        assert!(!Serial(5).is_newer_than(Serial(5)));
        assert!(!Serial(0x8000_0000).is_newer_than(Serial(0)));
        assert_eq!(Serial(u32::MAX).next(), Serial(1));
    }

    #[test]
    fn ttl_with_the_top_bit_counts_as_zero() {
        assert_eq!(Ttl::from_secs(0x8000_0000).as_secs(), 0);
        assert_eq!(Ttl::from_secs(i32::MAX as u32), Ttl::MAX);
    }
}
