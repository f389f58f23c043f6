use plan::{ChangeSet, Endpoint, Provider, Update};
use wire::Rtype;

use super::InMemory;

fn a(name: &str, target: &str) -> Endpoint {
    Endpoint::new(name, Rtype::A, [target])
}

#[tokio::test]
async fn changes_are_made_whole_or_not_at_all() {
    let provider = InMemory::new(["example.org."]);
    let made = ChangeSet {
        create: vec![a("x.example.org", "192.0.2.1")],
        ..ChangeSet::default()
    };
    provider.apply(&made).await.unwrap();
    assert_eq!(provider.records().await.unwrap(), made.create);

    let wrong = ChangeSet {
        create: vec![a("y.example.org", "192.0.2.2")],
        delete: vec![a("gone.example.org", "192.0.2.3")],
        ..ChangeSet::default()
    };
    let error = provider.apply(&wrong).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"provider "inmemory": apply changes: "gone.example.org" A is not there"#
    );
    assert_eq!(provider.records().await.unwrap(), made.create);

    let update = Update {
        old: a("X.example.org", "192.0.2.1"),
        new: a("x.example.org", "192.0.2.9"),
    };
    let changed = ChangeSet {
        update: vec![update.clone()],
        ..ChangeSet::default()
    };
    provider.apply(&changed).await.unwrap();
    assert_eq!(provider.records().await.unwrap(), [update.new]);
}

#[tokio::test]
async fn names_of_no_zone_are_left_alone() {
    let provider = InMemory::new(["example.org"]);
    let create = vec![
        a("notexample.org", "192.0.2.1"),
        a("example.org", "192.0.2.2"),
    ];
    provider
        .apply(&ChangeSet {
            create,
            ..ChangeSet::default()
        })
        .await
        .unwrap();
    assert_eq!(
        provider.records().await.unwrap(),
        [a("example.org", "192.0.2.2")]
    );
}

/// external-dns's own refuses it: a record with an ownership TXT of the old form could not be changed.
#[tokio::test]
async fn an_ownership_record_that_was_never_there_is_made_by_its_update() {
    let provider = InMemory::new(["example.org"]);
    let text = |owner: &str| Endpoint::new("a-x.example.org", Rtype::TXT, [owner]);
    let create = vec![a("x.example.org", "192.0.2.1")];
    let (old, new) = (text("\"before\""), text("\"after\""));
    let update = vec![Update { old, new }];
    let changes = ChangeSet {
        create,
        update,
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    let there = provider.records().await.unwrap();
    assert!(there.contains(&text("\"after\"")), "{there:?}");
    let delete = vec![text("\"after\""), text("\"after\"")];
    let changes = ChangeSet {
        delete,
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    assert_eq!(provider.records().await.unwrap().len(), 1);
}
