//! Text forms: what is accepted, and how it is printed. Most stand in the RFC of their type.

use super::{assert_round_trip, parse_line, print_data};
use crate::types::Rtype;

/// Types that ask or travel without data of their own.
const WITHOUT_DATA: [Rtype; 5] = [
    Rtype::IXFR,
    Rtype::AXFR,
    Rtype::MAILB,
    Rtype::MAILA,
    Rtype::ANY,
];

#[test]
fn every_form_prints_canonically_and_parses_back() {
    for (rtype, text, printed) in FORMS {
        let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
        let rdata = parse_line(rtype, text);
        let rdata = rdata.unwrap_or_else(|error| panic!("{rtype} {text}: {error:?} {error}"));
        let printed = if printed.is_empty() { text } else { printed };
        assert_eq!(&assert_round_trip(rtype, &rdata), printed, "{rtype} {text}");
    }
}

#[test]
fn every_known_type_has_a_form_here() {
    for rtype in Rtype::KNOWN {
        let known = FORMS.iter().any(|(name, ..)| *name == rtype.to_string());
        assert!(known || WITHOUT_DATA.contains(rtype), "{rtype}");
    }
}

#[test]
fn data_that_does_not_fit_prints_in_the_generic_form() {
    for (rtype, rdata, printed) in [
        (Rtype::A, &b"\x01\x02\x03"[..], "\\# 3 010203"),
        (Rtype::NS, b"\x05abc", "\\# 4 05616263"),
        (Rtype::TXT, b"", "\\# 0"),
        (Rtype(65280), b"\x0A\x0B\x0C", "\\# 3 0a0b0c"),
        (Rtype::APL, b"\x00\x03\x08\x01\x01", "\\# 5 0003080101"),
        (Rtype::NSEC, b"\x00\x00\x02\x40\x00", "\\# 5 0000024000"),
    ] {
        assert_eq!(print_data(rtype, rdata), printed);
    }
}

#[test]
fn long_data_is_refused_or_kept_whole() {
    let string = "\"".to_owned() + &"a".repeat(255) + "\" ";
    let rdata = parse_line(Rtype::TXT, &string.repeat(255)).unwrap();
    assert_eq!(rdata.len(), 65_280);
    assert_round_trip(Rtype::TXT, &rdata);
    assert!(parse_line(Rtype::TXT, &string.repeat(257)).is_err());
    let services: String = (1..2000)
        .map(|key| format!(" key{}=abc", key + 100))
        .collect();
    let rdata = parse_line(Rtype::SVCB, &format!("1 .{services}")).unwrap();
    assert_round_trip(Rtype::SVCB, &rdata);
}

/// Type, text, and how it is printed; an empty string means the same as the text.
const FORMS: &[(&str, &str, &str)] = &[
    ("A", "192.0.2.1", ""),
    ("A", "\\# 4 C000 0201", "192.0.2.1"),
    ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
    ("AAAA", "::ffff:192.0.2.1", ""),
    ("AAAA", "::", ""),
    ("NS", "ns1", "ns1.example.org."),
    ("NS", "@", "example.org."),
    ("NS", ".", ""),
    ("NS", "NS.Example.COM.", ""),
    ("NS", "a\\.b\\@\\$\\(\\;\\\"\\032c.", ""),
    ("NS", "\"@\"", "\\@.example.org."),
    ("MD", "a.", ""),
    ("MF", "a.", ""),
    ("CNAME", "*.x.", ""),
    ("DNAME", "x", "x.example.org."),
    (
        "SOA",
        "ns admin 1 2h 30m 4w 1d",
        "ns.example.org. admin.example.org. 1 7200 1800 2419200 86400",
    ),
    ("SOA", "a. b. 4294967295 1 2 3 4294967295", ""),
    ("MB", "a.", ""),
    ("MG", "a.", ""),
    ("MR", "a.", ""),
    ("NULL", "\\# 2 abcd", ""),
    ("NULL", "\\# 0", ""),
    ("UINFO", "\\# 1 00", ""),
    ("UID", "\\# 1 00", ""),
    ("GID", "\\# 1 00", ""),
    ("UNSPEC", "\\# 1 00", ""),
    ("WKS", "10.0.0.1 TCP smtp 80 25", "10.0.0.1 6 25 80"),
    ("WKS", "10.0.0.1 17 0 53 65535", ""),
    ("WKS", "10.0.0.1 6", ""),
    ("PTR", "host.", ""),
    ("HINFO", "PDP-11/70 \"UNIX V\"", "\"PDP-11/70\" \"UNIX V\""),
    ("MINFO", "a b", "a.example.org. b.example.org."),
    ("MX", "10 mail", "10 mail.example.org."),
    ("MX", "0 .", ""),
    ("TXT", "abc", "\"abc\""),
    ("TXT", "\"\"", ""),
    (
        "TXT",
        "\"a b\" c \"d;e\\\"f\\\\g\"",
        "\"a b\" \"c\" \"d;e\\\"f\\\\g\"",
    ),
    (
        "TXT",
        "\\000\\127\\255\u{E9}",
        "\"\\000\\127\\255\\195\\169\"",
    ),
    ("TXT", "\"\\#\" \"4\"", "\"#\" \"4\""),
    ("SPF", "\"v=spf1 -all\"", ""),
    ("AVC", "\"app-name:WOLFGANG|app-class:OAM\"", ""),
    ("RP", "mbox txt.", "mbox.example.org. txt."),
    ("AFSDB", "1 afs", "1 afs.example.org."),
    ("X25", "311061700956", "\"311061700956\""),
    ("ISDN", "150862028003217", "\"150862028003217\""),
    ("ISDN", "150862028003217 004", "\"150862028003217\" \"004\""),
    ("RT", "10 relay", "10 relay.example.org."),
    (
        "NSAP",
        "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
        "0x47000580005a0000000001e133ffffff00016100",
    ),
    ("NSAP-PTR", "foo.", ""),
    ("KEY", "HOST|SIG1 DNSSEC RSASHA1 AQPS", "513 3 5 AQPS"),
    ("KEY", "49152 3 1", ""),
    (
        "PX",
        "10 net2 px400",
        "10 net2.example.org. px400.example.org.",
    ),
    (
        "GPOS",
        "-32.6882 116.8652 10.0",
        "\"-32.6882\" \"116.8652\" \"10.0\"",
    ),
    (
        "LOC",
        "42 21 54 N 71 06 18 W -24m 30m",
        "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m",
    ),
    (
        "LOC",
        "52 14 05 N 00 08 50 E 10m",
        "52 14 5.000 N 0 8 50.000 E 10.00m 1m 10000m 10m",
    ),
    (
        "LOC",
        "32 7 19 S 116 2 25 E 10m",
        "32 7 19.000 S 116 2 25.000 E 10.00m 1m 10000m 10m",
    ),
    (
        "LOC",
        "42 21 28.764 N 71 00 51.617 W -44m 2000m",
        "42 21 28.764 N 71 0 51.617 W -44.00m 2000m 10000m 10m",
    ),
    (
        "LOC",
        "1 n 1 e 0.5 1.5m 25m 99999m",
        "1 0 0.000 N 1 0 0.000 E 0.50m 1m 20m 90000m",
    ),
    (
        "LOC",
        "90 0 0.000 S 180 0 0.000 W -100000.00m 0.00m 0.05m 0.50m",
        "",
    ),
    (
        "LOC",
        "90 N 180 E 42849672.95m 90000000m 0 9",
        "90 0 0.000 N 180 0 0.000 E 42849672.95m 90000000m 0.00m 9m",
    ),
    ("NXT", "foo. SOA A NS", "foo. A NS SOA"),
    ("SRV", "0 5 5060 sip", "0 5 5060 sip.example.org."),
    ("SRV", "0 0 0 .", ""),
    (
        "NAPTR",
        "100 10 \"\" \"\" \"!^urn:cid:.+@([^\\\\.]+\\\\.)(.*)$!\\\\2!i\" .",
        "",
    ),
    (
        "NAPTR",
        "100 50 s http+I2L+I2C \"\" _http._tcp.gatech.edu.",
        "100 50 \"s\" \"http+I2L+I2C\" \"\" _http._tcp.gatech.edu.",
    ),
    ("KX", "10 kx", "10 kx.example.org."),
    ("CERT", "PKIX 1 RSASHA256 AQIDBA==", ""),
    ("CERT", "1 1 8 AQID BA==", "PKIX 1 RSASHA256 AQIDBA=="),
    ("CERT", "OID 65535 99 AAAA", ""),
    ("CERT", "70 0 0 AAAA", ""),
    ("A6", "0 2001:db8::1", ""),
    ("A6", "64 ::1 foo.", ""),
    ("A6", "3 ffff:: foo", "3 1fff:: foo.example.org."),
    ("A6", "128 foo.", ""),
    ("OPT", "\\# 0", ""),
    ("OPT", "\\# 6 000a00020102", ""),
    ("APL", "1:192.168.32.0/21 !1:192.168.38.0/28", ""),
    (
        "APL",
        "1:224.0.0.0/4 2:FF00:0:0:0:0:0:0:0/8",
        "1:224.0.0.0/4 2:ff00::/8",
    ),
    ("APL", "1:0.0.0.0/0 !2:::/0 1:1.2.3.4/8", ""),
    ("APL", "", ""),
    (
        "DS",
        "60485 RSASHA1 SHA-1 2BB183AF5F22588179A53B0A 98631fad1a292118",
        "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
    ),
    (
        "DS",
        "1 8 2 0000000000000000000000000000000000000000000000000000000000000000",
        "",
    ),
    (
        "DS",
        "1 8 4 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "",
    ),
    ("DS", "1 8 9 AB", ""),
    ("CDS", "0 0 0 00", ""),
    ("DLV", "1 8 250 ABCD", ""),
    (
        "SSHFP",
        "2 1 123456789abcdef67890123456789abcdef67890",
        "2 1 123456789ABCDEF67890123456789ABCDEF67890",
    ),
    ("SSHFP", "4 9 AB", ""),
    (
        "IPSECKEY",
        "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
        "",
    ),
    (
        "IPSECKEY",
        "10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
        "",
    ),
    ("IPSECKEY", "10 3 2 gw AQNR", "10 3 2 gw.example.org. AQNR"),
    (
        "IPSECKEY",
        "10 2 2 2001:0DB8:0:8002::2000:1 AQNR",
        "10 2 2 2001:db8:0:8002::2000:1 AQNR",
    ),
    ("IPSECKEY", "10 0 0 .", ""),
    (
        "RRSIG",
        "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr",
        "",
    ),
    (
        "RRSIG",
        "TYPE1234 RSASHA1 3 1d 1048354263 1045762263 2642 @ oJB1",
        "TYPE1234 5 3 86400 20030322173103 20030220173103 2642 example.org. oJB1",
    ),
    (
        "SIG",
        "TYPE0 5 0 0 20030322173103 20030220173103 2642 host. oJB1",
        "",
    ),
    (
        "NSEC",
        "host A MX RRSIG NSEC TYPE1234",
        "host.example.org. A MX RRSIG NSEC TYPE1234",
    ),
    ("NSEC", "x. TYPE255 A", "x. A ANY"),
    // Found by fuzzing: a bit that stands for no type (RFC 4034 §4.1.2), but may be set.
    ("NSEC", "x. TYPE0 A", ""),
    ("NSEC", "x. nsec A type65535 a", "x. A NSEC TYPE65535"),
    (
        "DNSKEY",
        "256 3 5 AQPSKmynfzW4 kyBv015MUG2DeIQ3",
        "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3",
    ),
    ("DNSKEY", "257 3 ECDSAP256SHA256 AQPS", "257 3 13 AQPS"),
    ("CDNSKEY", "0 3 0 AA==", ""),
    (
        "DHCID",
        "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
        "",
    ),
    (
        "NSEC3",
        "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG",
        "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM",
    ),
    (
        "NSEC3",
        "SHA-1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
        "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
    ),
    ("NSEC3PARAM", "1 0 12 aabbccdd", "1 0 12 AABBCCDD"),
    ("NSEC3PARAM", "1 0 0 -", ""),
    (
        "TLSA",
        "0 0 1 d2abde24 0d7cd3ee6b4b28c5 4df034b9",
        "0 0 1 D2ABDE240D7CD3EE6B4B28C54DF034B9",
    ),
    ("SMIMEA", "3 0 0 308202C5", ""),
    (
        "HIP",
        "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9",
        "",
    ),
    (
        "HIP",
        "2 200100107b1a74df365639cc39f1d578 AwEA rvs1 rvs2.",
        "2 200100107B1A74DF365639CC39F1D578 AwEA rvs1.example.org. rvs2.",
    ),
    ("OPENPGPKEY", "AQIDBA==", ""),
    ("CSYNC", "66 3 A NS AAAA", ""),
    ("CSYNC", "0 0", ""),
    (
        "ZONEMD",
        "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE 7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE",
        "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE",
    ),
    ("ZONEMD", "1 1 240 AABBAABBAABBAABBAABBAABB", ""),
    // The vectors of RFC 9460 appendix D.
    ("HTTPS", "0 foo.example.com.", ""),
    ("SVCB", "1 .", ""),
    ("SVCB", "16 foo.example.com. port=53", ""),
    (
        "SVCB",
        "1 foo.example.com. key667=hello",
        "1 foo.example.com. key667=\"hello\"",
    ),
    ("SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", ""),
    (
        "SVCB",
        "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
        "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
    ),
    (
        "SVCB",
        "1 example.com. ipv6hint=\"2001:db8:122:344::192.0.2.33\"",
        "1 example.com. ipv6hint=2001:db8:122:344::c000:221",
    ),
    (
        "SVCB",
        "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
        "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
    ),
    (
        "SVCB",
        "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
        "",
    ),
    (
        "SVCB",
        "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
        "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
    ),
    (
        "HTTPS",
        "1 . no-default-alpn alpn=\"h2\"",
        "1 . alpn=\"h2\" no-default-alpn",
    ),
    (
        "HTTPS",
        "1 . no-default-alpn= alpn=h2",
        "1 . alpn=\"h2\" no-default-alpn",
    ),
    ("HTTPS", "1 . key1=\\002h2", "1 . alpn=\"h2\""),
    (
        "HTTPS",
        "1 . key3=\\000\\080 KEY65534",
        "1 . port=80 key65534",
    ),
    ("HTTPS", "0 . alpn=h2", "0 . alpn=\"h2\""),
    ("SVCB", "1 . ech=AEb+DQBC", ""),
    (
        "SVCB",
        "1 dns. alpn=dot dohpath=/q{?dns} ohttp",
        "1 dns. alpn=\"dot\" dohpath=\"/q{?dns}\" key8",
    ),
    (
        "SVCB",
        "1 . tls-supported-groups=29,23",
        "1 . key9=\"\\000\\029\\000\\023\"",
    ),
    ("SVCB", "1 . key65=\"a b,c;\\\"\\\\\"", ""),
    ("NID", "10 0014:4fff:ff20:ee64", "10 14:4fff:ff20:ee64"),
    ("L32", "10 10.1.2.0", ""),
    ("L64", "10 2001:0DB8:1140:1000", "10 2001:db8:1140:1000"),
    ("EID", "e32c 6f78 163a9348", "E32C6F78163A9348"),
    ("NIMLOC", "32251a030067", "32251A030067"),
    ("ATMA", "+61.200.000000", "+61200000000"),
    (
        "ATMA",
        "39.246F.000e7c9c031200010001.000012345678.00",
        "39246f000e7c9c03120001000100001234567800",
    ),
    ("SINK", "8 0 2 dGVz dA==", "8 0 2 dGVzdA=="),
    ("ATMA", "\\# 3 02abcd", ""),
    ("SINK", "1 0 0", ""),
    ("NINFO", "zs \"b c\"", "\"zs\" \"b c\""),
    ("RKEY", "0 255 1 AQPS", ""),
    ("TALINK", "prev next.", "prev.example.org. next."),
    (
        "DSYNC",
        "cds notify 5359 scanner",
        "CDS NOTIFY 5359 scanner.example.org.",
    ),
    ("DSYNC", "TYPE65280 200 0 a.", ""),
    ("DSYNC", "59 1 53 a.", "CDS NOTIFY 53 a."),
    ("HHIT", "AQ PS", "AQPS"),
    ("BRID", "AQPS", ""),
    (
        "DOA",
        "1234 1 2 image/gif R0lGODlh",
        "1234 1 2 \"image/gif\" R0lGODlh",
    ),
    ("DOA", "0 4294967295 2 \"\" -", ""),
    ("AMTRELAY", "10 0 1 203.0.113.15", ""),
    ("AMTRELAY", "10 1 2 2001:DB8::15", "10 1 2 2001:db8::15"),
    ("AMTRELAY", "10 1 3 relay", "10 1 3 relay.example.org."),
    ("AMTRELAY", "0 1 0 .", ""),
    ("AMTRELAY", "\\# 4 0a84abcd", ""),
    (
        "RESINFO",
        "qnamemin exterr=15-17 infourl=https://x.example/",
        "\"qnamemin\" \"exterr=15-17\" \"infourl=https://x.example/\"",
    ),
    ("WALLET", "BTC bc1q", "\"BTC\" \"bc1q\""),
    ("TA", "1 8 250 ABCD", ""),
    ("LP", "10 l64-subnet1", "10 l64-subnet1.example.org."),
    ("EUI48", "00-00-5E-00-53-2a", "00-00-5e-00-53-2a"),
    ("EUI64", "00-00-5e-ef-10-00-00-2a", ""),
    (
        "TKEY",
        "gss. 20200101000000 20300101000000 3 BADKEY 3 AAAA 0",
        "",
    ),
    (
        "TSIG",
        "hmac-sha256. 281474976710655 300 4 AAAABA== 1 BADSIG 0",
        "",
    ),
    (
        "TSIG",
        "hmac-sha256. 5 300 0 1 badtime 6 AAAAAAAA",
        "hmac-sha256. 5 300 0 1 BADTIME 6 AAAAAAAA",
    ),
    ("TSIG", "hmac-sha256. 5 300 0 1 4000 0", ""),
    ("URI", "10 1 \"ftp://ftp1.example.com/public\"", ""),
    ("CAA", "0 issue \"ca1.example.net; policy=ev\"", ""),
    ("CAA", "128 tbs Unknown", "128 tbs \"Unknown\""),
    ("CAA", "0 ISSUE \"\"", ""),
    ("TYPE65280", "\\# 3 0a0b0c", ""),
    ("TYPE65280", "\\# 3 0A 0 B0C", "\\# 3 0a0b0c"),
    ("TYPE65280", "\\# 0", ""),
];
