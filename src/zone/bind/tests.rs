//! Journals and raw files, byte by byte.

use wire::{Name, Rtype, Serial, Ttl};

use super::*;
use crate::file::{parse_str, print};
use crate::records::Records;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn zone(serial: u32) -> Records {
    let text = format!("@ 60 SOA ns h {serial} 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n");
    parse_str(text.as_bytes(), "zone", &name("a.test."))
        .records
        .unwrap()
}

fn soa(serial: u32) -> Vec<u8> {
    let mut soa = b"\x02ns\x01a\x04test\x00\x01h\x01a\x04test\x00".to_vec();
    for number in [serial, 1, 1, 1, 1] {
        soa.extend(number.to_be_bytes());
    }
    soa
}

type Change<'a> = (&'a str, Rtype, &'a [u8]);

type Part<'a> = ((u32, u32), &'a [Change<'a>], &'a [Change<'a>]);

/// A journal: each transaction with its serials, what it removes and what it adds.
fn journal(counts: bool, transactions: &[Part<'_>]) -> Vec<u8> {
    let format: &[u8] = match counts {
        true => b";BIND LOG V9.2\n",
        false => b";BIND LOG V9\n",
    };
    let mut bytes = format.to_vec();
    bytes.resize(64, 0);
    let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let mut serials = transactions.iter().map(|(serials, ..)| serials);
    let (begin, end) = (
        serials.clone().next().unwrap().0,
        serials.next_back().unwrap().1,
    );
    bytes[16..20].copy_from_slice(&begin.to_be_bytes());
    bytes[20..24].copy_from_slice(&number(64));
    bytes[24..28].copy_from_slice(&end.to_be_bytes());
    for ((from, to), removed, added) in transactions {
        let mut records = Vec::new();
        let mut push = |owner: &str, rtype: Rtype, rdata: &[u8]| {
            let mut record = name(owner).as_bytes().to_vec();
            record.extend(rtype.0.to_be_bytes());
            record.extend([0, 1, 0, 0, 0, 60]);
            record.extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
            record.extend(rdata);
            records.extend(number(record.len()));
            records.extend(record);
        };
        push("a.test.", Rtype::SOA, &soa(*from));
        removed
            .iter()
            .for_each(|(owner, rtype, rdata)| push(owner, *rtype, rdata));
        push("a.test.", Rtype::SOA, &soa(*to));
        added
            .iter()
            .for_each(|(owner, rtype, rdata)| push(owner, *rtype, rdata));
        bytes.extend(number(records.len()));
        if counts {
            bytes.extend(number(2 + removed.len() + added.len()));
        }
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(records);
    }
    let until = number(bytes.len());
    bytes[28..32].copy_from_slice(&until);
    bytes
}

fn lines(records: &Records) -> Vec<String> {
    let mut text = String::new();
    print(records.apex().as_ref(), records.iter(), &mut text).unwrap();
    let lines = text.lines().skip(1);
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn example(counts: bool) -> Vec<u8> {
    let (one, two, text) = ([192, 0, 2, 1], [192, 0, 2, 2], b"\x02hi");
    journal(
        counts,
        &[
            ((1, 2), &[], &[("w.a.test.", Rtype::A, &one)]),
            (
                (2, 3),
                &[("W.a.test.", Rtype::A, &one)],
                &[("w.a.test.", Rtype::A, &two)],
            ),
            (
                (3, 9),
                &[("gone.a.test.", Rtype::A, &one)],
                &[("t.a.test.", Rtype::TXT, text)],
            ),
        ],
    )
}

#[test]
fn a_zone_is_taken_to_the_last_serial() {
    for counts in [true, false] {
        let journal = example(counts);
        let rolled = roll_forward(&zone(1), &journal).unwrap();
        assert_eq!(
            lines(&rolled.records),
            [
                "@ 60 SOA ns.a.test. h.a.test. 9 1 1 1 1",
                "@ 60 NS ns.a.test.",
                "ns 60 A 192.0.2.1",
                "t 60 TXT \"hi\"",
                "w 60 A 192.0.2.2",
            ]
        );
        let summary = (rolled.serial, rolled.transactions, rolled.missing);
        assert_eq!(summary, (Serial(9), 3, 1));
        // The file was written in between.
        let rolled = roll_forward(&zone(3), &journal).unwrap();
        assert_eq!((rolled.serial, rolled.transactions), (Serial(9), 1));
        let rolled = roll_forward(&zone(9), &journal).unwrap();
        assert_eq!((rolled.serial, rolled.transactions), (Serial(9), 0));
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let journal = example(true);
    let error = roll_forward(&zone(4), &journal).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the zone has serial 4, and the journal leads from 1 to 9: they do not belong together"
    );
    assert_eq!(
        roll_forward(&zone(1), b"").unwrap_err(),
        JournalError::Foreign
    );
    assert_eq!(
        roll_forward(&zone(1), &[7; 99]).unwrap_err(),
        JournalError::Foreign
    );
    for cut in 16..journal.len() {
        assert!(roll_forward(&zone(1), &journal[..cut]).is_err(), "{cut}");
    }
    // What stands behind the end was never committed.
    let longer = [&*journal, &[1; 40]].concat();
    assert_eq!(roll_forward(&zone(1), &longer).unwrap().serial, Serial(9));
}

#[test]
fn a_raw_file_is_read_and_damage_told() {
    let mut bytes = vec![0, 0, 0, 2, 0, 0, 0, 1];
    bytes.extend([0; 16]);
    let mut rrset = |owner: &str, rtype: Rtype, rdatas: &[&[u8]]| {
        let start = bytes.len();
        bytes.extend([0; 4]);
        bytes.extend([0, 1]);
        bytes.extend(rtype.0.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0, 60]);
        bytes.extend(u32::try_from(rdatas.len()).unwrap().to_be_bytes());
        let owner = name(owner);
        for counted in std::iter::once(owner.as_bytes()).chain(rdatas.iter().copied()) {
            bytes.extend(u16::try_from(counted.len()).unwrap().to_be_bytes());
            bytes.extend(counted);
        }
        let length = u32::try_from(bytes.len() - start).unwrap();
        bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    };
    rrset("a.test.", Rtype::SOA, &[&soa(4)]);
    rrset("w.a.test.", Rtype::A, &[&[192, 0, 2, 1], &[192, 0, 2, 2]]);
    assert!(is_raw(&bytes));
    let records = read_raw(&name("a.test."), &bytes).unwrap();
    assert_eq!(
        lines(&records),
        [
            "@ 60 SOA ns.a.test. h.a.test. 4 1 1 1 1",
            "w 60 A 192.0.2.1",
            "w 60 A 192.0.2.2",
        ]
    );
    assert_eq!(records.iter().next().unwrap().ttl, Ttl::from_secs(60));
    assert!(read_raw(&name("b.test."), &bytes).is_err());
    let whole = [24, 24 + 18 + 8 + 2 + soa(4).len() + 2];
    for cut in 0..bytes.len() {
        let read = read_raw(&name("a.test."), &bytes[..cut]);
        assert_eq!(read.is_ok(), whole.contains(&cut), "{cut}");
    }
    bytes[7] = 3;
    assert_eq!(
        read_raw(&name("a.test."), &bytes).unwrap_err(),
        RawError::Version(3)
    );
}
