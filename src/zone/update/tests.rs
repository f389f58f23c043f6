//! Updates against a model of RFC 2136 on plain maps, and the rules between layers one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wire::update::{Action, Operation, Prerequisite, Update};
use wire::{Name, NameRef, Rcode, Rtype, Serial, Ttl};

use crate::records::{Place, Records};
use crate::{Change, Layer, Permit, Rrset, Store};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(apex().as_ref())).unwrap()
}

fn apex() -> Name {
    Name::from_text(b"zone.", None).unwrap()
}

fn soa(serial: u32, refresh: u32) -> Vec<u8> {
    let mut rdata = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [serial, refresh, 600, 86400, 300] {
        rdata.extend_from_slice(&number.to_be_bytes());
    }
    rdata
}

/// A zone whose file has an SOA, an NS, and an address of "file".
fn store() -> Store {
    let mut records = Records::new(apex());
    let mut push = |owner: &str, rtype, rdata: &[u8]| {
        let place = Place::default();
        records.push(name(owner).as_ref(), rtype, ttl(), rdata, place);
    };
    push("@", Rtype::SOA, &soa(5, 3600));
    push("@", Rtype::NS, b"\x02ns\x00");
    push("file", Rtype::A, &[192, 0, 2, 1]);
    records.sort();
    let store = Store::new([1, 2]);
    store.replace_static(&records).unwrap();
    store
}

fn ttl() -> Ttl {
    Ttl::from_secs(300)
}

fn a(last: u8) -> Vec<u8> {
    vec![192, 0, 2, last]
}

fn add(owner: &str, rtype: Rtype, rdata: &[u8]) -> Operation {
    let action = Action::Add(rtype, ttl(), rdata.into());
    Operation {
        owner: name(owner),
        action,
    }
}

fn delete(owner: &str, rtype: Rtype) -> Operation {
    let action = Action::DeleteRrset(rtype);
    Operation {
        owner: name(owner),
        action,
    }
}

/// Carries out an update as far as it is allowed.
fn update(store: &Store, operations: Vec<Operation>, grant: bool) -> Result<(), Rcode> {
    let update = Update {
        zone: apex(),
        prerequisites: Vec::new(),
        operations,
    };
    carry_out(store, &update, grant)
}

fn carry_out(store: &Store, update: &Update, grant: bool) -> Result<(), Rcode> {
    let effect = store
        .evaluate(update, &Grant(grant))
        .map_err(|refusal| refusal.rcode)?;
    store
        .commit_recorded(&apex(), effect.changes, effect.serial)
        .unwrap();
    Ok(())
}

/// All but LOC is granted, and takeover or not.
struct Grant(bool);

impl Permit for Grant {
    fn may_update(&self, _: NameRef<'_>, rtype: Rtype) -> bool {
        rtype != Rtype::LOC
    }

    fn may_take_over(&self, _: NameRef<'_>, _: Rtype) -> bool {
        self.0
    }
}

#[test]
fn what_no_grant_covers_is_refused_and_with_it_the_whole_update() {
    let store = store();
    let loc = Change {
        owner: name("x"),
        rtype: Rtype::LOC,
        layer: Layer::Dynamic,
        rrset: Some(Rrset {
            rtype: Rtype::LOC,
            ttl: ttl(),
            rdatas: vec![[0; 16].into()],
        }),
    };
    store.commit(&apex(), vec![loc]).unwrap();
    let refused = Err(Rcode::REFUSED);
    let all = || Operation {
        owner: name("x"),
        action: Action::DeleteName,
    };
    assert_eq!(
        update(&store, vec![add("y", Rtype::A, &a(1)), all()], true),
        refused
    );
    assert_eq!(update(&store, vec![delete("x", Rtype::LOC)], true), refused);
    // Even where nothing would change.
    assert_eq!(update(&store, vec![delete("y", Rtype::LOC)], true), refused);
    assert!(shown(&store, "y", Rtype::A).is_empty());
}

/// What shows of a type at a name.
fn shown(store: &Store, owner: &str, rtype: Rtype) -> Vec<Vec<u8>> {
    let snapshot = store.snapshot();
    let zone = snapshot.zone(apex().as_ref()).unwrap();
    let rrset = zone.rrset(name(owner).as_ref(), rtype);
    rrset
        .map(|rrset| rrset.rdatas().map(<[u8]>::to_vec).collect())
        .unwrap_or_default()
}

fn synced(store: &Store, owner: &str, rdata: Option<Vec<u8>>) {
    let rrset = rdata.map(|rdata| Rrset {
        rtype: Rtype::A,
        ttl: ttl(),
        rdatas: vec![rdata.into()],
    });
    let change = Change {
        owner: name(owner),
        rtype: Rtype::A,
        layer: Layer::Synced,
        rrset,
    };
    store.commit(&apex(), vec![change]).unwrap();
}

#[test]
fn what_other_layers_say_needs_a_grant() {
    for owner in ["file", "object"] {
        let store = store();
        synced(&store, "object", Some(a(1)));
        let operations = || vec![delete(owner, Rtype::A), add(owner, Rtype::A, &a(9))];
        assert_eq!(update(&store, operations(), false), Err(Rcode::REFUSED));
        assert_eq!(shown(&store, owner, Rtype::A), [a(1)]);
        // What changes nothing passes.
        update(&store, vec![add(owner, Rtype::A, &a(1))], false).unwrap();
        update(&store, operations(), true).unwrap();
        assert_eq!(shown(&store, owner, Rtype::A), [a(9)]);
        // An override is not everybody's either.
        assert_eq!(
            update(&store, vec![delete(owner, Rtype::A)], false),
            Err(Rcode::REFUSED)
        );
        // What is deleted does not come back from the layer below, which may say something else
        // meanwhile.
        synced(&store, "object", Some(a(2)));
        update(&store, vec![delete(owner, Rtype::A)], true).unwrap();
        assert!(shown(&store, owner, Rtype::A).is_empty());
        // To say what it says ends the override.
        let below = if owner == "object" { a(2) } else { a(1) };
        update(&store, vec![add(owner, Rtype::A, &below)], true).unwrap();
        assert_eq!(shown(&store, owner, Rtype::A), [below]);
        assert!(store.layer(&apex(), Layer::Override).is_empty());
    }
}

#[test]
fn none_can_be_said_above_a_file_and_taken_back() {
    let store = store();
    update(&store, vec![delete("file", Rtype::A)], true).unwrap();
    assert!(shown(&store, "file", Rtype::A).is_empty());
    assert_eq!(store.layer(&apex(), Layer::Override).len(), 1);
    // The file is read again: still none.
    let add_it = || vec![add("file", Rtype::A, &a(1))];
    assert_eq!(update(&store, add_it(), false), Err(Rcode::REFUSED));
    update(&store, add_it(), true).unwrap();
    assert_eq!(shown(&store, "file", Rtype::A), [a(1)]);
    assert!(store.layer(&apex(), Layer::Override).is_empty());
}

#[test]
fn dynamic_records_stay_their_clients_when_objects_want_the_name_too() {
    let store = store();
    update(&store, vec![add("x", Rtype::A, &a(1))], false).unwrap();
    synced(&store, "x", Some(a(2)));
    assert_eq!(shown(&store, "x", Rtype::A), [a(1)]);
    update(&store, vec![add("x", Rtype::A, &a(3))], false).unwrap();
    assert_eq!(shown(&store, "x", Rtype::A), [a(1), a(3)]);
    update(&store, vec![delete("x", Rtype::A)], false).unwrap();
    assert_eq!(shown(&store, "x", Rtype::A), [a(2)]);
}

#[test]
fn what_is_deleted_while_it_is_hidden_stays_deleted() {
    let hides = |store: &Store, owner: &str, rrset: Option<(Rtype, &[u8])>, rtype| {
        let rrset = rrset.map(|(rtype, rdata)| Rrset {
            rtype,
            ttl: ttl(),
            rdatas: vec![rdata.into()],
        });
        let (owner, layer) = (name(owner), Layer::Static);
        let change = Change {
            owner,
            rtype,
            layer,
            rrset,
        };
        store.commit(&apex(), vec![change]).unwrap();
    };
    // What the client has, what the file says then, what the client deletes.
    let cname = || b"\x01x\x00".to_vec();
    let cases = [
        (
            Rtype::TXT,
            b"\x03dyn".to_vec(),
            Rtype::TXT,
            b"\x04file".to_vec(),
        ),
        (Rtype::A, a(7), Rtype::CNAME, cname()),
        (Rtype::CNAME, cname(), Rtype::TXT, b"\x04file".to_vec()),
    ];
    for (own, rdata, files, hiding) in cases {
        let store = store();
        update(&store, vec![add("x", own, &rdata)], false).unwrap();
        hides(&store, "x", Some((files, &hiding)), files);
        let action = Action::DeleteRecord(own, rdata.into());
        let owner = name("x");
        update(&store, vec![Operation { owner, action }], false).unwrap();
        assert_eq!(shown(&store, "x", files), [hiding]);
        hides(&store, "x", None, files);
        assert!(shown(&store, "x", own).is_empty(), "{own} under {files}");
    }
    // What shows is the file's, though the client says the same.
    let store = store();
    update(&store, vec![add("x", Rtype::A, &a(7))], false).unwrap();
    hides(&store, "x", Some((Rtype::A, &a(7))), Rtype::A);
    let refused = Err(Rcode::REFUSED);
    assert_eq!(update(&store, vec![delete("x", Rtype::A)], false), refused);
}

#[test]
fn the_apex_keeps_what_it_needs() {
    let store = store();
    let ns = b"\x03ns2\x00";
    let all = Operation {
        owner: apex(),
        action: Action::DeleteName,
    };
    let last = Action::DeleteRecord(Rtype::NS, b"\x02NS\x00"[..].into());
    let last = Operation {
        owner: apex(),
        action: last,
    };
    let operations = vec![all, last, delete("@", Rtype::SOA), delete("@", Rtype::NS)];
    update(&store, operations, false).unwrap();
    assert_eq!(shown(&store, "@", Rtype::NS), [b"\x02ns\x00"]);
    assert_eq!(
        update(&store, vec![add("@", Rtype::NS, ns)], false),
        Err(Rcode::REFUSED)
    );
    update(&store, vec![add("@", Rtype::NS, ns)], true).unwrap();
    assert_eq!(shown(&store, "@", Rtype::NS).len(), 2);
    update(&store, vec![add("@", Rtype::CNAME, b"\x01x\x00")], true).unwrap();
    assert!(shown(&store, "@", Rtype::CNAME).is_empty());
}

#[test]
fn a_client_may_raise_the_serial_and_by_a_grant_change_the_soa() {
    let store = store();
    let serial = || {
        let snapshot = store.snapshot();
        snapshot.zone(apex().as_ref()).unwrap().serial()
    };
    update(&store, vec![add("@", Rtype::SOA, &soa(100, 3600))], false).unwrap();
    assert_eq!(serial(), Serial(100));
    // Older ones and those at other names are passed over.
    update(&store, vec![add("@", Rtype::SOA, &soa(50, 3600))], false).unwrap();
    update(&store, vec![add("x", Rtype::SOA, &soa(500, 3600))], false).unwrap();
    assert_eq!(serial(), Serial(100));
    let refresh = || vec![add("@", Rtype::SOA, &soa(200, 60))];
    assert_eq!(update(&store, refresh(), false), Err(Rcode::REFUSED));
    update(&store, refresh(), true).unwrap();
    assert!(serial().is_newer_than(Serial(100)));
    let soa = shown(&store, "@", Rtype::SOA);
    assert_eq!(soa[0][soa[0].len() - 16..][..4], 60_u32.to_be_bytes());
}

#[test]
fn a_dname_that_could_not_show_is_refused() {
    let store = store();
    let dname = |owner: &str| vec![add(owner, Rtype::DNAME, b"\x01x\x00")];
    assert_eq!(update(&store, dname("@"), false), Err(Rcode::REFUSED));
    update(&store, dname("free"), false).unwrap();
    assert_eq!(shown(&store, "free", Rtype::DNAME).len(), 1);
}

#[test]
fn an_rrset_and_a_name_hold_so_much_and_no_more() {
    let store = store();
    let addresses = |count: u8| {
        (0..count)
            .map(|last| add("x", Rtype::A, &a(last)))
            .collect()
    };
    assert_eq!(update(&store, addresses(101), false), Err(Rcode::REFUSED));
    assert!(shown(&store, "x", Rtype::A).is_empty());
    update(&store, addresses(100), false).unwrap();
    let types = (0..101)
        .map(|number| add("y", Rtype(65_280 + number), b"x"))
        .collect();
    assert_eq!(update(&store, types, false), Err(Rcode::REFUSED));
}

#[test]
fn names_in_data_are_the_same_in_any_case() {
    let store = store();
    update(&store, vec![add("x", Rtype::PTR, b"\x04Host\x00")], false).unwrap();
    let holds = |data: &[u8]| Prerequisite::RrsetHolds(name("X"), Rtype::PTR, data.into());
    let action = Action::DeleteRecord(Rtype::PTR, b"\x04HOST\x00"[..].into());
    let operations = vec![Operation {
        owner: name("X"),
        action,
    }];
    let mut one = Update {
        zone: apex(),
        prerequisites: vec![holds(b"\x05other\x00")],
        operations,
    };
    assert_eq!(carry_out(&store, &one, false), Err(Rcode::NXRRSET));
    one.prerequisites = vec![holds(b"\x04host\x00")];
    carry_out(&store, &one, false).unwrap();
    assert!(shown(&store, "x", Rtype::PTR).is_empty());
}

/// A zone as RFC 2136 sees it: names, types, data.
type Model = BTreeMap<String, BTreeMap<Rtype, BTreeSet<Vec<u8>>>>;

fn holds(model: &Model, prerequisite: &Prerequisite) -> Result<(), Rcode> {
    let owner = prerequisite.owner().to_string();
    let node = model.get(&owner).filter(|node| !node.is_empty());
    let has = |rtype| node.is_some_and(|node| node.contains_key(rtype));
    let (holds, rcode) = match prerequisite {
        Prerequisite::NameInUse(_) => (node.is_some(), Rcode::NXDOMAIN),
        Prerequisite::NameNotInUse(_) => (node.is_none(), Rcode::YXDOMAIN),
        Prerequisite::RrsetExists(_, rtype) => (has(rtype), Rcode::NXRRSET),
        Prerequisite::RrsetMissing(_, rtype) => (!has(rtype), Rcode::YXRRSET),
        Prerequisite::RrsetHolds(_, rtype, rdata) => {
            let found = node.and_then(|node| node.get(rtype));
            (
                found == Some(&BTreeSet::from([rdata.to_vec()])),
                Rcode::NXRRSET,
            )
        }
    };
    if holds { Ok(()) } else { Err(rcode) }
}

fn apply(model: &mut Model, operation: &Operation) {
    let node = model.entry(operation.owner.to_string()).or_default();
    match &operation.action {
        Action::Add(Rtype::CNAME, _, rdata) => {
            if node.keys().all(|rtype| *rtype == Rtype::CNAME) {
                node.insert(Rtype::CNAME, BTreeSet::from([rdata.to_vec()]));
            }
        }
        Action::Add(rtype, _, rdata) => {
            if !node.contains_key(&Rtype::CNAME) {
                node.entry(*rtype).or_default().insert(rdata.to_vec());
            }
        }
        Action::DeleteRecord(rtype, rdata) => {
            let rdatas = node.entry(*rtype).or_default();
            rdatas.remove(&rdata.to_vec());
            if rdatas.is_empty() {
                node.remove(rtype);
            }
        }
        Action::DeleteRrset(rtype) => drop(node.remove(rtype)),
        Action::DeleteName => node.clear(),
    }
}

fn owners() -> impl Strategy<Value = Name> {
    prop_oneof![Just("a"), Just("b"), Just("c.b"), Just("*.b")].prop_map(name)
}

fn kinds() -> impl Strategy<Value = (Rtype, Vec<u8>)> {
    prop_oneof![
        (0..3_u8).prop_map(|last| (Rtype::A, a(last))),
        (0..3_u8).prop_map(|text| (Rtype::TXT, vec![1, text])),
        (0..2_u8).prop_map(|label| (Rtype::CNAME, vec![1, b'x' + label, 0])),
    ]
}

fn updates() -> impl Strategy<Value = Update> {
    let operation = (owners(), kinds(), 0..4_u8).prop_map(|(owner, (rtype, rdata), kind)| {
        let action = match kind {
            0 => Action::DeleteRecord(rtype, rdata.into()),
            1 => Action::DeleteRrset(rtype),
            2 if rdata[0] == 1 => Action::DeleteName,
            _ => Action::Add(rtype, ttl(), rdata.into()),
        };
        Operation { owner, action }
    });
    let prerequisite =
        (owners(), kinds(), 0..5_u8).prop_map(|(owner, (rtype, rdata), kind)| match kind {
            0 => Prerequisite::NameInUse(owner),
            1 => Prerequisite::NameNotInUse(owner),
            2 => Prerequisite::RrsetExists(owner, rtype),
            3 => Prerequisite::RrsetMissing(owner, rtype),
            _ => Prerequisite::RrsetHolds(owner, rtype, rdata.into()),
        });
    (
        prop::collection::vec(prerequisite, 0..2),
        prop::collection::vec(operation, 0..6),
    )
        .prop_map(|(prerequisites, operations)| Update {
            zone: apex(),
            prerequisites,
            operations,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn updates_do_what_the_model_does(updates in prop::collection::vec(updates(), 0..30)) {
        let store = store();
        let mut model = Model::new();
        for update in updates {
            let expected = update.prerequisites.iter().try_for_each(|one| holds(&model, one));
            prop_assert_eq!(carry_out(&store, &update, false), expected);
            if expected.is_ok() {
                update.operations.iter().for_each(|one| apply(&mut model, one));
            }
            let snapshot = store.snapshot();
            let zone = snapshot.zone(apex().as_ref()).unwrap();
            let mut found = Model::new();
            for (owner, rrset) in zone.rrsets().filter(|(_, one)| one.layer() == Layer::Dynamic) {
                let rdatas = rrset.rdatas().map(<[u8]>::to_vec).collect();
                found.entry(owner.to_string()).or_default().insert(rrset.rtype(), rdatas);
            }
            model.retain(|_, node| !node.is_empty());
            prop_assert_eq!(&found, &model);
        }
    }
}
