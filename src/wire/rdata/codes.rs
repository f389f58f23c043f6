//! Numbers that have names: algorithms, kinds of digests and certificates, flags of keys.
//!
//! In text a number always stands for itself; names are matched whatever their case.

use crate::text::{Expected, decimal};
use crate::types::Rcode;

/// A family of numbers with names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// Algorithms of DNSSEC, printed as numbers.
    Algorithm,
    /// The same in CERT records, printed by name (RFC 4398 §2.2).
    CertificateAlgorithm,
    /// Types of certificates, printed by name (RFC 4398 §2.1).
    CertificateType,
    /// Digests of DS records.
    DigestType,
    /// Hashes of NSEC3.
    HashAlgorithm,
    /// Flags of KEY records, several joined by `|` (RFC 2535 §7.1).
    KeyFlags,
    /// Protocols of KEY records (RFC 2535 §7.1).
    KeyProtocol,
    /// How a parent wants to be notified, by DSYNC; printed by name.
    NotifyScheme,
    /// Errors of TSIG and TKEY, printed by name.
    ResponseCode,
}

impl Codes {
    /// What the parser looks for.
    pub(super) fn expected(self) -> Expected {
        match self {
            Self::Algorithm | Self::CertificateAlgorithm => Expected::Algorithm,
            Self::CertificateType => Expected::CertificateType,
            Self::DigestType => Expected::DigestType,
            Self::HashAlgorithm => Expected::HashAlgorithm,
            Self::KeyFlags => Expected::KeyFlags,
            Self::KeyProtocol => Expected::KeyProtocol,
            Self::NotifyScheme => Expected::NotifyScheme,
            Self::ResponseCode => Expected::ResponseCode,
        }
    }

    /// The number that a word means, up to `max`.
    pub(super) fn parse(self, text: &[u8], max: u16) -> Option<u16> {
        let code = match (text.first(), self) {
            (Some(b'0'..=b'9'), _) => u16::try_from(decimal(text, u32::from(max))?).ok()?,
            (_, Self::KeyFlags) => key_flags(text)?,
            (_, Self::ResponseCode) => response_code(text)?,
            _ => find(self.table(), text)?,
        };
        (code <= max).then_some(code)
    }

    /// The name a number is printed by, if it is printed by name.
    pub(super) fn name(self, code: u16) -> Option<&'static str> {
        match self {
            Self::CertificateAlgorithm | Self::CertificateType | Self::NotifyScheme => {
                let row = self.table().iter().find(|(_, number)| *number == code)?;
                Some(row.0)
            }
            // RFC 8945 §3: 16 has a meaning of its own here.
            Self::ResponseCode if code == BADSIG.1 => Some(BADSIG.0),
            Self::ResponseCode => Rcode(code).mnemonic(),
            _ => None,
        }
    }

    fn table(self) -> &'static [(&'static str, u16)] {
        match self {
            Self::Algorithm | Self::CertificateAlgorithm => ALGORITHMS,
            Self::CertificateType => CERTIFICATE_TYPES,
            Self::DigestType => DIGEST_TYPES,
            Self::HashAlgorithm => &[("SHA-1", 1), ("SHA1", 1)],
            Self::KeyFlags => KEY_FLAGS,
            Self::KeyProtocol => KEY_PROTOCOLS,
            Self::NotifyScheme => &[("NOTIFY", 1)],
            Self::ResponseCode => &[],
        }
    }
}

fn find(table: &[(&str, u16)], text: &[u8]) -> Option<u16> {
    let row = table
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(row.1)
}

fn key_flags(text: &[u8]) -> Option<u16> {
    text.split(|&byte| byte == b'|')
        .try_fold(0, |flags, name| Some(flags | find(KEY_FLAGS, name)?))
}

fn response_code(text: &[u8]) -> Option<u16> {
    if text.eq_ignore_ascii_case(BADSIG.0.as_bytes()) {
        return Some(BADSIG.1);
    }
    // Codes with names are few and low.
    (0..=u16::from(u8::MAX)).find(|&code| {
        Rcode(code)
            .mnemonic()
            .is_some_and(|name| text.eq_ignore_ascii_case(name.as_bytes()))
    })
}

const BADSIG: (&str, u16) = ("BADSIG", 16);

const ALGORITHMS: &[(&str, u16)] = &[
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("ECC", 4),
    ("RSASHA1", 5),
    ("NSEC3DSA", 6),
    ("DSA-NSEC3-SHA1", 6),
    ("NSEC3RSASHA1", 7),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECC-GOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ECDSA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

const CERTIFICATE_TYPES: &[(&str, u16)] = &[
    ("PKIX", 1),
    ("SPKI", 2),
    ("PGP", 3),
    ("IPKIX", 4),
    ("ISPKI", 5),
    ("IPGP", 6),
    ("ACPKIX", 7),
    ("IACPKIX", 8),
    ("URI", 253),
    ("OID", 254),
];

const DIGEST_TYPES: &[(&str, u16)] = &[
    ("SHA-1", 1),
    ("SHA1", 1),
    ("SHA-256", 2),
    ("SHA256", 2),
    ("GOST", 3),
    ("SHA-384", 4),
    ("SHA384", 4),
];

const KEY_FLAGS: &[(&str, u16)] = &[
    ("NOCONF", 0x4000),
    ("NOAUTH", 0x8000),
    ("NOKEY", 0xC000),
    ("FLAG2", 0x2000),
    ("EXTEND", 0x1000),
    ("FLAG4", 0x0800),
    ("FLAG5", 0x0400),
    ("USER", 0x0000),
    ("ZONE", 0x0100),
    ("HOST", 0x0200),
    ("NTYP3", 0x0300),
    ("FLAG8", 0x0080),
    ("FLAG9", 0x0040),
    ("FLAG10", 0x0020),
    ("FLAG11", 0x0010),
    ("SIG0", 0),
    ("SIG1", 1),
    ("SIG2", 2),
    ("SIG3", 3),
    ("SIG4", 4),
    ("SIG5", 5),
    ("SIG6", 6),
    ("SIG7", 7),
    ("SIG8", 8),
    ("SIG9", 9),
    ("SIG10", 10),
    ("SIG11", 11),
    ("SIG12", 12),
    ("SIG13", 13),
    ("SIG14", 14),
    ("SIG15", 15),
    ("KSK", 1),
];

const KEY_PROTOCOLS: &[(&str, u16)] = &[
    ("NONE", 0),
    ("TLS", 1),
    ("EMAIL", 2),
    ("DNSSEC", 3),
    ("IPSEC", 4),
    ("ALL", 255),
];
