//! What strangers have made, or make at the same moment, stays theirs.

use plan::{ChangeSet, Endpoint, ErrorKind, Labels, Provider};

use super::{Fake, TEXT, ZONE, by_rrset, creates, deletes, ep, eps, error, refused, updates};
use crate::exec::{Batched, ByRecord, Executor, Scope};
use crate::record::{Key, Rrset};

#[tokio::test(start_paused = true)]
async fn what_a_stranger_has_made_is_not_made_over() {
    let fake = Fake::new(
        ZONE,
        &["a.z.example A 192.0.2.9", "b.z.example A 192.0.2.1"],
    );
    let provider = by_rrset(&fake);
    let changes = creates(&[
        "a.z.example A 192.0.2.1",
        "b.z.example A 192.0.2.1",
        "c.z.example A 192.0.2.1",
    ]);
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Conflict)]);
    // What is the same is not made again.
    assert_eq!(fake.calls(), ["put 1 c.z.example A"]);
}

#[tokio::test(start_paused = true)]
async fn values_of_strangers_stay_beside_ours() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1,192.0.2.9"]);
    let provider = by_rrset(&fake);
    provider
        .apply(&updates(&[(
            "a.z.example A 192.0.2.1",
            "a.z.example A 192.0.2.2",
        )]))
        .await
        .unwrap();
    assert_eq!(fake.there(), ["1 a.z.example A 192.0.2.2,192.0.2.9"]);
    provider
        .apply(&deletes(&["a.z.example A 192.0.2.2"]))
        .await
        .unwrap();
    assert_eq!(fake.there(), ["1 a.z.example A 192.0.2.9"]);
}

/// The same as what a registry writes, which puts its owner on all that is new.
fn owned(lines: &[&str]) -> ChangeSet {
    let mut changes = creates(lines);
    for endpoint in &mut changes.create {
        endpoint.labels.set(Labels::OWNER, "me");
    }
    changes
}

/// Whatever makes the calls, before a host that holds this.
fn each(records: &[&str]) -> Vec<(Fake, Box<dyn plan::DynProvider>)> {
    let fakes = [(); 3].map(|()| Fake::new(ZONE, records));
    let [first, second, third] = fakes;
    vec![
        (first.clone(), Box::new(by_rrset(&first))),
        (
            second.clone(),
            Box::new(Executor::new(ByRecord(second), Scope::default())),
        ),
        (
            third.clone(),
            Box::new(Executor::new(Batched(third), Scope::default())),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_very_record_that_we_would_make_is_not_ours_if_a_stranger_has_made_it() {
    let there = "a.z.example A 192.0.2.1";
    // With an ownership record, and where another place says whose it is.
    for new in [&[there, TEXT][..], &[there]] {
        for (fake, provider) in each(&[there]) {
            let applied = provider.apply(&owned(new)).await.unwrap();
            assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Conflict)]);
            assert_eq!(fake.calls(), [""; 0], "{new:?}");
        }
    }
    // Our own ownership record of before says that it is ours.
    for (fake, provider) in each(&[there, TEXT]) {
        let applied = provider.apply(&owned(&[there, TEXT])).await.unwrap();
        assert_eq!(refused(&applied), []);
        assert_eq!(fake.calls(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_comes_between_the_listing_and_the_call_stays_without_our_claim() {
    let fake = Fake::new(ZONE, &[]);
    let provider = by_rrset(&fake);
    provider.records().await.unwrap();
    // The host says that it is there already: the very same.
    let rrset = Rrset::of(&ep("a.z.example A 192.0.2.1"));
    fake.fails("put 1 a.z.example A", ErrorKind::Conflict, 1);
    let key = ("1".into(), rrset.key.clone());
    fake.0.lock().unwrap().sets.insert(key, rrset);
    let changes = owned(&["a.z.example A 192.0.2.1", TEXT]);
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Conflict)]);
    assert_eq!(fake.there(), ["1 a.z.example A 192.0.2.1"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_made_by_a_call_without_an_answer_is_ours() {
    let fake = Fake::new(ZONE, &[]);
    let provider = by_rrset(&fake);
    provider.records().await.unwrap();
    fake.fails("put 1 a.z.example A", ErrorKind::Ambiguous, 1);
    let rrset = Rrset::of(&ep("a.z.example A 192.0.2.1"));
    let key = ("1".into(), rrset.key.clone());
    fake.0.lock().unwrap().sets.insert(key, rrset);
    let applied = provider.apply(&owned(&["a.z.example A 192.0.2.1"])).await;
    assert_eq!(refused(&applied.unwrap()), []);
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_the_same_name_keeps_what_is_not_ours_there() {
    let zones = [("z.example", "1"), ("z.example", "2")];
    for changes in [
        deletes(&["a.z.example A 192.0.2.1", TEXT]),
        updates(&[
            ("a.z.example A 192.0.2.1", "a.z.example A 192.0.2.2"),
            (TEXT, TEXT),
        ]),
    ] {
        // Theirs holds the same, or something else.
        for theirs in ["a.z.example A 192.0.2.1", "a.z.example A 10.0.0.1"] {
            let fake = Fake::new(&zones, &["a.z.example A 192.0.2.1", TEXT]);
            {
                let mut inner = fake.0.lock().unwrap();
                let text = Key::of(&ep(TEXT));
                inner.sets.remove(&("1".into(), text));
                let theirs: Endpoint = ep(theirs);
                let rrset = Rrset::of(&theirs);
                inner.sets.insert(("1".into(), rrset.key.clone()), rrset);
            }
            let provider = by_rrset(&fake);
            provider.records().await.unwrap();
            let applied = provider.apply(&changes).await.unwrap();
            assert_eq!(refused(&applied), []);
            let there = fake.there();
            let stays = format!("1 {}", theirs);
            assert!(there.contains(&stays), "{there:?}");
            let in_theirs = there.iter().filter(|line| line.starts_with('1'));
            assert_eq!(in_theirs.count(), 1, "{there:?}");
        }
    }
}
