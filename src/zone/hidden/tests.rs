//! What is told to be hidden, against what lookups find.

use proptest::prelude::*;
use wire::{Name, NameRef, Rtype, Ttl};

use super::{Hidden, Hider};
use crate::merge::contribution;
use crate::records::{Place, Records};
use crate::{Change, Found, Layer, LookupName, Rrset, Store};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
}

fn zone(store: &Store, apex: &str) {
    let mut records = Records::new(name(apex));
    let soa = [b"\x01n\x00\x01h\x00".as_slice(), &[0; 20]].concat();
    for (rtype, rdata) in [(Rtype::SOA, &*soa), (Rtype::NS, b"\x01n\x00")] {
        let ttl = Ttl::from_secs(60);
        records.push(name(apex).as_ref(), rtype, ttl, rdata, Place::default());
    }
    records.sort();
    store.replace_static(&records).unwrap();
}

fn change(layer: Layer, owner: &str, rtype: Rtype, rdata: &[u8]) -> Change {
    let rrset = Rrset {
        rtype,
        ttl: Ttl::from_secs(60),
        rdatas: vec![rdata.into()],
    };
    Change {
        owner: name(owner),
        rtype,
        layer,
        rrset: Some(rrset),
    }
}

/// Who says what.
type Said<'a> = (Layer, &'a str, Rtype, &'a [u8]);

/// Zones beside `example`, what is said of it, what is hidden.
type Case<'a> = (&'a [&'a str], &'a [Said<'a>], &'a [&'a str]);

/// What is hidden of what the synced layer says of `example`.
fn hidden(zones: &[&str], says: &[Said<'_>]) -> Vec<String> {
    let store = Store::new([1, 2]);
    for apex in zones.iter().chain(&["example"]) {
        zone(&store, apex);
    }
    let changes = says
        .iter()
        .map(|(layer, owner, rtype, rdata)| change(*layer, owner, *rtype, rdata));
    store.commit(&name("example"), changes.collect()).unwrap();
    let all = store.hidden(&name("example"), Layer::Synced);
    let mut singly: Vec<Hidden> = says
        .iter()
        .flat_map(|(_, owner, ..)| store.hidden_at(&name("example"), &name(owner), Layer::Synced))
        .collect();
    singly.sort_unstable();
    singly.dedup();
    assert_eq!(all, singly);
    let text = |hidden: &Hidden| match &hidden.by {
        Hider::Record {
            owner,
            rtype,
            layer,
        } => {
            format!(
                "{} {} < {owner} {rtype} {layer}",
                hidden.owner, hidden.rtype
            )
        }
        Hider::Zone(apex) => format!("{} {} < zone {apex}", hidden.owner, hidden.rtype),
    };
    all.iter().map(text).collect()
}

#[test]
fn what_hides_a_record_is_named() {
    use Layer::{Dynamic, Static, Synced};
    let (one, two) = (
        b"\xC0\x00\x02\x01".as_slice(),
        b"\xC0\x00\x02\x02".as_slice(),
    );
    let target = b"\x01t\x00".as_slice();
    let cases: &[Case<'_>] = &[
        (&[], &[(Synced, "a.example", Rtype::A, one)], &[]),
        (
            &[],
            &[
                (Static, "a.example", Rtype::A, one),
                (Synced, "a.example", Rtype::A, two),
                (Synced, "a.example", Rtype::TXT, target),
            ],
            &["a.example. A < a.example. A static"],
        ),
        // The same data: what is answered is what was meant.
        (
            &[],
            &[
                (Static, "a.example", Rtype::A, one),
                (Synced, "a.example", Rtype::A, one),
            ],
            &[],
        ),
        (
            &[],
            &[
                (Static, "a.example", Rtype::CNAME, target),
                (Synced, "a.example", Rtype::A, one),
            ],
            &["a.example. A < a.example. CNAME static"],
        ),
        (
            &[],
            &[
                (Dynamic, "a.example", Rtype::TXT, target),
                (Synced, "a.example", Rtype::CNAME, target),
            ],
            &["a.example. CNAME < a.example. TXT dynamic"],
        ),
        (
            &["b.example"],
            &[
                (Synced, "a.b.example", Rtype::A, one),
                (Synced, "b.example", Rtype::A, one),
                (Synced, "b.example", Rtype::DS, target),
            ],
            &[
                "b.example. A < zone b.example.",
                "a.b.example. A < zone b.example.",
            ],
        ),
        (
            &[],
            &[
                (Static, "b.example", Rtype::NS, b"\x01n\x01b\x07example\x00"),
                (Synced, "b.example", Rtype::A, one),
                (Synced, "a.b.example", Rtype::A, one),
                // Glue.
                (Synced, "N.b.example", Rtype::A, one),
            ],
            &[
                "b.example. A < b.example. NS static",
                "a.b.example. A < b.example. NS static",
            ],
        ),
        (
            &[],
            &[
                (Synced, "b.example", Rtype::DNAME, target),
                (Synced, "b.example", Rtype::A, one),
                (Synced, "a.b.example", Rtype::A, one),
            ],
            &["a.b.example. A < b.example. DNAME synced"],
        ),
        (
            &[],
            &[
                (Synced, "b.example", Rtype::DNAME, target),
                (Static, "c.a.b.example", Rtype::A, one),
            ],
            &["b.example. DNAME < c.a.b.example. A static"],
        ),
    ];
    for (zones, says, expected) in cases {
        assert_eq!(hidden(zones, says), *expected, "{zones:?} {says:?}");
    }
}

proptest! {
    #[test]
    fn what_is_not_hidden_is_answered(
        says in proptest::collection::vec((0..4usize, 0..8usize, 0..5usize, 0..3u8), 1..12),
        child in any::<bool>(),
    ) {
        let owners = ["a", "b", "a.a", "b.a", "a.b", "b.a.a", "a.b.a", "*.a"];
        let types = [Rtype::A, Rtype::TXT, Rtype::CNAME, Rtype::NS, Rtype::DNAME];
        let store = Store::new([1, 2]);
        zone(&store, "example");
        if child {
            zone(&store, "b.a.example");
        }
        let changes = says.iter().map(|&(layer, owner, rtype, data)| {
            let owner = format!("{}.example", owners[owner]);
            let mut change = change(Layer::ALL[layer], &owner, types[rtype], &[1, b't', data]);
            if let (0, 2, Some(rrset)) = (layer, data, &mut change.rrset) {
                rrset.rdatas.clear();
            }
            change
        });
        let mut changes: Vec<Change> = changes.collect();
        // Of several for one RRset the last stands.
        changes.reverse();
        let key = |change: &Change| (change.owner.clone(), change.rtype, change.layer);
        changes.sort_by_key(key);
        changes.dedup_by_key(|change| key(change));
        store.commit(&name("example"), changes.clone()).unwrap();
        let hidden = store.hidden(&name("example"), Layer::Synced);
        let snapshot = store.snapshot();
        for change in changes.iter().filter(|change| change.layer == Layer::Synced) {
            let lookup = LookupName::new(change.owner.as_ref(), store.keys());
            let zone = snapshot.zone_for(&lookup, lookup.labels()).unwrap();
            let node = match zone.find(&lookup) {
                Found::Exact(node) => Some(node),
                Found::Cut(node, at) => {
                    Some(node).filter(|_| at == lookup.labels() && change.rtype == Rtype::NS)
                }
                _ => None,
            };
            let found = node.and_then(|node| node.rrset(change.rtype));
            let answered = found.is_some_and(|found| {
                zone.apex() == name("example").as_ref()
                    && Some(contribution(found).rrset.rdatas) == change.rrset.clone().map(|it| it.rdatas)
            });
            let is_hidden = hidden
                .iter()
                .any(|one| one.owner == change.owner && one.rtype == change.rtype);
            prop_assert_eq!(answered, !is_hidden, "{} {}", &change.owner, change.rtype);
        }
    }
}
