//! Streams, good and hostile, against a model of a zone.

use std::collections::BTreeSet;

use proptest::prelude::*;
use wire::message::flag;
use wire::{Class, Name, Rcode, Rtype, Serial};

use super::{Form, Incoming, Reader, Sink, Transfer, TransferFault, Unfit, Wanted};
use crate::compose;

/// A zone as a set of records, as strict as the ones that follow zones must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    records: BTreeSet<Line>,
    strict: bool,
}

type Line = (Vec<u8>, u16, Vec<u8>);

impl Sink for Model {
    fn begin(&mut self, form: Form) {
        self.strict = form == Form::Steps;
        if !self.strict {
            self.records.clear();
        }
    }

    fn add(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        let new = self.records.insert(line(&record));
        if new || !self.strict {
            Ok(())
        } else {
            Err(Unfit)
        }
    }

    fn remove(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        if self.records.remove(&line(&record)) {
            Ok(())
        } else {
            Err(Unfit)
        }
    }
}

fn line(record: &Incoming<'_>) -> Line {
    let owner = record.owner.as_bytes().to_ascii_lowercase();
    (owner, record.rtype.0, record.rdata.to_vec())
}

/// A record to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    owner: Name,
    rtype: Rtype,
    class: Class,
    rdata: Vec<u8>,
}

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn zone() -> Name {
    name("example.org.")
}

fn soa(serial: u32) -> Sent {
    let mut rdata = name("ns.example.org.").as_bytes().to_vec();
    rdata.extend(name("host.example.org.").as_bytes());
    rdata.extend(serial.to_be_bytes());
    rdata.extend([0; 16]);
    Sent {
        owner: zone(),
        rtype: Rtype::SOA,
        class: Class::IN,
        rdata,
    }
}

fn address(host: u8, last: u8) -> Sent {
    Sent {
        owner: name(&format!("h{host}.example.org.")),
        rtype: Rtype::A,
        class: Class::IN,
        rdata: vec![192, 0, 2, last],
    }
}

/// A message with these records; the question in it if `question`.
fn message(asked: Rtype, question: bool, records: &[Sent]) -> Vec<u8> {
    let mut message = compose::query(ID, zone().as_ref(), asked);
    if !question {
        message.truncate(12);
        message[5] = 0;
    }
    message[2] = (flag::ANSWER >> 8) as u8 | 4;
    message[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    for record in records {
        message.extend(record.owner.as_bytes());
        message.extend(record.rtype.0.to_be_bytes());
        message.extend(record.class.0.to_be_bytes());
        message.extend(60_u32.to_be_bytes());
        message.extend(u16::try_from(record.rdata.len()).unwrap().to_be_bytes());
        message.extend(&record.rdata);
    }
    message
}

/// A stream: what a transfer is made of, and how many records are in each message.
fn stream(asked: Rtype, records: &[Sent], size: usize) -> Vec<Vec<u8>> {
    let parts = records.chunks(size.max(1)).enumerate();
    parts
        .map(|(at, part)| message(asked, at == 0, part))
        .collect()
}

fn wanted(have: Option<u32>) -> (Rtype, Wanted) {
    match have {
        Some(have) => (Rtype::IXFR, Wanted::Since(Serial(have))),
        None => (Rtype::AXFR, Wanted::Whole),
    }
}

/// Reads a stream; what came of it, and what is there then.
fn read(
    have: Option<u32>,
    before: &Model,
    messages: &[Vec<u8>],
) -> Result<Option<(Transfer, Model)>, TransferFault> {
    let mut model = before.clone();
    let mut reader = Reader::new(zone().as_ref(), ID, wanted(have).1);
    let mut ended = None;
    for message in messages {
        ended = reader.read(message, &mut model)?;
    }
    Ok(ended.map(|transfer| (transfer, model)))
}

fn check(have: Option<u32>, records: &[Sent], expected: Result<Option<Transfer>, TransferFault>) {
    let before = model(&[soa(1), address(1, 1)]);
    for size in [1, 2, 100] {
        let messages = stream(wanted(have).0, records, size);
        let result = read(have, &before, &messages);
        let result = result.map(|ended| ended.map(|(transfer, _)| transfer));
        assert_eq!(result, expected, "{size} a message: {records:?}");
    }
}

fn model(records: &[Sent]) -> Model {
    let lines = records.iter().map(|sent| {
        let owner = sent.owner.as_bytes().to_vec();
        (owner, sent.rtype.0, sent.rdata.clone())
    });
    Model {
        records: lines.collect(),
        strict: false,
    }
}

#[test]
fn whole_zones_begin_and_end_with_the_same_soa() {
    let (a, b) = (address(1, 1), address(2, 2));
    let whole = Ok(Some(Transfer::Whole(Serial(5))));
    check(None, &[soa(5), a.clone(), b.clone(), soa(5)], whole);
    check(None, &[soa(5), soa(5)], Err(TransferFault::Empty));
    check(None, &[soa(5), a.clone(), b.clone()], Ok(None));
    check(None, &[soa(5)], Ok(None));
    check(None, &[soa(5), a.clone(), soa(6)], Err(TransferFault::Last));
    check(None, &[soa(5), soa(6)], Err(TransferFault::Last));
    check(
        None,
        &[a.clone(), soa(5)],
        Err(TransferFault::NoSoa(Rtype::A)),
    );
    let mut other = soa(5);
    *other.rdata.last_mut().unwrap() = 1;
    check(None, &[soa(5), a, other], Err(TransferFault::Last));
}

#[test]
fn changes_come_as_steps_or_whole_or_not_at_all() {
    let (a, b, c) = (address(1, 1), address(2, 2), address(3, 3));
    let steps = [
        soa(3),
        soa(1),
        a.clone(),
        soa(2),
        b.clone(),
        soa(2),
        soa(3),
        c.clone(),
        soa(3),
    ];
    check(Some(1), &steps, Ok(Some(Transfer::Steps(Serial(3)))));
    let whole = [soa(3), b.clone(), soa(3)];
    check(Some(1), &whole, Ok(Some(Transfer::Whole(Serial(3)))));
    check(Some(1), &[soa(3), soa(3)], Err(TransferFault::Empty));
    check(Some(3), &[soa(3)], Ok(Some(Transfer::Current(Serial(3)))));
    check(Some(3), &[soa(2)], Ok(Some(Transfer::Current(Serial(2)))));
    check(Some(1), &[soa(3)], Ok(None));
    check(Some(1), &steps[..8], Ok(None));
    let backwards = TransferFault::Order {
        from: Serial(1),
        to: Serial(1),
        expected: Serial(1),
    };
    check(
        Some(1),
        &[soa(3), soa(1), a.clone(), soa(1)],
        Err(backwards),
    );
    let gap = TransferFault::Order {
        from: Serial(4),
        to: Serial(5),
        expected: Serial(2),
    };
    let gaps = [soa(5), soa(1), a.clone(), soa(2), soa(4)];
    check(Some(1), &gaps, Err(gap));
    let unfit = [soa(3), soa(1), c, soa(3), b, soa(3)];
    check(Some(1), &unfit, Err(TransferFault::Unfit(Unfit)));
    let beyond = TransferFault::Order {
        from: Serial(1),
        to: Serial(9),
        expected: Serial(1),
    };
    check(Some(1), &[soa(3), soa(1), a, soa(9)], Err(beyond));
}

#[test]
fn nothing_is_taken_that_does_not_belong_there() {
    let a = address(1, 1);
    let change = |change: &dyn Fn(&mut Sent)| {
        let mut record = a.clone();
        change(&mut record);
        [soa(5), record, soa(5)]
    };
    let cases: Vec<([Sent; 3], TransferFault)> = vec![
        (
            change(&|it| it.owner = name("h.example.net.")),
            TransferFault::OutOfZone(name("h.example.net.")),
        ),
        (
            change(&|it| it.owner = name("hexample.org.")),
            TransferFault::OutOfZone(name("hexample.org.")),
        ),
        (change(&|it| it.class = Class::CH), TransferFault::Class),
        (
            change(&|it| it.rtype = Rtype::TSIG),
            TransferFault::Type(Rtype::TSIG),
        ),
        (
            change(&|it| {
                *it = soa(5);
                it.owner = name("sub.example.org.");
            }),
            TransferFault::OutOfZone(name("sub.example.org.")),
        ),
    ];
    for (records, fault) in cases {
        check(None, &records, Err(fault));
    }
    let after = [soa(5), a.clone(), soa(5), a];
    let messages = stream(Rtype::AXFR, &after, 100);
    let result = read(None, &Model::default(), &messages);
    assert_eq!(result, Err(TransferFault::Excess));
}

#[test]
fn each_message_must_be_one_of_the_answer() {
    let records = [soa(5), address(1, 1), soa(5)];
    let good = stream(Rtype::AXFR, &records, 1);
    let cases: [(usize, usize, u8, Option<TransferFault>); 9] = [
        (
            0,
            0,
            0xFF,
            Some(TransferFault::Mismatch(crate::Mismatch::Number)),
        ),
        (
            1,
            0,
            0xFF,
            Some(TransferFault::Mismatch(crate::Mismatch::Number)),
        ),
        (
            1,
            2,
            0x04,
            Some(TransferFault::Mismatch(crate::Mismatch::NoAnswer)),
        ),
        (
            1,
            2,
            0xA4,
            Some(TransferFault::Mismatch(crate::Mismatch::Opcode)),
        ),
        (1, 2, 0x86, Some(TransferFault::Truncated)),
        (1, 3, 0x02, Some(TransferFault::Rcode(Rcode::SERVFAIL))),
        (
            0,
            5,
            0x00,
            Some(TransferFault::Mismatch(crate::Mismatch::Question)),
        ),
        (
            0,
            13,
            b'f',
            Some(TransferFault::Mismatch(crate::Mismatch::Question)),
        ),
        (
            0,
            26,
            251,
            Some(TransferFault::Mismatch(crate::Mismatch::Question)),
        ),
    ];
    for (at, byte, value, fault) in cases {
        let mut messages = good.clone();
        messages[at][byte] = value;
        let result = read(None, &Model::default(), &messages).err();
        assert_eq!(result, fault, "byte {byte} of message {at}");
    }
    let empty = message(Rtype::AXFR, true, &[]);
    let result = read(None, &Model::default(), &[empty]);
    assert_eq!(result, Err(TransferFault::NoRecord));
}

/// Versions of a zone, one after the other: which of sixteen addresses there are.
fn versions() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(any::<u16>(), 2..6)
}

/// What all versions have.
fn name_server() -> Sent {
    Sent {
        owner: zone(),
        rtype: Rtype::NS,
        class: Class::IN,
        rdata: name("ns.example.org.").as_bytes().to_vec(),
    }
}

fn contents(version: u16) -> Vec<Sent> {
    let bits = (0..16_u8).filter(|bit| version >> bit & 1 == 1);
    bits.map(|bit| address(bit / 2, bit)).collect()
}

fn whole_of(serial: u32, version: u16) -> Vec<Sent> {
    let mut all = vec![soa(serial), name_server()];
    all.extend(contents(version));
    all.push(soa(serial));
    all
}

fn steps_of(versions: &[u16]) -> Vec<Sent> {
    let last = u32::try_from(versions.len()).unwrap();
    let mut all = vec![soa(last)];
    for (at, pair) in versions.windows(2).enumerate() {
        let serial = u32::try_from(at).unwrap() + 1;
        all.push(soa(serial));
        all.extend(contents(pair[0] & !pair[1]));
        all.push(soa(serial + 1));
        all.extend(contents(pair[1] & !pair[0]));
    }
    all.push(soa(last));
    all
}

fn with_soa(serial: u32, version: u16) -> Model {
    let mut all = contents(version);
    all.extend([soa(serial), name_server()]);
    model(&all)
}

/// What someone in the middle does to a stream.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Cut(usize),
    Drop(usize),
    Repeat(usize),
    Swap(usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = 0..40_usize;
    (at.clone(), at, 0..4_u8).prop_map(|(one, two, kind)| match kind {
        0 => Harm::Cut(one),
        1 => Harm::Drop(one),
        2 => Harm::Repeat(one),
        _ => Harm::Swap(one, two),
    })
}

fn harmed<T: Clone>(all: &[T], harm: Harm) -> Vec<T> {
    let mut all = all.to_vec();
    let len = all.len();
    match harm {
        Harm::Cut(at) => all.truncate(at % len),
        Harm::Drop(at) => drop(all.remove(at % len)),
        Harm::Repeat(at) => all.insert(at % len, all[at % len].clone()),
        Harm::Swap(one, two) => all.swap(one % len, two % len),
    }
    all
}

proptest! {
    #[test]
    fn good_streams_give_the_zone(versions in versions(), size in 1..9_usize) {
        let last = u32::try_from(versions.len()).unwrap();
        let goal = with_soa(last, *versions.last().unwrap());
        let before = with_soa(1, versions[0]);
        let steps = stream(Rtype::IXFR, &steps_of(&versions), size);
        let (transfer, model) = read(Some(1), &before, &steps).unwrap().unwrap();
        prop_assert_eq!(transfer, Transfer::Steps(Serial(last)));
        prop_assert_eq!(&model.records, &goal.records);
        let whole = whole_of(last, *versions.last().unwrap());
        for have in [None, Some(1)] {
            let messages = stream(wanted(have).0, &whole, size);
            let (transfer, model) = read(have, &before, &messages).unwrap().unwrap();
            prop_assert_eq!(transfer, Transfer::Whole(Serial(last)));
            prop_assert_eq!(&model.records, &goal.records);
        }
    }

    /// Steps check themselves against what is there: what was cut, left out, repeated or shuffled
    /// is refused, or leads to the same zone.
    #[test]
    fn harmed_steps_are_refused_or_right(
        versions in versions(),
        size in 1..9_usize,
        harm in harm(),
        by_message in any::<bool>(),
    ) {
        let last = u32::try_from(versions.len()).unwrap();
        let goal = with_soa(last, *versions.last().unwrap());
        let before = with_soa(1, versions[0]);
        let messages = if by_message {
            harmed(&stream(Rtype::IXFR, &steps_of(&versions), size), harm)
        } else {
            stream(Rtype::IXFR, &harmed(&steps_of(&versions), harm), size)
        };
        if let Ok(Some((transfer, model))) = read(Some(1), &before, &messages) {
            let lost = matches!(harm, Harm::Drop(_));
            let right = model.records == goal.records;
            // Nothing tells that one record of a step never was in it, nor one of a whole zone.
            prop_assert!(right || lost, "{:?} {:?}", transfer, model);
        }
    }

    /// Of a whole zone nothing but its ends can be checked: any order of its records is right.
    #[test]
    fn harmed_whole_zones_are_refused_or_right(
        version in any::<u16>(),
        size in 1..9_usize,
        harm in harm(),
    ) {
        let goal = with_soa(7, version);
        let messages = stream(Rtype::AXFR, &harmed(&whole_of(7, version), harm), size);
        if let Ok(Some((_, model))) = read(None, &Model::default(), &messages) {
            let lost = matches!(harm, Harm::Drop(_));
            prop_assert!(model.records == goal.records || lost);
        }
    }

    #[test]
    fn noise_is_never_a_transfer_nor_a_panic(
        versions in versions(),
        size in 1..9_usize,
        noise in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
    ) {
        let mut messages = stream(Rtype::IXFR, &steps_of(&versions), size);
        for (at, value) in noise {
            let count = messages.len();
            let message = &mut messages[at % count];
            let len = message.len();
            message[at / count % len] = value;
        }
        // Whatever comes of it, it came to an end.
        let _read = read(Some(1), &with_soa(1, versions[0]), &messages);
    }
}

const ID: u16 = 0x1234;
