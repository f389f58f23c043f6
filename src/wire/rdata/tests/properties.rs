//! What holds for all data: nothing panics, and what passes goes to text and back unchanged.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::super::{canonical, check, names, parse, read};
use super::{assert_round_trip, parse_line, print_data, words};
use crate::types::Rtype;

/// One record of each kind of field, to be damaged.
const SEEDS: &[(Rtype, &str)] = &[
    (Rtype::SOA, "ns. admin. 1 2 3 4 5"),
    (Rtype::MX, "10 a.b.c."),
    (Rtype::TXT, "abc \"d e\" \"\""),
    (Rtype::WKS, "10.0.0.1 6 25 53 80"),
    (Rtype::NAPTR, "1 2 \"u\" \"e2u\" \"!x!y!\" n."),
    (Rtype::LOC, "42 21 28.764 N 71 00 51.617 W -44m 2000m"),
    (Rtype::CERT, "PKIX 1 8 AQIDBA=="),
    (Rtype::A6, "63 ::1 foo."),
    (Rtype::APL, "1:192.168.32.0/21 !2:ff00::/8"),
    (Rtype::DS, "1 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
    (Rtype::IPSECKEY, "10 3 2 gw.x. AQNR"),
    (Rtype::IPSECKEY, "10 1 2 192.0.2.38 AQNR"),
    (
        Rtype::RRSIG,
        "A 5 3 86400 20030322173103 20030220173103 2642 x. oJB1",
    ),
    (Rtype::NSEC, "host. A TYPE255 TYPE256 TYPE65535"),
    (Rtype::NSEC, "host. A MX RRSIG NSEC TYPE1234"),
    (
        Rtype::NSEC3,
        "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX",
    ),
    (Rtype::HIP, "2 2001 AwEA rvs1. rvs2."),
    (
        Rtype::SVCB,
        "1 t. mandatory=alpn,port alpn=h2,h3 no-default-alpn port=5 key9=\"\\000\\029\"",
    ),
    (
        Rtype::HTTPS,
        "1 . ipv4hint=192.0.2.1 ech=AAAA ipv6hint=::1 dohpath=/{?dns} ohttp key99=x",
    ),
    (Rtype::TSIG, "hmac-sha256. 5 300 4 AAAABA== 1 BADSIG 0"),
    (Rtype::CAA, "0 issue \"a; b\""),
    (Rtype::AMTRELAY, "10 1 3 relay.x."),
    (Rtype::ATMA, "+61200000000"),
    (Rtype::DOA, "0 1 2 \"a\" aHR0"),
    (Rtype::DSYNC, "CDS NOTIFY 53 scanner."),
    (Rtype::KEY, "49152 3 1"),
    (Rtype::NXT, "foo. SOA A NS"),
];

proptest! {
    #[test]
    fn bytes_that_pass_go_to_text_and_back(
        rtype in select(Rtype::KNOWN),
        rdata in vec(any::<u8>(), 0..64),
    ) {
        hold(rtype, &rdata);
    }

    #[test]
    fn damaged_records_do_no_harm(
        seed in select(SEEDS),
        edits in vec((any::<usize>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let (rtype, text) = seed;
        let mut rdata = parse_line(rtype, text).unwrap();
        for (at, byte, kind) in edits {
            let at = at % (rdata.len() + 1);
            match kind {
                0 => rdata.insert(at, byte),
                1 if at < rdata.len() => drop(rdata.remove(at)),
                2 if at < rdata.len() => rdata[at] ^= 1 << (byte % 8),
                _ if at < rdata.len() => rdata[at] = byte,
                _ => {}
            }
        }
        hold(rtype, &rdata);
    }

    #[test]
    fn hostile_words_do_no_harm(
        rtype in select(Rtype::KNOWN),
        line in "[ -~]{0,60}",
    ) {
        if let Ok(rdata) = parse_line(rtype, &line) {
            assert_round_trip(rtype, &rdata);
        }
    }

    #[test]
    fn damaged_lines_do_no_harm(
        seed in select(SEEDS),
        at in any::<usize>(),
        with in "[ -~]{0,3}",
    ) {
        let (rtype, text) = seed;
        let mut line = text.to_owned();
        let at = at % (line.len() + 1);
        line.replace_range(at..(at + 1).min(line.len()), &with);
        if let Ok(rdata) = parse_line(rtype, &line) {
            assert_round_trip(rtype, &rdata);
        }
    }

    #[test]
    fn messages_of_any_bytes_do_no_harm(
        rtype in select(Rtype::KNOWN),
        message in vec(any::<u8>(), 0..80),
        at in 0..80_usize,
        len in 0..80_usize,
    ) {
        let mut out = Vec::new();
        if read(rtype, &message, at, len, &mut out).is_ok() {
            prop_assert_eq!(check(rtype, &out), Ok(()));
        } else {
            prop_assert!(out.is_empty());
        }
    }
}

fn hold(rtype: Rtype, rdata: &[u8]) {
    let printed = print_data(rtype, rdata);
    let mut lower = rdata.to_vec();
    canonical(rtype, &mut lower);
    assert!(lower.eq_ignore_ascii_case(rdata));
    let mut end = 0;
    for name in names(rtype, rdata) {
        assert!(usize::from(name.at) >= end && name.len > 0);
        end = usize::from(name.at + name.len);
        assert!(end <= rdata.len());
    }
    let mut out = Vec::new();
    let reads = read(rtype, rdata, 0, rdata.len(), &mut out);
    if check(rtype, rdata).is_ok() {
        // No pointers here, so a message says the same.
        assert_eq!(reads, Ok(()));
        assert_eq!(out, rdata);
        assert_round_trip(rtype, rdata);
    } else {
        assert!(printed.starts_with("\\# "), "{rtype} {printed}");
        assert!(parse(rtype, &words(&printed), None, &mut out).is_err());
    }
}
