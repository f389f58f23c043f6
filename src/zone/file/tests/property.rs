//! For all records: what is printed parses to the same records. For all text: no panic.

use proptest::prelude::*;
use wire::{Name, Rtype, Ttl, rdata};

use super::super::{parse_str, print};
use super::{origin, show};
use crate::records::{Place, Records};

fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,10}".prop_map(String::into_bytes),
        "[@$*A-Z_;()\"\\\\.]{1,4}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 1..20),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    prop::collection::vec(label(), 0..4).prop_map(|labels| {
        let child = |name: Name, label: Vec<u8>| name.child(&label).unwrap_or(name);
        labels.into_iter().fold(origin(), child)
    })
}

fn data() -> impl Strategy<Value = (Rtype, Vec<u8>)> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|bytes| (Rtype::A, bytes.to_vec())),
        any::<[u8; 16]>().prop_map(|bytes| (Rtype::AAAA, bytes.to_vec())),
        prop::collection::vec(any::<u8>(), 0..255).prop_map(|text| {
            let length = u8::try_from(text.len()).unwrap();
            (Rtype::TXT, [&[length], text.as_slice()].concat())
        }),
        (any::<[u8; 2]>(), name()).prop_map(|(preference, name)| {
            (Rtype::MX, [&preference, name.as_bytes()].concat())
        }),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(|bytes| (Rtype(65280), bytes)),
        (100_u16..200, prop::collection::vec(any::<u8>(), 0..30))
            .prop_map(|(number, bytes)| (Rtype(number + 300), bytes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn printed_records_parse_to_themselves(
        list in prop::collection::vec((name(), data()), 0..20)
    ) {
        let mut records = Records::new(origin());
        let mut add = |owner: &Name, rtype, data: &[u8]| {
            records.push(owner.as_ref(), rtype, Ttl::from_secs(5), data, Place::default());
        };
        let mut soa = b"\x02ns\x03net\0\x01h\0".to_vec();
        soa.extend_from_slice(&[0; 20]);
        add(&origin(), Rtype::SOA, &soa);
        add(&origin(), Rtype::NS, b"\x02ns\x03net\0");
        for (owner, (rtype, data)) in &list {
            prop_assume!(rdata::check(*rtype, data).is_ok());
            add(owner, *rtype, data);
        }
        records.sort();
        records.dedup();
        let mut text = String::new();
        print(origin().as_ref(), records.iter(), &mut text).unwrap();
        let loaded = parse_str(text.as_bytes(), "test", &origin());
        prop_assert!(loaded.report.is_ok(), "{}\n{}", text, loaded.report.render(false));
        prop_assert_eq!(show(&loaded.records.unwrap()), show(&records));
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        text in "([$]?(ORIGIN|TTL|GENERATE 1-3|INCLUDE)?|[a-c@.\\\\\"();$ \t\r\n0-9{},-]{0,8}|(IN|A|TXT|CNAME|SOA)|[ \n])*"
    ) {
        let report = parse_str(text.as_bytes(), "test", &origin()).report;
        prop_assert_eq!(report.render(true).is_empty(), report.is_ok() && report.warnings() == 0);
    }
}
