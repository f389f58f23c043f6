//! What is fine, what a partial zone leaves open, and the search for names.

use proptest::prelude::*;
use wire::{Name, Rtype, Ttl};

use super::target::{Target, Targets};
use crate::file::parse_str;
use crate::records::{Place, Records};

const HEAD: &str = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n";

fn origin() -> Name {
    Name::from_text(b"example.org.", None).unwrap()
}

fn report(text: &str) -> String {
    parse_str(format!("{HEAD}{text}").as_bytes(), "test", &origin())
        .report
        .render(false)
}

#[test]
fn what_is_fine_is_passed_over_in_silence() {
    for text in [
        "@ MX 0 .",
        "_sip._udp SRV 0 0 0 .",
        "@ MX 10 mail.example.net.",
        "@ MX 10 host.w\n*.w A 192.0.2.2",
        "@ NS ns.sub\nsub NS ns.sub\nns.sub A 192.0.2.2",
        "a NS ns.b\nb NS ns.b\nns.b AAAA 2001:db8::1",
        "a NS a\na A 192.0.2.2",
        "a NS ns1\na DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
        "@ MX 10 mail.sub\nsub NS ns1",
        "www CNAME a\nwww RRSIG CNAME 13 3 300 20300101000000 20200101000000 1 @ AQ==\na A 192.0.2.2",
        "a 60 RRSIG A 13 3 60 20300101000000 20200101000000 1 @ AQ==\n\
         a 90 RRSIG AAAA 13 3 90 20300101000000 20200101000000 1 @ AQ==",
        "d DNAME x.example.net.\nd TXT x\nd-a TXT y",
        "* A 192.0.2.2\n*.sub MX 10 ns1",
        "gc._msdcs A 192.0.2.2\nx._spf A 192.0.2.2",
        "a SPF \"v=spf1 -all\"\na TXT \"v=spf1 -all\"",
        "a CNAME b\nb CNAME c\nc CNAME d.example.net.",
    ] {
        assert_eq!(report(text), "", "{text}");
    }
}

#[test]
fn an_address_that_serves_a_sibling_is_glue() {
    let said = report("a NS ns.b\nb NS ns.example.net.\nns.b A 192.0.2.2\nx.b A 192.0.2.3");
    assert_eq!(said.matches("no NS record names it").count(), 1, "{said}");
    assert!(said.contains("A at \"x.b.example.org.\""), "{said}");
}

#[test]
fn a_loop_is_reported_once_and_what_leads_into_it_is_not() {
    let said = report("b CNAME c\nc CNAME d\nd CNAME b\na CNAME b\ne CNAME d");
    assert_eq!(said.matches("warning").count(), 1, "{said}");
    assert!(
        said.contains("CNAME at \"b.example.org.\" leads back to itself in 3 steps"),
        "{said}"
    );
}

#[test]
fn names_are_looked_up_as_answers_would_be() {
    let text = "h A 192.0.2.2\nc CNAME h\nd DNAME x.\n*.w A 192.0.2.2\nx.y TXT x\nsub NS ns1\n";
    let loaded = parse_str(format!("{HEAD}{text}").as_bytes(), "test", &origin());
    let records = loaded.records.unwrap();
    let dname = records
        .iter()
        .position(|record| record.rtype == Rtype::DNAME)
        .unwrap();
    for (name, expected) in [
        ("h", Target::Address),
        ("H.EXAMPLE.ORG.", Target::Address),
        ("c", Target::Alias),
        ("d", Target::Nothing),
        ("a.d", Target::Below(dname)),
        ("a.b.d", Target::Below(dname)),
        ("a.w", Target::Address),
        ("a.b.w", Target::Address),
        ("w", Target::Nothing),
        ("y", Target::Nothing),
        ("z", Target::Nothing),
        ("sub", Target::Delegated),
        ("a.sub", Target::Delegated),
        ("a.example.net.", Target::Outside),
        ("@", Target::Nothing),
    ] {
        let name = Name::from_text(name.as_bytes(), Some(origin().as_ref())).unwrap();
        for near in 0..=records.len() {
            assert_eq!(
                Targets::new(&records).find(name.as_ref(), near),
                expected,
                "{name} {near}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_sorted_records_can_be_checked(
        list in prop::collection::vec(
            ("@|[ab*]{1,2}(\\.[ab*]){0,3}", prop::sample::select(vec![1_u16, 2, 5, 6, 12, 15, 16, 33, 35, 39, 43, 46, 47, 48, 50, 51, 52, 59, 60, 64])),
            0..30,
        ),
        data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 30),
    ) {
        let mut records = Records::new(origin());
        for ((owner, rtype), data) in list.iter().zip(&data) {
            let owner = Name::from_text(owner.as_bytes(), Some(origin().as_ref())).unwrap();
            records.push(owner.as_ref(), Rtype(*rtype), Ttl::from_secs(5), data, Place::default());
        }
        records.sort();
        let mut unread = super::Unread::default();
        let care = super::Care::to_check(Some(1_767_225_600));
        for care in [care, care, super::Care::default()] {
            let findings = super::check(&records, &unread, &care);
            unread.add_anything();
            prop_assert_eq!(findings.list().len(), findings.errors() + findings.warnings());
        }
    }
}
