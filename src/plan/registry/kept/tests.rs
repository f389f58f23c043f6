use std::time::Duration;

use wire::Rtype;

use super::KeptLabels;
use crate::registry::{TxtOptions, TxtRegistry};
use crate::{ChangeSet, Endpoint, KeptRecord, Labels, Update};

const NOW: Duration = Duration::ZERO;

fn a(name: &str, target: &str) -> Endpoint {
    Endpoint::new(name, Rtype::A, [target])
}

fn kept(name: &str, claimed: Option<&str>) -> KeptRecord {
    let mut labels = Labels::default();
    labels.set(Labels::RESOURCE, "service/default/web");
    KeptRecord {
        name: name.into(),
        rtype: Rtype::A,
        set_identifier: Box::default(),
        labels,
        claimed: claimed.map(|target| vec![target.into()]),
    }
}

fn texts() -> TxtRegistry {
    TxtRegistry::new(TxtOptions {
        owner: "me".into(),
        ..TxtOptions::default()
    })
    .unwrap()
}

fn owner(record: &Endpoint) -> Option<&str> {
    record.labels.value(Labels::OWNER)
}

#[test]
fn a_record_is_ours_by_what_is_kept_and_by_nothing_else() {
    // Kept as, there as, ours.
    let cases = [
        (
            Some(kept("x.example", None)),
            a("x.example", "192.0.2.1"),
            true,
        ),
        (
            Some(kept("X.Example.", None)),
            a("x.example", "192.0.2.1"),
            true,
        ),
        (
            Some(kept("y.example", None)),
            a("x.example", "192.0.2.1"),
            false,
        ),
        (None, a("x.example", "192.0.2.1"), false),
        // Claimed only: somebody else may have been faster.
        (
            Some(kept("x.example", Some("192.0.2.1"))),
            a("x.example", "192.0.2.1"),
            true,
        ),
        (
            Some(kept("x.example", Some("192.0.2.1"))),
            a("x.example", "192.0.2.9"),
            false,
        ),
        (
            Some(kept("x.example", None)),
            Endpoint::new("x.example", Rtype::CNAME, ["y.example"]),
            false,
        ),
        (
            Some(kept("x.example", None)),
            Endpoint {
                set_identifier: "blue".into(),
                ..a("x.example", "192.0.2.1")
            },
            false,
        ),
    ];
    for (kept, mut there, ours) in cases {
        let mut labels = KeptLabels::new("me", "adopt", None);
        labels.load(kept.clone().into_iter().collect());
        // What the provider itself says of labels is not believed.
        there.labels.set(Labels::OWNER, "me");
        let read = labels.read(vec![there.clone()], NOW);
        let wanted = ours.then_some("me");
        assert_eq!(owner(&read[0]), wanted, "{kept:?} {there:?}");
    }
}

#[test]
fn records_of_ours_by_their_ownership_txt_are_adopted_and_those_of_others_are_not() {
    let text = |name: &str, owner: &str| {
        let text = format!("\"heritage=external-dns,external-dns/owner={owner}\"");
        Endpoint::new(name, Rtype::TXT, [text])
    };
    let records = vec![
        a("x.example", "192.0.2.1"),
        text("a-x.example", "me"),
        a("y.example", "192.0.2.1"),
        text("a-y.example", "other"),
        a("old.example", "192.0.2.1"),
        text("old.example", "me"),
        Endpoint::new("six.example", Rtype::AAAA, ["2001:db8::1"]),
        text("six.example", "me"),
        Endpoint::new("plain.example", Rtype::TXT, ["\"v=spf1\""]),
    ];
    let mut labels = KeptLabels::new("me", "adopt", Some(texts()));
    let read = labels.read(records.clone(), NOW);
    let told: Vec<_> = read
        .iter()
        .map(|record| {
            let adopts = record.properties.value("adopt").is_some();
            (&*record.name, record.rtype, owner(record), adopts)
        })
        .collect();
    let me = Some("me");
    assert_eq!(
        told,
        [
            ("x.example", Rtype::A, me, true),
            ("y.example", Rtype::A, Some("other"), false),
            ("old.example", Rtype::A, me, true),
            ("six.example", Rtype::AAAA, None, false),
            ("plain.example", Rtype::TXT, None, false),
            // Another one's stays as it is.
            ("a-y.example", Rtype::TXT, None, false),
            // The old form was never for AAAA, so there is nothing that this TXT is for.
            ("six.example", Rtype::TXT, me, false),
        ]
    );
    // Adopting is a change of labels only.
    let old = read[0].clone();
    let mut new = a("x.example", "192.0.2.1");
    new.labels = old.labels.clone();
    let update = Update { old, new };
    let mut changes = ChangeSet {
        update: vec![update],
        ..ChangeSet::default()
    };
    let claims = labels.claims(&changes);
    assert_eq!(claims.len(), 1);
    assert!(labels.without_adoptions(changes.clone()).is_empty());
    changes.update[0].new.targets = vec!["192.0.2.2".into()];
    let own = labels.without_adoptions(changes.clone());
    assert!(own.update[0].old.properties.is_empty());
    // Once it is kept, the TXT is what is no longer needed.
    labels.claimed(&claims);
    let settled = labels.settled(&changes);
    labels.keep(&settled);
    let read = labels.read(records, NOW);
    assert!(read[0].properties.is_empty() && owner(&read[0]) == me);
    let text = read.iter().find(|record| &*record.name == "a-x.example");
    assert_eq!(text.map(|text| owner(text)), Some(me));
}

#[test]
fn labels_without_a_record_wait_before_they_are_dropped() {
    let mut labels = KeptLabels::new("me", "adopt", None);
    labels.load(vec![kept("gone.example", None), kept("x.example", None)]);
    let there = vec![a("x.example", "192.0.2.1")];
    let orphans = |labels: &KeptLabels| {
        let settled = labels.settled(&ChangeSet::default());
        let names = settled.orphans.into_iter().map(|kept| kept.name);
        names.collect::<Vec<_>>()
    };
    for (seconds, wanted) in [(0, 0), (299, 0), (300, 1), (301, 1)] {
        labels.read(there.clone(), Duration::from_secs(seconds));
        assert_eq!(orphans(&labels).len(), wanted, "{seconds}");
    }
    // A moment with its record, and it waits anew.
    let both = vec![a("gone.example", "192.0.2.1"), a("x.example", "192.0.2.1")];
    labels.read(both, Duration::from_secs(302));
    labels.read(there.clone(), Duration::from_secs(303));
    labels.read(there, Duration::from_secs(310));
    assert!(orphans(&labels).is_empty());
}

#[test]
fn what_is_created_again_is_no_orphan() {
    let mut labels = KeptLabels::new("me", "adopt", None);
    labels.load(vec![kept("x.example", None)]);
    labels.read(Vec::new(), NOW);
    labels.read(Vec::new(), Duration::from_secs(600));
    let changes = ChangeSet {
        create: vec![a("x.example", "192.0.2.1")],
        ..ChangeSet::default()
    };
    let claims = labels.claims(&changes);
    assert!(claims[0].kept.is_some());
    let settled = labels.settled(&changes);
    assert!(settled.orphans.is_empty() && settled.created.len() == 1);
}
