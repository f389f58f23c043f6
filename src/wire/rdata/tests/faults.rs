//! Text that is refused: at which word, and what people read about it.

use super::parse_line;
use crate::types::Rtype;

#[test]
fn faults_name_the_word_and_what_was_expected() {
    for (rtype, text, token, message) in FAULTS {
        let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
        let error = parse_line(rtype, text).unwrap_err();
        let found = (error.token, error.to_string());
        assert_eq!(found, (*token, (*message).to_owned()), "{rtype} {text}");
    }
}

/// Type, text, the word at fault from 0, the message.
const FAULTS: &[(&str, &str, usize, &str)] = &[
    (
        "A",
        "",
        0,
        "expected an IPv4 address such as 192.0.2.1, but the record ends here",
    ),
    (
        "A",
        "2001:db8::1",
        0,
        "expected an IPv4 address such as 192.0.2.1",
    ),
    (
        "A",
        "192.0.2.1 192.0.2.2",
        1,
        "expected the end of the record",
    ),
    (
        "AAAA",
        "192.0.2.1",
        0,
        "expected an IPv6 address such as 2001:db8::1",
    ),
    (
        "NS",
        "a..b",
        0,
        "expected a domain name: empty label (two dots in a row, or a dot at the front)",
    ),
    ("NS", "\"\"", 0, "expected a domain name: empty name"),
    ("MX", "mail 10", 0, "expected a number from 0 to 65535"),
    ("MX", "65536 mail", 0, "expected a number from 0 to 65535"),
    (
        "MX",
        "10",
        1,
        "expected a domain name, but the record ends here",
    ),
    (
        "SOA",
        "a. b. 1 2 3 4",
        6,
        "expected seconds such as 3600 or a period such as 1h30m, but the record ends here",
    ),
    (
        "SOA",
        "a. b. 1h 2 3 4 5",
        2,
        "expected a number from 0 to 4294967295",
    ),
    (
        "SOA",
        "a. b. 1 2x 3 4 5",
        3,
        "expected seconds such as 3600 or a period such as 1h30m",
    ),
    ("TXT", "", 0, "expected a string, but the record ends here"),
    (
        "TXT",
        "a \\256",
        1,
        "escape that is neither \\X nor \\DDD with DDD up to 255",
    ),
    (
        "TXT",
        TOO_LONG,
        0,
        "string longer than 255 bytes; split it into several strings",
    ),
    (
        "HINFO",
        "PC",
        1,
        "expected a string, but the record ends here",
    ),
    ("X25", "123", 0, "expected at least four digits"),
    (
        "LOC",
        "91 N 0 E 0m",
        0,
        "expected degrees, minutes or seconds in range, then N or S and E or W",
    ),
    (
        "LOC",
        "90 0 0.001 N 0 E 0m",
        3,
        "expected degrees, minutes or seconds in range, then N or S and E or W",
    ),
    (
        "LOC",
        "1 2 3 4 N 0 E 0m",
        3,
        "expected degrees, minutes or seconds in range, then N or S and E or W",
    ),
    (
        "LOC",
        "1 N 1 E",
        4,
        "expected meters such as 10m or -1.50m, within the range of LOC, but the record ends here",
    ),
    (
        "LOC",
        "1 N 1 E 1.234m",
        4,
        "expected meters such as 10m or -1.50m, within the range of LOC",
    ),
    (
        "LOC",
        "1 N 1 E 0 90000001m",
        5,
        "expected meters such as 10m or -1.50m, within the range of LOC",
    ),
    (
        "LOC",
        "1 N 1 E 0 1 1 1 1",
        8,
        "expected the end of the record",
    ),
    (
        "CAA",
        "0 is-sue x",
        1,
        "expected a tag of letters and digits such as issue",
    ),
    (
        "CAA",
        "0 issue",
        2,
        "expected a string, but the record ends here",
    ),
    ("CAA", "0 issue a b", 3, "expected the end of the record"),
    (
        "DS",
        "1 8 1 AABB",
        3,
        "expected a digest of 20 bytes for this digest type, got 2",
    ),
    (
        "DS",
        "1 8 9",
        3,
        "expected an even number of hexadecimal digits, but the record ends here",
    ),
    (
        "DS",
        "1 8 9 ABC",
        3,
        "expected an even number of hexadecimal digits",
    ),
    (
        "DS",
        "1 NOPE 1 AABB",
        1,
        "expected a DNSSEC algorithm such as 13 or ECDSAP256SHA256",
    ),
    (
        "DS",
        "1 8 SHA-3 AABB",
        2,
        "expected a digest type such as 2 or SHA-256",
    ),
    (
        "ZONEMD",
        "1 1 240 AABB",
        3,
        "expected a digest of at least 12 bytes, got 2",
    ),
    ("DNSKEY", "256 3 8 A", 3, "expected base64"),
    (
        "DNSKEY",
        "256 3 8",
        3,
        "expected base64, but the record ends here",
    ),
    (
        "CERT",
        "NOPE 1 8 AAAA",
        0,
        "expected a certificate type such as PKIX or 1",
    ),
    (
        "RRSIG",
        "A 8 2 300 20300230000000 0 1 . AAAA",
        4,
        "expected a time such as 20301231235959, or seconds since 1970",
    ),
    (
        "NSEC",
        "a. A NOPE",
        2,
        "expected a record type such as A or TYPE65280",
    ),
    (
        "NSEC",
        "a.",
        1,
        "expected a record type such as A or TYPE65280, but the record ends here",
    ),
    (
        "NSEC3",
        "1 0 0 ABC 00 A",
        3,
        "expected a salt of up to 255 bytes in hexadecimal digits, or - for none",
    ),
    (
        "NSEC3",
        "1 0 0 - 01 A",
        4,
        "expected a hashed name in base32hex, without padding",
    ),
    (
        "NXT",
        "a. TYPE128",
        1,
        "expected a record type such as A or TYPE65280",
    ),
    (
        "IPSECKEY",
        "10 1 2 2001:db8:: AAAA",
        3,
        "expected an IPv4 address such as 192.0.2.1",
    ),
    (
        "IPSECKEY",
        "10 0 2 gw. AAAA",
        3,
        "expected . since the gateway type is 0, none",
    ),
    (
        "IPSECKEY",
        "10 4 2 . AAAA",
        3,
        "expected a gateway of the stated type (0 none, 1 IPv4, 2 IPv6, 3 name)",
    ),
    (
        "AMTRELAY",
        "10 2 1 192.0.2.1",
        1,
        "expected a number from 0 to 1",
    ),
    (
        "AMTRELAY",
        "10 0 4 .",
        3,
        "expected a gateway of the stated type (0 none, 1 IPv4, 2 IPv6, 3 name)",
    ),
    (
        "ATMA",
        "39.246",
        0,
        "expected an ATM address: + and digits, or hexadecimal digits with dots",
    ),
    (
        "ATMA",
        "+61..2",
        0,
        "expected an ATM address: + and digits, or hexadecimal digits with dots",
    ),
    (
        "DSYNC",
        "CDS SHOUT 53 a.",
        1,
        "expected a scheme such as NOTIFY or 1",
    ),
    (
        "DOA",
        "0 1 2 \"\"",
        4,
        "expected base64, but the record ends here",
    ),
    (
        "HIP",
        "2 x AAAA",
        1,
        "expected a host identity tag of 1 to 255 bytes in hexadecimal digits",
    ),
    (
        "APL",
        "1:192.0.2.0/33",
        0,
        "expected an address prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32",
    ),
    (
        "WKS",
        "10.0.0.1 nope 25",
        1,
        "expected an IP protocol such as 6 or TCP",
    ),
    (
        "WKS",
        "10.0.0.1 tcp nope",
        2,
        "expected a port number or a service such as smtp",
    ),
    (
        "NSAP",
        "47",
        0,
        "expected an NSAP address such as 0x47.0005.80",
    ),
    // Found by fuzzing.
    (
        "NSAP",
        "0x...",
        0,
        "expected an NSAP address such as 0x47.0005.80",
    ),
    (
        "NID",
        "10 1:2:3",
        1,
        "expected four groups of hexadecimal digits such as 2001:db8:1140:1000",
    ),
    (
        "EUI48",
        "00-00-5e-00-53",
        0,
        "expected an EUI-48 such as 00-00-5e-00-53-2a",
    ),
    ("URI", "1 1 \"\"", 2, "expected a string that is not empty"),
    ("A6", "0 2001:: foo.", 2, "expected the end of the record"),
    (
        "NULL",
        "abc",
        0,
        "this type has no text form of its own; write it as \\# LENGTH HEX",
    ),
    (
        "TYPE65280",
        "abc",
        0,
        "this type has no text form of its own; write it as \\# LENGTH HEX",
    ),
    (
        "TYPE65280",
        "",
        0,
        "this type has no text form of its own; write it as \\# LENGTH HEX",
    ),
    ("A", "\\# 4 0102", 2, "expected 4 bytes as stated, got 2"),
    (
        "A",
        "\\# 3 010203",
        2,
        "generic data does not fit the type: unexpected end",
    ),
    (
        "A",
        "\\# 5 0102030405",
        2,
        "generic data does not fit the type: unexpected bytes after the end",
    ),
    (
        "NS",
        "\\# 2 C000",
        2,
        "generic data does not fit the type: compressed name where none is allowed",
    ),
    (
        "A",
        "\\#",
        1,
        "expected a number from 0 to 65535, but the record ends here",
    ),
    (
        "A",
        "\\# 4 0102030x",
        2,
        "expected an even number of hexadecimal digits",
    ),
    (
        "A",
        "\"\\#\" 4 01020304",
        0,
        "expected an IPv4 address such as 192.0.2.1",
    ),
    // RFC 9460 appendix D.3, and the other rules of parameters.
    (
        "SVCB",
        "1 . key123=abc key123=def",
        3,
        "key123 stands twice",
    ),
    (
        "SVCB",
        "1 . mandatory",
        2,
        "mandatory needs a list of keys such as alpn,port",
    ),
    (
        "SVCB",
        "1 . alpn",
        2,
        "alpn needs a list of protocols of 1 to 255 bytes such as h2,h3",
    ),
    (
        "SVCB",
        "1 . alpn=a,,b",
        2,
        "alpn needs a list of protocols of 1 to 255 bytes such as h2,h3",
    ),
    (
        "SVCB",
        "1 . alpn=a\\\\",
        2,
        "alpn needs a list of protocols of 1 to 255 bytes such as h2,h3",
    ),
    ("SVCB", "1 . port", 2, "port needs a number from 0 to 65535"),
    (
        "SVCB",
        "1 . port=65536",
        2,
        "port needs a number from 0 to 65535",
    ),
    (
        "SVCB",
        "1 . ipv4hint",
        2,
        "ipv4hint needs a list of IPv4 addresses such as 192.0.2.1,192.0.2.2",
    ),
    (
        "SVCB",
        "1 . ipv4hint=::1",
        2,
        "ipv4hint needs a list of IPv4 addresses such as 192.0.2.1,192.0.2.2",
    ),
    (
        "SVCB",
        "1 . ipv6hint=1.2.3.4",
        2,
        "ipv6hint needs a list of IPv6 addresses such as 2001:db8::1,2001:db8::2",
    ),
    ("SVCB", "1 . ech=\"\"", 2, "ech needs a value in base64"),
    (
        "SVCB",
        "1 . no-default-alpn=abc alpn=h2",
        2,
        "no-default-alpn takes no value",
    ),
    (
        "SVCB",
        "1 . no-default-alpn",
        2,
        "no-default-alpn needs alpn beside it",
    ),
    (
        "SVCB",
        "1 . mandatory=key123",
        2,
        "mandatory lists key123, which is not among the parameters",
    ),
    (
        "SVCB",
        "1 . mandatory=mandatory",
        2,
        "mandatory must not list itself",
    ),
    (
        "SVCB",
        "1 . port=1 mandatory=port,port",
        3,
        "mandatory lists port twice",
    ),
    (
        "SVCB",
        "1 . dohpath=/q",
        2,
        "dohpath needs a path template with the variable dns such as /dns-query{?dns}",
    ),
    (
        "SVCB",
        "1 . tls-supported-groups=1,1",
        2,
        "tls-supported-groups needs a list of numbers, none twice, such as 29,23",
    ),
    ("SVCB", "1 . ohttp=x", 2, "ohttp takes no value"),
    (
        "SVCB",
        "1 . key65535=x",
        2,
        "key65535 is reserved and must not be used",
    ),
    (
        "SVCB",
        "1 . key01=x",
        2,
        "expected a service parameter such as alpn=h2, port=443 or key65000=text",
    ),
    (
        "SVCB",
        "1 . nope=x",
        2,
        "expected a service parameter such as alpn=h2, port=443 or key65000=text",
    ),
];

const TOO_LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
