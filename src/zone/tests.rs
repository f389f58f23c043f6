//! The store against a model that does everything the slow and obvious way.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wire::{Name, Rtype, Serial, Ttl};

use crate::records::{Place, Records};
use crate::{
    Change, Flags, Found, Layer, LookupName, Rrset, RrsetRef, Step, StepRecord, Store, Zone,
};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn apex() -> Name {
    name("Example.")
}

fn soa(serial: u32) -> Vec<u8> {
    let mut rdata = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [serial, 3600, 600, 86400, 300] {
        rdata.extend_from_slice(&number.to_be_bytes());
    }
    rdata
}

/// Sorted records of a zone: its SOA and NS, and these.
fn records(serial: u32, more: &[(Name, Rtype, &[u8])]) -> Records {
    let mut records = Records::new(apex());
    let mut push = |owner: &Name, rtype, rdata: &[u8]| {
        records.push(
            owner.as_ref(),
            rtype,
            Ttl::from_secs(300),
            rdata,
            Place::default(),
        );
    };
    push(&apex(), Rtype::SOA, &soa(serial));
    push(&apex(), Rtype::NS, b"\x02ns\x00");
    for (owner, rtype, rdata) in more {
        push(owner, *rtype, rdata);
    }
    records.sort();
    records.dedup();
    records
}

fn change(layer: Layer, owner: &Name, rtype: Rtype, rdata: Option<&[u8]>) -> Change {
    let rrset = rdata.map(|rdata| Rrset {
        rtype,
        ttl: Ttl::from_secs(60),
        rdatas: Vec::from_iter((rdata != ABSENT).then(|| Box::from(rdata))),
    });
    Change {
        owner: owner.clone(),
        rtype,
        layer,
        rrset,
    }
}

/// In the model: there is no record of the type.
const ABSENT: &[u8] = b"absent";

/// Contributions by owner, type and layer.
#[derive(Clone, Debug, Default)]
struct Model(BTreeMap<(Name, Rtype, Layer), Vec<u8>>);

impl Model {
    /// What shows at a name: type to data.
    fn shown(&self, owner: &Name) -> BTreeMap<Rtype, (Layer, Vec<u8>)> {
        let mut shown = BTreeMap::new();
        for ((at, rtype, layer), rdata) in &self.0 {
            if at == owner {
                shown
                    .entry(*rtype)
                    .or_insert_with(|| (*layer, rdata.clone()));
            }
        }
        shown.retain(|_, (_, rdata)| *rdata != ABSENT);
        if let Some((layer, _)) = shown.get(&Rtype::DNAME) {
            let stronger = |(at, _, other): &(Name, Rtype, Layer)| {
                at != owner && at.as_ref().is_at_or_below(owner.as_ref()) && other < layer
            };
            // A stronger contribution shows wherever it stands, unless its own name takes it away.
            if self.0.keys().any(|key| stronger(key) && self.is_shown(key)) {
                shown.remove(&Rtype::DNAME);
            }
        }
        if shown.contains_key(&Rtype::CNAME) && shown.len() > 1 {
            let top = shown.values().map(|(layer, _)| *layer).min();
            let cname = shown.get(&Rtype::CNAME).map(|(layer, _)| *layer);
            if top == Some(Layer::Override) && cname != top {
                shown.remove(&Rtype::CNAME);
            } else {
                shown.retain(|_, (layer, _)| Some(*layer) == top);
            }
        }
        shown
    }

    fn is_shown(&self, (owner, rtype, layer): &(Name, Rtype, Layer)) -> bool {
        self.shown(owner)
            .get(rtype)
            .is_some_and(|(shown, _)| shown == layer)
    }

    fn owners(&self) -> Vec<Name> {
        let mut owners: Vec<Name> = self.0.keys().map(|(owner, ..)| owner.clone()).collect();
        owners.retain(|owner| !self.shown(owner).is_empty());
        owners.dedup();
        owners
    }

    fn exists(&self, name: &Name) -> bool {
        self.owners()
            .iter()
            .any(|owner| owner.as_ref().is_at_or_below(name.as_ref()))
    }

    /// Where a lookup ends, as text.
    fn find(&self, name: &Name) -> String {
        let apex_labels = apex().as_ref().label_count();
        let labels = name.as_ref().label_count();
        let suffix = |count: usize| {
            name.as_ref()
                .skip_labels(labels - count)
                .unwrap()
                .to_lowercase()
        };
        for count in apex_labels..=labels {
            let shown = self.shown(&suffix(count));
            if count > apex_labels && shown.contains_key(&Rtype::NS) {
                return format!("cut {}", suffix(count));
            }
            if count < labels && shown.contains_key(&Rtype::DNAME) {
                return format!("dname {}", suffix(count));
            }
        }
        if self.exists(name) {
            return format!("exact {:?}", self.shown(name).keys().collect::<Vec<_>>());
        }
        let encloser = (apex_labels..labels)
            .rev()
            .find(|count| self.exists(&suffix(*count)))
            .unwrap();
        let wildcard = suffix(encloser).child(b"*").unwrap();
        if self.exists(&wildcard) {
            format!("wildcard {wildcard}")
        } else {
            format!("missing {}", suffix(encloser))
        }
    }
}

fn find(store: &Store, name: &Name) -> String {
    let snapshot = store.snapshot();
    let lookup = LookupName::new(name.as_ref(), store.keys());
    let zone = snapshot.zone_for(&lookup, lookup.labels()).unwrap();
    let suffix = |labels| {
        name.as_ref()
            .skip_labels(lookup.labels() - labels)
            .unwrap()
            .to_lowercase()
    };
    match zone.find(&lookup) {
        Found::Cut(node, labels) => {
            assert!(node.flags().has(Flags::CUT));
            format!("cut {}", suffix(labels))
        }
        Found::Dname(_, labels) => format!("dname {}", suffix(labels)),
        Found::Exact(node) => {
            format!(
                "exact {:?}",
                node.rrsets().map(|rrset| rrset.rtype()).collect::<Vec<_>>()
            )
        }
        Found::Missing(labels) => format!("missing {}", suffix(labels)),
        Found::Wildcard(_, labels) => {
            format!("wildcard {}", suffix(labels).child(b"*").unwrap())
        }
    }
}

fn owners() -> impl Strategy<Value = Name> {
    let label = prop_oneof![Just("a"), Just("b"), Just("*"), Just("!"), Just("c\\000")];
    prop::collection::vec(label, 0..4).prop_map(|labels| {
        labels.iter().fold(apex(), |name, label| {
            let label = Name::from_text(format!("{label}.").as_bytes(), None).unwrap();
            name.child(label.as_ref().labels().next().unwrap()).unwrap()
        })
    })
}

fn operations() -> impl Strategy<Value = Vec<(Name, Rtype, Layer, Option<u8>)>> {
    let rtype = prop_oneof![
        Just(Rtype::A),
        Just(Rtype::TXT),
        Just(Rtype::CNAME),
        Just(Rtype::NS),
        Just(Rtype::DNAME),
    ];
    let layer = prop_oneof![
        Just(Layer::Override),
        Just(Layer::Dynamic),
        Just(Layer::Synced),
        Just(Layer::Static)
    ];
    let operation = (owners(), rtype, layer, prop::option::of(0..4_u8));
    prop::collection::vec(operation, 0..60)
}

fn rdata(layer: Layer, rtype: Rtype, number: u8) -> Vec<u8> {
    match rtype {
        _ if number == 3 && layer == Layer::Override => ABSENT.to_vec(),
        Rtype::A => vec![192, 0, 2, number],
        Rtype::TXT => vec![1, number],
        _ => vec![1, b'x' + number, 0],
    }
}

/// Records as a secondary holds them.
type Copy = BTreeSet<(Name, Rtype, u32, Vec<u8>)>;

/// What a secondary that transfers the whole zone holds.
fn copy_of(zone: &Zone) -> Copy {
    let records = |(owner, rrset): (Name, RrsetRef<'_>)| {
        let (rtype, ttl) = (rrset.rtype(), rrset.ttl().as_secs());
        let rdatas = rrset.rdatas().map(<[u8]>::to_vec);
        rdatas
            .map(move |rdata| (owner.clone(), rtype, ttl, rdata))
            .collect::<Vec<_>>()
    };
    zone.rrsets().flat_map(records).collect()
}

/// Brings a copy up to date by the steps since its serial, to the letter: what goes must be there,
/// and what comes must not.
fn follow(store: &Store, copy: &mut Copy, serial: &mut Serial) {
    let since = store.since(&apex(), *serial).unwrap();
    let steps = since.steps.unwrap();
    // All in one leads to the same.
    if let Some(step) = Step::condensed(&steps) {
        let mut other = copy.clone();
        apply(&mut other, &step);
        assert_eq!(other, copy_of(&since.zone));
    }
    for step in steps {
        assert_eq!(step.from, *serial);
        apply(copy, &step);
        *serial = step.to;
    }
    assert_eq!(*copy, copy_of(&since.zone));
}

/// Brings a copy one step further.
fn apply(copy: &mut Copy, step: &Step) {
    let record = |record: StepRecord<'_>| {
        let owner = [record.owner, apex().as_ref().to_lowercase().as_bytes()].concat();
        let owner = Name::from_wire(&owner).unwrap();
        (
            owner,
            record.rtype,
            record.ttl.as_secs(),
            record.rdata.to_vec(),
        )
    };
    assert_eq!(step.removed().next().unwrap().rtype, Rtype::SOA);
    assert_eq!(step.added().next().unwrap().rtype, Rtype::SOA);
    for gone in step.removed().map(record) {
        assert!(copy.remove(&gone), "{gone:?} was not there");
    }
    for new in step.added().map(record) {
        assert!(copy.insert(new.clone()), "{new:?} was there");
    }
}

fn check(store: &Store, model: &Model, probes: &[Name]) {
    for probe in probes {
        assert_eq!(find(store, probe), model.find(probe), "{probe}");
    }
    let snapshot = store.snapshot();
    let zone = snapshot.zone(apex().as_ref()).unwrap();
    let shown: Vec<(Name, Rtype, Layer, Vec<u8>)> = zone
        .rrsets()
        .filter(|(_, rrset)| rrset.rtype() != Rtype::SOA)
        .map(|(owner, rrset)| (owner, rrset.rtype(), rrset.layer(), rrset.first().to_vec()))
        .collect();
    let mut expected = Vec::new();
    for owner in model.owners() {
        for (rtype, (layer, rdata)) in model.shown(&owner) {
            if rtype == Rtype::SOA {
                continue;
            }
            expected.push((owner.clone(), rtype, layer, rdata));
        }
    }
    expected.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.cmp(&right.1)));
    assert_eq!(shown, expected);
    assert_eq!(zone.record_count(), expected.len() + 1);
    assert_eq!(zone.name_count(), zone.nodes().count());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_agrees_with_the_model(
        operations in operations(),
        probes in prop::collection::vec(owners(), 1..30),
        batch in 1..8_usize,
    ) {
        let store = Store::new([3, 4]);
        store.replace_static(&records(1, &[])).unwrap();
        let mut copy = copy_of(store.snapshot().zone(apex().as_ref()).unwrap());
        let mut serial = Serial(1);
        let mut model = Model::default();
        model.0.insert((apex(), Rtype::NS, Layer::Static), b"\x02ns\x00".to_vec());
        model.0.insert((apex(), Rtype::SOA, Layer::Static), Vec::new());
        for operations in operations.chunks(batch) {
            let mut changes = Vec::new();
            for (owner, rtype, layer, number) in operations {
                let at_apex = *owner == apex();
                if at_apex && (*layer == Layer::Static || *rtype == Rtype::DNAME) {
                    continue;
                }
                if at_apex && *layer == Layer::Override && *rtype == Rtype::CNAME {
                    continue;
                }
                let rdata = number.map(|number| rdata(*layer, *rtype, number));
                changes.push(change(*layer, owner, *rtype, rdata.as_deref()));
                let key = (owner.as_ref().to_lowercase(), *rtype, *layer);
                match rdata {
                    Some(rdata) => model.0.insert(key, rdata),
                    None => model.0.remove(&key),
                };
            }
            store.commit(&apex(), changes).unwrap();
            if batch % 2 == 0 {
                follow(&store, &mut copy, &mut serial);
            }
        }
        check(&store, &model, &probes);
        follow(&store, &mut copy, &mut serial);

        // A reload of the static layer keeps what the others brought.
        model.0.retain(|(owner, _, layer), _| *layer != Layer::Static || *owner == apex());
        store.replace_static(&records(1, &[])).unwrap();
        check(&store, &model, &probes);
        follow(&store, &mut copy, &mut serial);
    }
}

#[test]
fn old_steps_go_and_then_a_serial_is_unknown() {
    let store = Store::new([3, 4]);
    store.replace_static(&records(1, &[])).unwrap();
    let owner = name("a.example.");
    let text = |number: u32| [&[250][..], &[u8::try_from(number % 251).unwrap(); 250]].concat();
    for number in 0..20_000 {
        let change = change(Layer::Dynamic, &owner, Rtype::TXT, Some(&text(number)));
        store.commit(&apex(), vec![change]).unwrap();
    }
    let steps = |serial| store.since(&apex(), Serial(serial)).unwrap().steps;
    assert_eq!(steps(20_001).unwrap().len(), 0);
    assert_eq!(steps(20_000).unwrap().len(), 1);
    assert!(steps(1).is_none() && steps(30_000).is_none());
    let known = (1..20_000)
        .step_by(100)
        .find(|&serial| steps(serial).is_some())
        .unwrap();
    assert!(known < 20_000 - 5_000, "{known}");
}

#[test]
fn many_names_split_pages_and_going_again_leaves_none() {
    let store = Store::new([5, 6]);
    store.replace_static(&records(1, &[])).unwrap();
    let owner = |number: u32| name(&format!("host-{number}.d{}.example.", number % 50));
    for step in 0..40_u32 {
        let changes = (0..100).map(|number| {
            let owner = owner(number * 40 + step);
            change(Layer::Dynamic, &owner, Rtype::A, Some(&[192, 0, 2, 1]))
        });
        store.commit(&apex(), changes.collect()).unwrap();
    }
    let kept = store.snapshot().clone();
    {
        let zone = kept.zone(apex().as_ref()).unwrap();
        assert_eq!((zone.record_count(), zone.name_count()), (4002, 4051));
        let owners: Vec<Name> = zone.rrsets().map(|(owner, _)| owner).collect();
        assert!(owners.is_sorted());
        let per_record = zone.memory_bytes() / zone.record_count();
        assert!(per_record < 110, "{per_record} bytes a record");
    }
    for number in 0..4000 {
        let owner = owner(number);
        let probe = LookupName::new(owner.as_ref(), store.keys());
        assert!(matches!(
            kept.zone(apex().as_ref()).unwrap().find(&probe),
            Found::Exact(_)
        ));
        store
            .commit(
                &apex(),
                vec![change(Layer::Dynamic, &owner, Rtype::A, None)],
            )
            .unwrap();
        assert!(!find(&store, &owner).starts_with("exact"));
    }
    let now = store.snapshot();
    let zone = now.zone(apex().as_ref()).unwrap();
    assert_eq!((zone.record_count(), zone.name_count()), (2, 1));
    assert_eq!(zone.nodes().count(), 1);
    // The version kept is as it was.
    assert_eq!(kept.zone(apex().as_ref()).unwrap().nodes().count(), 4051);
}

#[test]
fn serials_only_grow_and_an_unchanged_file_is_no_change() {
    let store = Store::new([7, 8]);
    let a = (name("a.example."), Rtype::A, &[192, 0, 2, 1][..]);
    let first = store.replace_static(&records(10, &[])).unwrap();
    assert_eq!((first.serial, first.changed), (Serial(10), true));
    let again = store.replace_static(&records(10, &[])).unwrap();
    assert_eq!((again.serial, again.changed), (Serial(10), false));
    let changed = store
        .replace_static(&records(10, std::slice::from_ref(&a)))
        .unwrap();
    assert_eq!((changed.serial, changed.changed), (Serial(11), true));
    let raised = store
        .replace_static(&records(20, std::slice::from_ref(&a)))
        .unwrap();
    assert_eq!((raised.serial, raised.changed), (Serial(20), true));
    let lowered = store.replace_static(&records(5, &[])).unwrap();
    assert_eq!((lowered.serial, lowered.records), (Serial(21), 2));
    let snapshot = store.snapshot();
    let zone = snapshot.zone(apex().as_ref()).unwrap();
    let (soa, ttl) = zone.negative_soa();
    assert_eq!(
        (soa, ttl),
        (&crate::tests::soa(21)[..], Ttl::from_secs(300))
    );
}

#[test]
fn zones_nest_and_go() {
    let store = Store::new([9, 1]);
    let mut child = Records::new(name("sub.example."));
    child.push(
        name("sub.example.").as_ref(),
        Rtype::SOA,
        Ttl::from_secs(1),
        &soa(1),
        Place::default(),
    );
    store.replace_static(&records(1, &[])).unwrap();
    store.replace_static(&child).unwrap();
    let zone_of = |text: &str| {
        let lookup = LookupName::new(name(text).as_ref(), store.keys());
        let snapshot = store.snapshot();
        snapshot
            .zone_for(&lookup, lookup.labels())
            .map(|zone| zone.apex().to_string())
    };
    assert_eq!(zone_of("x.SUB.example.").as_deref(), Some("sub.example."));
    assert_eq!(zone_of("x.example.").as_deref(), Some("example."));
    assert_eq!(zone_of("org."), None);
    assert!(store.remove(&name("sub.example.")));
    assert!(!store.remove(&name("sub.example.")));
    assert_eq!(zone_of("x.sub.example.").as_deref(), Some("example."));
}

#[test]
fn a_probe_finds_a_loaded_name_the_short_way() {
    let store = Store::new([1, 2]);
    let more: Vec<(Name, Rtype, &[u8])> = (0..20_000)
        .map(|number| {
            (
                name(&format!("h{number}.example.")),
                Rtype::A,
                &[192, 0, 2, 1][..],
            )
        })
        .collect();
    store.replace_static(&records(1, &more)).unwrap();
    let snapshot = store.snapshot();
    let zone = snapshot.zone(apex().as_ref()).unwrap();
    let is_long = |(owner, ..): &&(Name, Rtype, &[u8])| {
        let lookup = LookupName::new(owner.as_ref(), store.keys());
        let probe = zone.probe(zone.begin(&lookup), &lookup);
        let Some(node) = probe.likely() else {
            return true;
        };
        [node.owner(), zone.apex().as_bytes()].concat() != owner.as_bytes()
    };
    // Two names whose hashes share 28 bits may be taken for each other at first.
    assert!(more.iter().filter(is_long).count() <= 4);
}
