//! Data in messages: compressed names, embedded names, canonical form, wrong lengths.

use super::super::{canonical, check, names, read};
use super::{parse_line, print_data};
use crate::error::WireErrorKind;
use crate::types::Rtype;

/// `example.org.` at 0, `www.example.org.` at 13.
const FRONT: &[u8] = b"\x07example\x03org\x00\x03www\xC0\x00";

#[test]
fn names_are_decompressed_where_they_may_be_compressed() {
    for (rtype, data, expected) in [
        (Rtype::NS, &b"\xC0\x0D"[..], Ok("www.example.org.")),
        (
            Rtype::MX,
            b"\x00\x05\x02mx\xC0\x00",
            Ok("5 mx.example.org."),
        ),
        (
            Rtype::SRV,
            b"\x00\x00\x00\x00\x00\x35\xC0\x00",
            Ok("0 0 53 example.org."),
        ),
        (
            Rtype::RP,
            b"\xC0\x0D\xC0\x00",
            Ok("www.example.org. example.org."),
        ),
        (Rtype::DNAME, b"\xC0\x00", Err(WireErrorKind::Compressed)),
        (
            Rtype::NSEC,
            b"\xC0\x00\x00\x01\x40",
            Err(WireErrorKind::Compressed),
        ),
        (
            Rtype::SVCB,
            b"\x00\x01\xC0\x00",
            Err(WireErrorKind::Compressed),
        ),
        (Rtype::NS, b"\xC0", Err(WireErrorKind::Short)),
        (Rtype::NS, b"\xC0\x13", Err(WireErrorKind::Pointer)),
        (Rtype::NS, b"\x01a", Err(WireErrorKind::Short)),
        (Rtype::NS, b"", Err(WireErrorKind::Short)),
        (Rtype::NS, b"\x00\x00", Err(WireErrorKind::Excess)),
        (Rtype::MX, b"\x00", Err(WireErrorKind::Short)),
        (
            Rtype::A,
            b"\x01\x02\x03\x04\x05",
            Err(WireErrorKind::Excess),
        ),
        (Rtype::TXT, b"\x05abc", Err(WireErrorKind::Short)),
    ] {
        let mut message = FRONT.to_vec();
        message.extend_from_slice(data);
        // What follows the data must not be read as a part of it.
        message.extend_from_slice(b"\x00\x00\x00\x00");
        let mut out = b"kept".to_vec();
        let result = read(rtype, &message, FRONT.len(), data.len(), &mut out);
        assert!(out.starts_with(b"kept"));
        match expected {
            Ok(text) => {
                assert_eq!(result, Ok(()), "{rtype} {data:?}");
                assert_eq!(print_data(rtype, &out[4..]), text);
            }
            Err(kind) => {
                assert_eq!(result.unwrap_err().kind, kind, "{rtype} {data:?}");
                assert_eq!(out, b"kept");
            }
        }
    }
}

#[test]
fn data_beyond_the_message_is_short() {
    for (at, len) in [(0, 5), (4, 1), (5, 0), (usize::MAX, 2), (2, usize::MAX)] {
        let result = read(Rtype(65280), b"\x01\x02\x03\x04", at, len, &mut Vec::new());
        assert_eq!(result.unwrap_err().kind, WireErrorKind::Short);
    }
}

#[test]
fn embedded_names_are_found() {
    for (rtype, text, expected) in [
        (Rtype::A, "192.0.2.1", &[][..]),
        (Rtype::TXT, "a b", &[]),
        (Rtype::NS, "ns.x.", &["ns.x. +"]),
        (Rtype::SOA, "a. b. 1 2 3 4 5", &["a. +", "b. +"]),
        (Rtype::MX, "1 m.", &["m. +"]),
        (Rtype::SRV, "1 2 3 s.", &["s. -"]),
        (Rtype::NAPTR, "1 2 a bcd efg r.", &["r. -"]),
        (Rtype::RRSIG, "A 8 2 300 0 0 1 signer. AAAA", &["signer. -"]),
        (Rtype::NSEC, "next. A", &["next. -"]),
        (Rtype::SVCB, "1 target. port=5", &["target. -"]),
        (Rtype::HIP, "2 00 AAAA a. b. c.", &["a. -", "b. -", "c. -"]),
        (Rtype::HIP, "2 00 AAAA", &[]),
        (Rtype::IPSECKEY, "1 3 2 gw. AAAA", &["gw. -"]),
        (Rtype::IPSECKEY, "1 1 2 192.0.2.1 AAAA", &[]),
        (Rtype::AMTRELAY, "1 1 3 relay.", &["relay. -"]),
        (Rtype::AMTRELAY, "1 0 1 192.0.2.1", &[]),
        (Rtype::DSYNC, "CDS NOTIFY 53 scanner.", &["scanner. -"]),
        (Rtype::TALINK, "prev. next.", &["prev. -", "next. -"]),
        (Rtype::A6, "64 ::1 p.", &["p. -"]),
        (Rtype::A6, "0 ::1", &[]),
        (Rtype::TYPE65280, "\\# 3 016100", &[]),
    ] {
        let rdata = parse_line(rtype, text).unwrap();
        let found: Vec<String> = names(rtype, &rdata)
            .map(|name| {
                let (text, end) = crate::Name::read(name.bytes(&rdata), 0).unwrap();
                assert_eq!(end, usize::from(name.len));
                format!("{text} {}", if name.compressible { '+' } else { '-' })
            })
            .collect();
        assert_eq!(found, expected, "{rtype} {text}");
    }
    assert_eq!(names(Rtype::MX, b"\x00").count(), 0);
    assert_eq!(names(Rtype::RP, b"\x01a\x00\x05b").count(), 1);
}

#[test]
fn names_are_lowered_where_signatures_want_it() {
    for (rtype, text, expected) in [
        (Rtype::NS, "NS.X.", "ns.x."),
        (Rtype::SOA, "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5"),
        (Rtype::SRV, "1 2 3 S.", "1 2 3 s."),
        (
            Rtype::NAPTR,
            "1 2 \"U\" \"E\" \"R\" N.",
            "1 2 \"U\" \"E\" \"R\" n.",
        ),
        (Rtype::DNAME, "D.", "d."),
        (Rtype::KX, "1 K.", "1 k."),
        (
            Rtype::RRSIG,
            "A 8 2 300 0 0 1 S. AAAA",
            "A 8 2 300 19700101000000 19700101000000 1 s. AAAA",
        ),
        // RFC 6840 §5.1 takes these off the list.
        (Rtype::NSEC, "N. A", "N. A"),
        (Rtype::HINFO, "\"A\" \"B\"", "\"A\" \"B\""),
        // Newer types were never on it.
        (Rtype::SVCB, "1 T.", "1 T."),
        (Rtype::LP, "1 L.", "1 L."),
        (Rtype::TXT, "\"A\"", "\"A\""),
    ] {
        let mut rdata = parse_line(rtype, text).unwrap();
        canonical(rtype, &mut rdata);
        assert_eq!(print_data(rtype, &rdata), expected);
    }
}

#[test]
fn wrong_data_is_refused() {
    for (rtype, rdata) in [
        (
            Rtype::LOC,
            &b"\x01\x12\x16\x13\x80\0\0\0\x80\0\0\0\0\x98\x96\x80"[..],
        ),
        (
            Rtype::LOC,
            b"\x00\x05\x16\x13\x80\0\0\0\x80\0\0\0\0\x98\x96\x80",
        ),
        (
            Rtype::LOC,
            b"\x00\x1A\x16\x13\x80\0\0\0\x80\0\0\0\0\x98\x96\x80",
        ),
        (
            Rtype::LOC,
            b"\x00\x12\x16\x13\xFF\0\0\0\x80\0\0\0\0\x98\x96\x80",
        ),
        (Rtype::APL, b"\x00\x01\x21\x01\x01"),
        (Rtype::APL, b"\x00\x01\x08\x02\x01\x00"),
        (Rtype::APL, b"\x00\x01\x20\x05\x01\x01\x01\x01\x01"),
        (Rtype::NSEC, b"\x00"),
        (Rtype::NSEC, b"\x00\x00\x00"),
        (Rtype::NSEC, b"\x00\x00\x01\x00"),
        (Rtype::NSEC, b"\x00\x01\x01\x40\x00\x01\x40"),
        (
            Rtype::NSEC,
            b"\x00\x00\x21aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        (Rtype::NXT, b"\x00\x80\x01"),
        (Rtype::WKS, b"\x01\x01\x01\x01\x06\x00"),
        (Rtype::CAA, b"\x00\x00"),
        (Rtype::CAA, b"\x00\x03a-b"),
        (Rtype::HIP, b"\x00\x02\x00\x01a"),
        (Rtype::HIP, b"\x01\x02\x00\x00a"),
        (Rtype::IPSECKEY, b"\x0A\x04\x02abc"),
        (Rtype::AMTRELAY, b"\x0A\x81\xC0\x00\x02"),
        (Rtype::AMTRELAY, b"\x0A\x00\x01"),
        (Rtype::ATMA, b"\x00"),
        (Rtype::ATMA, b"\x01+1"),
        (Rtype::DOA, b"\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        (Rtype::DSYNC, b"\x00\x3B\x01\x14\xEF"),
        (Rtype::A6, b"\x81"),
        (Rtype::A6, b"\x7F\xFF\x00"),
        (Rtype::OPT, b"\x00\x0A\x00\x05abc"),
        (Rtype::TSIG, b"\x00\0\0\0\0\0\x01\x01\x2C\x00\x05ab"),
        // Parameters out of order, twice, with wrong values.
        (
            Rtype::SVCB,
            b"\x00\x01\x00\x00\x03\x00\x02\x00\x35\x00\x01\x00\x03\x02h2",
        ),
        (
            Rtype::SVCB,
            b"\x00\x01\x00\x00\x03\x00\x02\x00\x35\x00\x03\x00\x02\x00\x35",
        ),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x03\x00\x01\x35"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x01\x00\x02\x02h"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x01\x00\x01\x00"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x02\x00\x00"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x00\x00\x02\x00\x03"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x00\x00\x02\x00\x00"),
        (Rtype::SVCB, b"\x00\x01\x00\xFF\xFF\x00\x00"),
        (Rtype::SVCB, b"\x00\x01\x00\x00\x03\x00"),
    ] {
        assert!(check(rtype, rdata).is_err(), "{rtype} {rdata:?}");
    }
}

impl Rtype {
    const TYPE65280: Self = Self(65280);
}
