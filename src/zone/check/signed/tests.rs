//! Signed zones with one thing changed after signing, and what is said of them.

use proptest::prelude::*;
use wire::Name;

use super::super::Care;
use crate::file::parse_with;

/// Between the beginning and the end of all signatures: 2026-01-01.
const NOW: u32 = 1_767_225_600;

fn zone(name: &str) -> String {
    std::fs::read_to_string(format!("../../zones/signed/{name}.zone")).unwrap()
}

fn said(text: &str, care: &Care) -> Vec<String> {
    let origin = Name::from_text(b"signed.example.", None).unwrap();
    let report = parse_with(text.as_bytes(), "zone", &origin, care).report;
    let diagnostics = report.diagnostics().iter();
    diagnostics.map(|found| found.message.clone()).collect()
}

/// Changes words of the lines that begin so; a line without words goes.
fn change(zone: &str, line: &str, from: &str, to: &str) -> String {
    let mut hits = 0;
    let lines = zone.lines().filter_map(|old| {
        if !old.starts_with(line) || !old.contains(from) {
            return Some(format!("{old}\n"));
        }
        hits += 1;
        (!from.is_empty()).then(|| format!("{}\n", old.replace(from, to)))
    });
    let changed = lines.collect();
    assert!(hits > 0, "{line} {from}");
    changed
}

#[test]
fn zones_as_they_were_signed_are_fine() {
    for name in ["nsec", "nsec3", "optout"] {
        let care = Care::to_check(Some(NOW));
        assert_eq!(said(&zone(name), &care), [""; 0], "{name}");
    }
}

#[test]
fn what_changes_after_signing_is_found() {
    let www = "www.signed.example. 3600 IN RRSIG A 13";
    for (name, line, from, to, expected) in [
        (
            "nsec",
            www,
            "",
            "",
            "A at \"www.signed.example.\" is not signed",
        ),
        (
            "nsec",
            www,
            "20371231",
            "20250601",
            "expired at 20250601000000",
        ),
        (
            "nsec",
            www,
            "20250101",
            "20361231",
            "is not valid before 20361231000000",
        ),
        ("nsec", www, "13 3 ", "13 2 ", "is for a name of 2 labels"),
        ("nsec", www, "13 3 3600", "13 3 60", "is for a TTL of 60"),
        (
            "nsec",
            www,
            "A 13",
            "A 8",
            "of algorithm 8, which is not among the DNSKEYs",
        ),
        (
            "nsec",
            www,
            " signed.example. ",
            " example. ",
            "is by \"example.\"",
        ),
        (
            "nsec",
            "www.signed.example. 3600 IN A ",
            "2.3",
            "2.4",
            "does not fit the records",
        ),
        (
            "nsec3",
            "www.signed.example. 3600 IN A ",
            "2.3",
            "2.4",
            "does not fit the records",
        ),
        (
            "optout",
            "*.w.signed.example. 3600 IN TXT",
            "any",
            "x",
            "does not fit the records",
        ),
        (
            "nsec",
            "www.signed.example. 3600 IN AAAA",
            "",
            "",
            "AAAA at \"www.signed.example.\", which has none",
        ),
        (
            "nsec",
            "www.signed.example. 300 IN",
            "",
            "",
            "no NSEC at \"www.signed.example.\"",
        ),
        (
            "nsec",
            "signed.example. 300 IN",
            "",
            "",
            "neither NSEC nor NSEC3PARAM",
        ),
        (
            "nsec",
            "signed.example. 3600 IN DNSKEY",
            "",
            "",
            "but no DNSKEY",
        ),
        (
            "nsec",
            "ns1.signed.example.",
            "",
            "",
            "but the next name is \"ns2.signed.example.\"",
        ),
        (
            "nsec",
            "www.signed.example. 300 IN NSEC",
            "A AAAA",
            "A MX",
            "leaves out AAAA and lists MX",
        ),
        (
            "nsec",
            "www.signed.example. 300 IN NSEC",
            "NSEC signed",
            "NSEC x.signed",
            "but the next name is \"signed.example.\"",
        ),
        (
            "nsec3",
            "84A3CC0C",
            "",
            "",
            "no NSEC3 for \"ns1.signed.example.\"",
        ),
        ("nsec3", "5N6BS2UK", "", "", "an empty name above this one"),
        ("nsec3", "KKVDPFDD", "", "", "no NSEC3 for the delegation"),
        ("nsec3", "84A3CC0C", "", "", "does not lead to the next one"),
        ("nsec3", "alias.", "", "", "is of no name of the zone"),
        (
            "nsec3",
            "4OQVD59P",
            "A AAAA",
            "A",
            "NSEC3 of \"www.signed.example.\" leaves out AAAA",
        ),
        (
            "nsec3",
            "signed.example. 0 IN NSEC3PARAM",
            "0 -",
            "0 AA",
            "no NSEC3PARAM says the same",
        ),
        (
            "optout",
            "RBNBT7IT",
            "",
            "",
            "no NSEC3 for \"safe.signed.example.\"",
        ),
    ] {
        let text = change(&zone(name), line, from, to);
        let said = said(&text, &Care::to_check(Some(NOW)));
        let found = said.iter().any(|message| message.contains(expected));
        assert!(found, "{line} {from} {to}: {said:#?}");
    }
}

#[test]
fn what_opt_out_leaves_out_is_not_missed() {
    let text = zone("optout") + "new.far.signed.example. 3600 IN NS ns1.signed.example.\n";
    let care = Care::to_check(Some(NOW));
    assert_eq!(said(&text, &care), [""; 0]);
}

#[test]
fn whoever_serves_is_told_once_of_signatures_that_have_expired() {
    let text = change(&zone("nsec"), "", "20371231", "20250601");
    let said = said(&text, &Care::to_serve(Some(NOW)));
    assert_eq!(
        said,
        [
            "signature of NS at \"signed.example.\" expired at 20250601000000, and 21 more have expired too"
        ]
    );
}

#[test]
fn a_key_that_the_parent_is_told_of_is_there() {
    let cds = "signed.example. 3600 IN CDS 12345 13 2 \
               0000000000000000000000000000000000000000000000000000000000000000\n";
    let said = said(&(zone("nsec") + cds), &Care::to_check(Some(NOW)));
    let found = said
        .iter()
        .any(|message| message.contains("is of no DNSKEY of the zone"));
    assert!(found, "{said:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_part_of_a_signed_zone_can_be_checked(
        name in prop::sample::select(vec!["nsec", "nsec3", "optout"]),
        keep in prop::collection::vec(any::<u8>(), 100),
        digits in prop::collection::vec((0_usize..100, any::<u8>()), 0..4),
    ) {
        let text = zone(name);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (at, digit) in digits {
            if let Some(line) = lines.get_mut(at) {
                *line = line.replacen('0', &(digit % 10).to_string(), 1);
            }
        }
        // Most lines stay, so that chains and signatures are looked at.
        let kept = lines.iter().zip(&keep).filter(|(_, keep)| **keep > 16);
        let text: String = kept.map(|(line, _)| format!("{line}\n")).collect();
        let _said = said(&text, &Care::to_check(Some(NOW)));
    }
}
