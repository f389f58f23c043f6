//! Copies: to the bit, by steps as by the whole, and out again.

use std::sync::Arc;

use wire::{Rtype, Ttl};

use super::*;
use crate::layer::Layer;
use crate::records::Place;
use crate::snapshot::Zone;
use crate::writer::{Change, Rrset};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn soa(serial: u32) -> Vec<u8> {
    let mut soa = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [serial, 3600, 600, 86400, 300] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    soa
}

fn records(serial: u32, hosts: &[(&str, u8)]) -> Records {
    let mut records = Records::new(name("zone."));
    let mut push = |owner: &str, rtype, rdata: &[u8]| {
        let ttl = Ttl::from_secs(300);
        records.push(name(owner).as_ref(), rtype, ttl, rdata, Place::default());
    };
    push("zone.", Rtype::SOA, &soa(serial));
    push("zone.", Rtype::NS, b"\x02ns\x00");
    for (host, last) in hosts {
        push(host, Rtype::A, &[192, 0, 2, *last]);
    }
    records.sort();
    records.dedup();
    records
}

fn copy(hosts: &[(&str, u8)]) -> Store {
    let store = Store::new([1, 2]);
    store.expect_copy(&name("Zone.")).unwrap();
    store.replace_copy(&records(7, hosts)).unwrap();
    store
}

fn zone(store: &Store) -> Arc<Zone> {
    store.since(&name("zone."), Serial(0)).unwrap().zone
}

#[test]
fn nothing_is_answered_before_a_copy_comes_and_after_it_has_expired() {
    let store = Store::new([1, 2]);
    store.expect_copy(&name("zone.")).unwrap();
    assert_eq!(zone(&store).withheld(), Some(Withheld::Absent));
    assert!(!store.set_expired(&name("zone."), true));
    let done = store.replace_copy(&records(7, &[("a.zone.", 1)])).unwrap();
    assert_eq!(
        (done.serial, done.records, done.changed),
        (Serial(7), 3, true)
    );
    assert_eq!(zone(&store).withheld(), None);
    assert!(store.set_expired(&name("zone."), true));
    assert_eq!(zone(&store).withheld(), Some(Withheld::Expired));
    assert!(
        store
            .replace_copy(&records(7, &[("a.zone.", 1)]))
            .unwrap()
            .changed
    );
    assert_eq!(zone(&store).withheld(), None);
    assert!(
        !store
            .replace_copy(&records(7, &[("a.zone.", 1)]))
            .unwrap()
            .changed
    );
}

#[test]
fn a_copy_has_the_serial_of_its_primary_even_if_that_goes_back() {
    let store = copy(&[("a.zone.", 1)]);
    let done = store.replace_copy(&records(9, &[("b.zone.", 1)])).unwrap();
    assert_eq!(done.serial, Serial(9));
    let since = store.since(&name("zone."), Serial(7)).unwrap();
    assert_eq!(since.steps.unwrap().len(), 1);
    let done = store.replace_copy(&records(3, &[("b.zone.", 1)])).unwrap();
    assert_eq!(done.serial, Serial(3));
    assert!(
        store
            .since(&name("zone."), Serial(7))
            .unwrap()
            .steps
            .is_none()
    );
}

#[test]
fn steps_lead_to_what_the_whole_would_be() {
    let store = copy(&[("a.zone.", 1), ("b.zone.", 2), ("x.y.zone.", 3)]);
    let mut steps = Steps::new(zone(&store));
    let a = |last: u8| [192, 0, 2, last];
    let ttl = Ttl::from_secs(300);
    assert!(steps.remove(name("zone.").as_ref(), Rtype::SOA, &soa(7)));
    assert!(steps.remove(name("A.zone.").as_ref(), Rtype::A, &a(1)));
    assert!(!steps.remove(name("a.zone.").as_ref(), Rtype::A, &a(1)));
    assert!(steps.add(name("a.zone.").as_ref(), Rtype::A, ttl, &a(9)));
    assert!(!steps.add(name("a.ZONE.").as_ref(), Rtype::A, ttl, &a(9)));
    assert!(steps.remove(name("x.y.zone.").as_ref(), Rtype::A, &a(3)));
    assert!(steps.add(name("c.zone.").as_ref(), Rtype::A, ttl, &a(4)));
    assert!(steps.add(name("zone.").as_ref(), Rtype::SOA, ttl, &soa(12)));
    let done = store.apply_steps(steps, Serial(12)).unwrap();
    assert_eq!(done.serial, Serial(12));
    let hosts = [("a.zone.", 9), ("b.zone.", 2), ("c.zone.", 4)];
    let other = Store::new([1, 2]);
    other.expect_copy(&name("zone.")).unwrap();
    other.replace_copy(&records(12, &hosts)).unwrap();
    assert!(same_contents(&zone(&store), &zone(&other)));
    assert_eq!(zone(&store).negative_soa(), zone(&other).negative_soa());
    let steps = store
        .since(&name("zone."), Serial(7))
        .unwrap()
        .steps
        .unwrap();
    assert_eq!((steps.len(), steps[0].added().count()), (1, 3));
    // Begun with a version that is no more.
    let late = Steps::new(zone(&other));
    store.replace_copy(&records(13, &hosts)).unwrap();
    assert!(matches!(
        store.apply_steps(late, Serial(14)),
        Err(StepsError::Moved { .. })
    ));
}

#[test]
fn no_other_way_leads_into_a_copy() {
    let store = copy(&[]);
    let records = records(20, &[]);
    assert!(matches!(
        store.replace_static(&records),
        Err(StoreError::IsCopy { .. })
    ));
    let change = Change {
        owner: name("n.zone."),
        rtype: Rtype::A,
        layer: Layer::Synced,
        rrset: Some(Rrset {
            rtype: Rtype::A,
            ttl: Ttl::from_secs(60),
            rdatas: vec![Box::from([1, 2, 3, 4])],
        }),
    };
    assert!(matches!(
        store.commit(&name("zone."), vec![change]),
        Err(StoreError::IsCopy { .. })
    ));
    assert!(!store.remove(&name("zone.")));
    let plain = Store::new([1, 2]);
    plain.replace_static(&records).unwrap();
    assert!(plain.expect_copy(&name("zone.")).is_err());
    assert!(plain.replace_copy(&records).is_err());
}

#[test]
fn images_give_back_what_was_written_and_tell_damage() {
    let store = copy(&[("a.zone.", 1), ("*.b.zone.", 2)]);
    store
        .replace_copy(&records(9, &[("a.zone.", 1), ("*.b.zone.", 3)]))
        .unwrap();
    let mut bytes = Vec::new();
    let apex = name("zone.");
    write_image(&store.copied(&apex).unwrap(), &mut bytes).unwrap();
    let other = Store::new([1, 2]);
    other.expect_copy(&apex).unwrap();
    assert!(other.copied(&apex).is_none());
    other
        .recall_copy(read_image(&apex, &bytes).unwrap())
        .unwrap();
    assert!(same_contents(&zone(&store), &zone(&other)));
    assert_eq!(
        read_image(&name("other."), &bytes).unwrap_err(),
        ImageError::OtherZone
    );
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(read_image(&apex, &damaged).is_err(), "{at}");
        assert!(read_image(&apex, &bytes[..at]).is_err(), "{at}");
    }
}

#[test]
fn steps_to_a_copy_are_there_after_a_restart() {
    let apex = name("zone.");
    let mut store = copy(&[("a.zone.", 1)]);
    for round in 1..4_u8 {
        let serial = 7 + u32::from(round);
        let hosts = [("a.zone.", 1), ("b.zone.", round)];
        store.replace_copy(&records(serial, &hosts)).unwrap();
        let mut bytes = Vec::new();
        write_image(&store.copied(&apex).unwrap(), &mut bytes).unwrap();
        store = Store::new([1, 2]);
        store.expect_copy(&apex).unwrap();
        let done = store.recall_copy(read_image(&apex, &bytes).unwrap());
        assert_eq!(done.unwrap().serial, Serial(serial));
        let steps = store.since(&apex, Serial(7)).unwrap().steps.unwrap();
        assert_eq!(steps.len(), usize::from(round));
    }
}

#[test]
fn images_hold_the_last_steps_only() {
    let apex = name("zone.");
    let store = copy(&[]);
    for round in 0..4000_u32 {
        let last = u8::try_from(round % 250).unwrap();
        store
            .replace_copy(&records(8 + round, &[("a.zone.", last)]))
            .unwrap();
    }
    let kept = store.copied(&apex).unwrap().steps.len();
    let mut bytes = Vec::new();
    write_image(&store.copied(&apex).unwrap(), &mut bytes).unwrap();
    assert!(bytes.len() < 600 << 10, "{}", bytes.len());
    let steps = read_image(&apex, &bytes).unwrap().steps;
    assert!(steps.len() > 1000 && steps.len() < kept, "{}", steps.len());
    assert_eq!(steps.last().unwrap().to, Serial(8 + 3999));
}

#[test]
fn images_of_an_earlier_version_are_read() {
    let apex = name("zone.");
    let store = copy(&[("a.zone.", 1)]);
    let mut bytes = Vec::new();
    write_image(&store.copied(&apex).unwrap(), &mut bytes).unwrap();
    // Without the end of the steps, of which there are none, and the sum.
    bytes.truncate(bytes.len() - 5);
    bytes[16] = b'1';
    let crc = crc32fast::hash(&bytes);
    bytes.extend(crc.to_be_bytes());
    let image = read_image(&apex, &bytes).unwrap();
    assert_eq!((image.records.len(), image.steps.len()), (3, 0));
}
