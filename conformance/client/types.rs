//! Names of types, classes, response codes and operations.

/// The types that cases and zones of this suite name.
const TYPES: [(&str, u16); 61] = [
    ("A", 1),
    ("NS", 2),
    ("MD", 3),
    ("CNAME", 5),
    ("SOA", 6),
    ("MB", 7),
    ("NULL", 10),
    ("WKS", 11),
    ("PTR", 12),
    ("HINFO", 13),
    ("MINFO", 14),
    ("MX", 15),
    ("TXT", 16),
    ("RP", 17),
    ("AFSDB", 18),
    ("RT", 21),
    ("SIG", 24),
    ("KEY", 25),
    ("PX", 26),
    ("AAAA", 28),
    ("LOC", 29),
    ("NXT", 30),
    ("SRV", 33),
    ("NAPTR", 35),
    ("KX", 36),
    ("CERT", 37),
    ("A6", 38),
    ("DNAME", 39),
    ("OPT", 41),
    ("APL", 42),
    ("DS", 43),
    ("SSHFP", 44),
    ("IPSECKEY", 45),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DNSKEY", 48),
    ("DHCID", 49),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("TLSA", 52),
    ("SMIMEA", 53),
    ("HIP", 55),
    ("CDS", 59),
    ("CDNSKEY", 60),
    ("OPENPGPKEY", 61),
    ("CSYNC", 62),
    ("ZONEMD", 63),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("SPF", 99),
    ("EUI48", 108),
    ("EUI64", 109),
    ("TKEY", 249),
    ("TSIG", 250),
    ("IXFR", 251),
    ("AXFR", 252),
    ("MAILB", 253),
    ("MAILA", 254),
    ("ANY", 255),
    ("URI", 256),
    ("CAA", 257),
];

const CLASSES: [(&str, u16); 5] = [("IN", 1), ("CH", 3), ("HS", 4), ("NONE", 254), ("ANY", 255)];

const RCODES: [(&str, u16); 14] = [
    ("NOERROR", 0),
    ("FORMERR", 1),
    ("SERVFAIL", 2),
    ("NXDOMAIN", 3),
    ("NOTIMP", 4),
    ("REFUSED", 5),
    ("YXDOMAIN", 6),
    ("YXRRSET", 7),
    ("NXRRSET", 8),
    ("NOTAUTH", 9),
    ("NOTZONE", 10),
    ("BADVERS", 16),
    ("BADKEY", 17),
    ("BADCOOKIE", 23),
];

/// The number of a type: its name or `TYPE123`.
pub(crate) fn rtype(text: &str) -> Option<u16> {
    number(&TYPES, "TYPE", text)
}

/// The name of a type.
pub(crate) fn rtype_name(rtype: u16) -> String {
    name(&TYPES, "TYPE", rtype)
}

/// The number of a class: its name or `CLASS123`.
pub(crate) fn class(text: &str) -> Option<u16> {
    number(&CLASSES, "CLASS", text)
}

/// The name of a class.
pub(crate) fn class_name(class: u16) -> String {
    name(&CLASSES, "CLASS", class)
}

/// The number of a response code: its name or `RCODE11`.
pub(crate) fn rcode(text: &str) -> Option<u16> {
    number(&RCODES, "RCODE", text)
}

/// The name of a response code.
pub(crate) fn rcode_name(rcode: u16) -> String {
    name(&RCODES, "RCODE", rcode)
}

fn number(table: &[(&str, u16)], prefix: &str, text: &str) -> Option<u16> {
    let text = text.to_ascii_uppercase();
    let known = table.iter().find(|(name, _)| *name == text);
    match known {
        Some((_, number)) => Some(*number),
        None => text.strip_prefix(prefix)?.parse().ok(),
    }
}

fn name(table: &[(&str, u16)], prefix: &str, number: u16) -> String {
    let known = table.iter().find(|(_, known)| *known == number);
    known.map_or_else(
        || format!("{prefix}{number}"),
        |(name, _)| (*name).to_owned(),
    )
}
