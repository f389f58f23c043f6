//! What only this provider has; all else is the suite's.

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind};
use wire::{Rtype, Ttl};

use super::sim::SUBJECT;
use crate::sim::{Fault, Faults, Rule};
use crate::trial::{Given, Staged, have};

fn a(name: &str, targets: &[&str], ttl: u32) -> Endpoint {
    let mut endpoint = Endpoint::new(name, Rtype::A, targets);
    endpoint.ttl = (ttl > 0).then(|| Ttl::from_secs(ttl));
    endpoint
}

async fn make(provider: &dyn DynProvider, create: &[Endpoint]) -> Applied {
    let changes = ChangeSet {
        create: create.to_vec(),
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap()
}

/// external-dns drops TTLs, and reads A, CNAME and TXT only.
#[tokio::test(start_paused = true)]
async fn ttls_and_all_types_are_kept() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let all = "m.example.org - MX 10 a.example\nw.example.org 60 A 192.0.2.1 | 192.0.2.2";
    have(&*cloud.provider, all).await;
    assert_eq!(
        cloud.held(),
        [
            // None is that of the zone.
            "m.example.org MX 0 10 a.example.",
            "w.example.org A 60 192.0.2.1",
            "w.example.org A 60 192.0.2.2",
        ]
    );
}

/// external-dns lists zones and records again before it writes, in pages of twenty.
#[tokio::test(start_paused = true)]
async fn calls_are_pages_and_changes() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let provider = &*cloud.provider;
    let count = || cloud.sim.log().len();
    provider.records().await.unwrap();
    assert_eq!(count(), 2);
    let names: Vec<String> = (0..100).map(|at| format!("n{at}.example.org")).collect();
    let all: Vec<Endpoint> = names
        .iter()
        .map(|name| a(name, &["192.0.2.1"], 0))
        .collect();
    assert!(make(provider, &all).await.refused.is_empty());
    assert_eq!(count(), 102);
    provider.records().await.unwrap();
    // A page holds a hundred, and two sets are the zone's own.
    assert_eq!(count(), 105);
}

#[tokio::test(start_paused = true)]
async fn what_was_made_meanwhile_is_taken_for_what_it_is() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let provider = &*cloud.provider;
    provider.records().await.unwrap();
    cloud.plant("ours A 192.0.2.1\ntheirs A 192.0.2.66").await;
    let all = ["ours", "theirs"].map(|name| a(&format!("{name}.example.org"), &["192.0.2.1"], 0));
    let applied = make(provider, &all).await;
    let [(name, error)] = &applied.refused[..] else {
        panic!("{applied:?}");
    };
    assert_eq!(
        (&**name, error.kind),
        ("theirs.example.org", ErrorKind::Conflict)
    );
    assert_eq!(cloud.held().len(), 2);
}

/// external-dns takes a name for one of a zone whose name its letters end in.
#[tokio::test(start_paused = true)]
async fn a_zone_holds_names_at_borders_of_labels_only() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let provider = &*cloud.provider;
    let applied = make(provider, &[a("web.xample.org", &["192.0.2.1"], 0)]).await;
    assert!(
        applied.refused[0]
            .1
            .to_string()
            .contains("in none of the zones")
    );
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_is_a_whole_label() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let owner = Endpoint::new("a-*.wild.example.org", Rtype::TXT, ["heritage"]);
    let applied = make(&*cloud.provider, &[owner]).await;
    let said = applied.refused[0].1.to_string();
    assert!(said.contains("--txt-wildcard-replacement"), "{said}");
    assert!(cloud.held().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_and_a_wrong_secret_told_without_itself() {
    let cloud = Staged::with(SUBJECT, &[]).await;
    let provider = &*cloud.provider;
    provider.records().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let gone = Rule::read(Fault::Status(401));
    cloud.sim.fail(Faults::of([gone]));
    provider.records().await.unwrap();
    let provider = cloud.open(&[("OS_PASSWORD", "open-barley")]);
    let error = provider.records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.to_string().contains("barley"), "{error}");
}

#[test]
fn what_is_missing_is_told() {
    let error = super::open(Given::default().setup()).err().unwrap();
    assert!(
        error.to_string().contains("OS_AUTH_URL is not set"),
        "{error}"
    );
}
