//! Streams as an independent reader sees them.

use std::collections::HashSet;

use hickory_proto::op::Message;
use hickory_proto::rr::{Record, RecordType};
use hickory_proto::serialize::binary::BinDecodable;
use wire::{Name, Rtype, Serial, Ttl};
use zone::records::{Place, Records};
use zone::{Change, Layer, Rrset, Store};

use super::{Transfer, Wanted};
use crate::later::Messages;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

/// A zone with names of all kinds, one RRset that no message holds whole, and one record that
/// nearly fills one.
fn store() -> Store {
    let mut records = Records::new(name("Example."));
    let mut push = |owner: &str, rtype, rdata: &[u8]| {
        let (ttl, place) = (Ttl::from_secs(60), Place::default());
        records.push(name(owner).as_ref(), rtype, ttl, rdata, place);
    };
    let mut soa = b"\x02ns\x07example\x00\x01h\x07example\x00".to_vec();
    for number in [7_u32, 3600, 600, 86400, 300] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    push("example.", Rtype::SOA, &soa);
    push("example.", Rtype::NS, b"\x02ns\x07example\x00");
    push("example.", Rtype::MX, b"\x00\x0a\x04mail\x07EXAMPLE\x00");
    push("example.", Rtype::MX, b"\x00\x14\x04mail\x05other\x00");
    push("a.b.example.", Rtype::CNAME, b"\x01c\x07example\x00");
    push(
        "*.w.example.",
        Rtype::SRV,
        b"\x00\x01\x00\x02\x00\x03\x01h\x07example\x00",
    );
    for number in 0..3000_u32 {
        push(
            "many.example.",
            Rtype::TXT,
            &[&[4][..], &number.to_be_bytes()].concat(),
        );
        let [_, _, high, low] = number.to_be_bytes();
        push(
            &format!("h{number}.example."),
            Rtype::A,
            &[192, 0, high, low],
        );
    }
    push("huge.example.", Rtype(65_280), &vec![7; 60_000]);
    records.sort();
    let store = Store::new([1, 2]);
    store.replace_static(&records).unwrap();
    store
}

fn commit(store: &Store, owner: &str, last: Option<u8>) {
    let rrset = last.map(|last| Rrset {
        rtype: Rtype::A,
        ttl: Ttl::from_secs(30),
        rdatas: vec![Box::from([192, 0, 2, last])],
    });
    let (owner, rtype, layer) = (name(owner), Rtype::A, Layer::Dynamic);
    let change = Change {
        owner,
        rtype,
        layer,
        rrset,
    };
    store.commit(&name("example."), vec![change]).unwrap();
}

/// The records of a stream and the sizes of its messages.
fn read(store: &Store, wanted: Wanted) -> (Vec<Record>, Vec<usize>) {
    read_padded(store, wanted, None)
}

fn read_padded(store: &Store, wanted: Wanted, padding: Option<u16>) -> (Vec<Record>, Vec<usize>) {
    let rtype = if wanted == Wanted::Whole { 252 } else { 251 };
    let mut request = vec![0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    request.extend(b"\x07eXample\x00");
    request.extend([0, rtype, 0, 1]);
    let serial = match wanted {
        Wanted::Whole => Serial(0),
        Wanted::Since(serial) => serial,
    };
    let since = store.since(&name("example."), serial).unwrap();
    let mut transfer = Transfer::new(&request, since, wanted, None, padding);
    let (mut bytes, mut records, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    while transfer.next(&mut bytes).unwrap() {}
    let mut rest = &bytes[..];
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (message, after) = after.split_at(u16::from_be_bytes(*length).into());
        rest = after;
        let message = Message::from_bytes(message).unwrap();
        assert_eq!(message.metadata.id, 0xABCD);
        assert!(message.metadata.authoritative);
        assert!(message.authorities.is_empty() && message.additionals.is_empty());
        assert_eq!(message.edns.is_some(), padding.is_some());
        sizes.push(usize::from(u16::from_be_bytes(*length)));
        records.extend(message.answers);
    }
    (records, sizes)
}

/// The serials of the SOA records, with how many others follow each.
fn shape(records: &[Record]) -> Vec<(u32, usize)> {
    let mut shape: Vec<(u32, usize)> = Vec::new();
    for record in records {
        if record.record_type() == RecordType::SOA {
            let soa = record.data.to_string();
            shape.push((soa.split(' ').nth(2).unwrap().parse().unwrap(), 0));
        } else {
            shape.last_mut().unwrap().1 += 1;
        }
    }
    shape
}

#[test]
fn messages_are_padded_and_hold_the_same() {
    let store = store();
    let (plain, _) = read(&store, Wanted::Whole);
    let (padded, sizes) = read_padded(&store, Wanted::Whole, Some(1232));
    assert_eq!(plain, padded);
    // A message that is nearly as long as any can be is made as long as that.
    let padded = |size: &usize| size.is_multiple_of(468) || *size == 65_535;
    assert!(sizes.iter().all(padded), "{sizes:?}");
}

#[test]
fn the_whole_zone_goes_out_between_two_soa_records() {
    let store = store();
    let (records, sizes) = read(&store, Wanted::Whole);
    let count = store
        .snapshot()
        .zone(name("example.").as_ref())
        .unwrap()
        .record_count();
    assert_eq!(shape(&records), [(7, count - 1), (7, 0)]);
    let different: HashSet<String> = records.iter().map(|one| format!("{one:?}")).collect();
    assert_eq!(different.len(), count);
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    for expected in [
        "example. 60 IN MX 10 mail.EXAMPLE.",
        "example. 60 IN MX 20 mail.other.",
        "a.b.example. 60 IN CNAME c.example.",
        "*.w.example. 60 IN SRV 1 2 3 h.example.",
        "h2999.example. 60 IN A 192.0.11.183",
    ] {
        let found = lines.iter().any(|line| line.eq_ignore_ascii_case(expected));
        assert!(found, "{expected}");
    }
    // One record needs more than the others.
    assert_eq!(sizes.iter().filter(|size| **size > 16_384).count(), 1);
    assert!(sizes.len() > 5);
}

#[test]
fn steps_go_out_where_they_are_known_and_shorter() {
    let store = store();
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(7))).0), [(7, 0)]);
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(9))).0), [(7, 0)]);
    commit(&store, "new.example.", Some(1));
    commit(&store, "new.example.", Some(2));
    commit(&store, "new.example.", None);
    let steps = [
        (10, 0),
        (7, 0),
        (8, 1),
        (8, 1),
        (9, 1),
        (9, 1),
        (10, 0),
        (10, 0),
    ];
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(7))).0), steps);
    let steps = [(10, 0), (9, 1), (10, 0), (10, 0)];
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(9))).0), steps);
    // Nobody knows what this one had.
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(1))).0)[0].1, 6006);
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(10))).0), [(10, 0)]);
}

#[test]
fn many_steps_go_out_as_one() {
    let store = store();
    for number in 0..60 {
        commit(&store, "new.example.", Some(number));
    }
    let one = [(67, 0), (7, 0), (67, 1), (67, 0)];
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(7))).0), one);
    let two = read(&store, Wanted::Since(Serial(65))).0;
    assert_eq!(shape(&two).len(), 6);
    commit(&store, "new.example.", None);
    let none = [(68, 0), (7, 0), (68, 0), (68, 0)];
    assert_eq!(shape(&read(&store, Wanted::Since(Serial(7))).0), none);
}
