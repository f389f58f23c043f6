//! What groups ask of zones, and what contents hold.

use client::transfer::Incoming;
use client::{Form, Sink, Unfit};
use plan::{ChangeSet, Endpoint, Update};
use wire::update::{Action, Prerequisite};
use wire::{Name, Rtype, Ttl};

use super::contents::Contents;
use super::group::{Part, Ttls, parts};
use super::zone::{Known, Zone, place_of};

fn ttls() -> Ttls {
    Ttls {
        least: Ttl::from_secs(10),
        default: Ttl::from_secs(300),
    }
}

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn add(contents: &mut Contents, owner: &str, rtype: Rtype, rdata: &[u8]) -> Result<(), Unfit> {
    let owner = name(owner);
    contents.add(Incoming {
        owner: owner.as_ref(),
        rtype,
        ttl: Ttl::from_secs(300),
        rdata,
    })
}

fn zone(apex: &str, records: &[(&str, Rtype, &[u8])]) -> Zone {
    let mut zone = Zone::new(name(apex));
    zone.contents.begin(Form::Whole);
    for (owner, rtype, rdata) in records {
        add(&mut zone.contents, owner, *rtype, rdata).unwrap();
    }
    zone.contents.settle();
    zone.known = Some(Known::new(0, wire::Serial(1)));
    zone
}

fn endpoint(name: &str, rtype: Rtype, target: &str) -> Endpoint {
    Endpoint::new(name, rtype, [target])
}

/// A part as text, one condition or operation a line.
fn text(part: &Part) -> Vec<String> {
    let conditions = part.conditions.iter().map(|condition| match condition {
        Prerequisite::NameInUse(owner) => format!("if {owner}"),
        Prerequisite::NameNotInUse(owner) => format!("if no {owner}"),
        Prerequisite::RrsetExists(owner, rtype) => format!("if {owner} {rtype}"),
        Prerequisite::RrsetMissing(owner, rtype) => format!("if no {owner} {rtype}"),
        Prerequisite::RrsetHolds(owner, rtype, rdata) => {
            format!("if {owner} {rtype} {}", plan::data::target(*rtype, rdata))
        }
    });
    let operations = part.operations.iter().map(|operation| {
        let owner = &operation.owner;
        match &operation.action {
            Action::Add(rtype, ttl, rdata) => {
                format!(
                    "add {owner} {ttl} {rtype} {}",
                    plan::data::target(*rtype, rdata)
                )
            }
            Action::DeleteRecord(rtype, rdata) => {
                format!("del {owner} {rtype} {}", plan::data::target(*rtype, rdata))
            }
            Action::DeleteRrset(rtype) => format!("del {owner} {rtype}"),
            Action::DeleteName => format!("del {owner}"),
        }
    });
    conditions.chain(operations).collect()
}

/// What a group asks of one zone, or why it cannot be made.
fn check(records: &[(&str, Rtype, &[u8])], group: &ChangeSet, expected: Result<&[&str], &str>) {
    let zones = [zone("example.org.", records)];
    let made = parts(&zones, group, ttls());
    let made = made.map(|parts| {
        parts
            .iter()
            .flat_map(|(_, part)| text(part))
            .collect::<Vec<_>>()
    });
    match (made, expected) {
        (Ok(lines), Ok(expected)) => assert_eq!(lines, expected),
        (Err(reason), Err(expected)) => assert!(reason.contains(expected), "{reason}"),
        (made, _) => panic!("{made:?}, not {expected:?}"),
    }
}

fn create(endpoints: &[Endpoint]) -> ChangeSet {
    ChangeSet {
        create: endpoints.to_vec(),
        ..ChangeSet::default()
    }
}

fn delete(endpoints: &[Endpoint]) -> ChangeSet {
    ChangeSet {
        delete: endpoints.to_vec(),
        ..ChangeSet::default()
    }
}

fn update(old: Endpoint, new: Endpoint) -> ChangeSet {
    ChangeSet {
        update: vec![Update { old, new }],
        ..ChangeSet::default()
    }
}

const W: &str = "w.example.org.";

#[test]
fn what_is_created_must_not_be_there() {
    let a = endpoint("w.example.org", Rtype::A, "192.0.2.1");
    let expected = [
        "if no w.example.org. A",
        "if no w.example.org. CNAME",
        "add w.example.org. 300 A 192.0.2.1",
    ];
    check(&[], &create(&[a]), Ok(&expected));
    let alias = endpoint("w.example.org", Rtype::CNAME, "x.example.org");
    let expected = [
        "if no w.example.org.",
        "add w.example.org. 300 CNAME x.example.org.",
    ];
    check(&[], &create(&[alias]), Ok(&expected));
    let mut low = endpoint("W.Example.org", Rtype::A, "192.0.2.1");
    low.ttl = Some(Ttl::from_secs(1));
    let expected = [
        "if no w.example.org. A",
        "if no w.example.org. CNAME",
        "add w.example.org. 10 A 192.0.2.1",
    ];
    check(&[], &create(&[low]), Ok(&expected));
}

#[test]
fn what_is_deleted_or_changed_must_be_as_it_was_read() {
    let there: [(&str, Rtype, &[u8]); 2] = [
        (W, Rtype::A, &[192, 0, 2, 1]),
        (W, Rtype::A, &[192, 0, 2, 2]),
    ];
    let one = endpoint("w.example.org", Rtype::A, "192.0.2.1");
    let both = Endpoint::new("w.example.org", Rtype::A, ["192.0.2.1", "192.0.2.2"]);
    let holds = [
        "if w.example.org. A 192.0.2.1",
        "if w.example.org. A 192.0.2.2",
    ];
    let with = |lines: &[&'static str]| [&holds, lines].concat();
    check(
        &there,
        &delete(std::slice::from_ref(&one)),
        Ok(&with(&["del w.example.org. A 192.0.2.1"])),
    );
    check(
        &there,
        &delete(std::slice::from_ref(&both)),
        Ok(&with(&["del w.example.org. A"])),
    );
    check(&[], &delete(std::slice::from_ref(&both)), Ok(&[]));
    let three = endpoint("w.example.org", Rtype::A, "192.0.2.3");
    let expected = with(&[
        "del w.example.org. A 192.0.2.1",
        "add w.example.org. 300 A 192.0.2.3",
    ]);
    check(&there, &update(one, three.clone()), Ok(&expected));
    let mut slow = three;
    slow.ttl = Some(Ttl::from_secs(900));
    let expected = with(&["del w.example.org. A", "add w.example.org. 900 A 192.0.2.3"]);
    check(&there, &update(both, slow), Ok(&expected));
}

#[test]
fn a_type_changes_in_one_step_and_never_beside_others() {
    let a: (&str, Rtype, &[u8]) = (W, Rtype::A, &[192, 0, 2, 1]);
    let mx: (&str, Rtype, &[u8]) = (W, Rtype::MX, b"\0\x0A\0");
    let old = endpoint("w.example.org", Rtype::A, "192.0.2.1");
    let new = endpoint("w.example.org", Rtype::CNAME, "x.example.org.");
    let change = ChangeSet {
        create: vec![new.clone()],
        delete: vec![old],
        ..ChangeSet::default()
    };
    let expected = [
        "if w.example.org. A 192.0.2.1",
        "if no w.example.org. CNAME",
        "del w.example.org. A",
        "add w.example.org. 300 CNAME x.example.org.",
    ];
    check(&[a], &change, Ok(&expected));
    check(&[a, mx], &change, Err("cannot stand beside MX"));
    check(&[mx], &create(&[new]), Err("cannot stand beside MX"));
    let alias: (&str, Rtype, &[u8]) = (W, Rtype::CNAME, b"\x01x\0");
    let address = endpoint("w.example.org", Rtype::A, "192.0.2.1");
    check(
        &[alias],
        &create(&[address]),
        Err("cannot stand beside CNAME"),
    );
}

#[test]
fn text_that_others_wrote_beside_ours_stays() {
    let there: [(&str, Rtype, &[u8]); 1] = [(W, Rtype::TXT, b"\x05other")];
    let ours = endpoint("w.example.org", Rtype::TXT, "\"ours\"");
    let expected = [
        "if w.example.org. TXT \"other\"",
        "add w.example.org. 300 TXT \"ours\"",
    ];
    check(&there, &create(std::slice::from_ref(&ours)), Ok(&expected));
    let there = [there[0], (W, Rtype::TXT, b"\x04ours")];
    let expected = [
        "if w.example.org. TXT \"ours\"",
        "if w.example.org. TXT \"other\"",
        "del w.example.org. TXT \"ours\"",
    ];
    check(&there, &delete(&[ours]), Ok(&expected));
}

#[test]
fn what_no_zone_can_hold_says_why() {
    let wrong = endpoint("w.example.org", Rtype::A, "nonsense");
    check(
        &[],
        &create(&[wrong]),
        Err("target \"nonsense\" is no A data"),
    );
    let apex = endpoint("example.org", Rtype::NS, "ns.example.org");
    check(&[], &create(&[apex]), Err("left to its owner"));
    let outside = endpoint("wexample.org", Rtype::A, "192.0.2.1");
    check(&[], &create(&[outside]), Err("in none of the zones"));
    let owner = endpoint("a-example.org", Rtype::TXT, "\"x\"");
    check(&[], &create(&[owner]), Err("--txt-prefix"));
}

#[test]
fn the_zone_of_a_name_is_the_longest_one_by_whole_labels() {
    let zones = ["example.org.", "sub.example.org.", "."].map(|apex| Zone::new(name(apex)));
    for (text, expected) in [
        ("example.org.", 0),
        ("a.b.example.org.", 0),
        ("x.sub.example.org.", 1),
        ("notsub.example.org.", 0),
        ("notexample.org.", 2),
    ] {
        assert_eq!(
            place_of(&zones, name(text).as_ref()),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn names_below_a_delegation_may_be_of_another_zone() {
    let zone = zone(
        "example.org.",
        &[
            ("example.org.", Rtype::NS, b"\0"),
            ("sub.example.org.", Rtype::NS, b"\0"),
        ],
    );
    for (text, expected) in [
        ("example.org.", false),
        ("a.example.org.", false),
        ("sub.example.org.", true),
        ("a.b.sub.example.org.", true),
    ] {
        assert_eq!(zone.delegates(name(text).as_ref()), expected, "{text}");
    }
}

#[test]
fn steps_must_fit_what_is_there() {
    let mut contents = Contents::default();
    contents.begin(Form::Whole);
    let one: &[u8] = &[192, 0, 2, 1];
    add(&mut contents, W, Rtype::A, one).unwrap();
    // Some servers send a record twice.
    add(&mut contents, W, Rtype::A, one).unwrap();
    assert!(contents.is_torn());
    contents.settle();
    let owner = name("W.EXAMPLE.org.");
    let rrset = contents.rrset(owner.as_ref(), Rtype::A).unwrap();
    assert_eq!(rrset.rdatas.len(), 1);
    contents.note(owner.as_ref(), Rtype::A, None);
    assert!(contents.rrset(owner.as_ref(), Rtype::A).is_none() && contents.is_written());

    // The server tells of what we wrote.
    contents.begin(Form::Steps);
    assert_eq!(add(&mut contents, W, Rtype::A, one), Err(Unfit));
    let record = Incoming {
        owner: owner.as_ref(),
        rtype: Rtype::A,
        ttl: Ttl::from_secs(1),
        rdata: one,
    };
    contents.remove(record).unwrap();
    assert_eq!(contents.remove(record), Err(Unfit));
    contents.settle();
    assert_eq!(contents.iter().count(), 0);
}
