//! Listings and changes.

use wire::Rtype;

use crate::registry::txt::{FORCE_UPDATE, TxtOptions, TxtRegistry};
use crate::{ChangeSet, Endpoint, Labels, Update};

pub(super) fn options() -> TxtOptions {
    TxtOptions {
        owner: "me".into(),
        managed: vec![Rtype::A, Rtype::AAAA, Rtype::CNAME],
        ..TxtOptions::default()
    }
}

pub(super) fn registry() -> TxtRegistry {
    TxtRegistry::new(options()).unwrap()
}

pub(super) fn a(name: &str) -> Endpoint {
    Endpoint::new(name, Rtype::A, ["192.0.2.1"])
}

pub(super) fn owned(name: &str, owner: &str) -> Endpoint {
    let mut endpoint = a(name);
    endpoint.labels.set("owner", owner);
    endpoint
}

pub(super) fn text(name: &str, target: &str) -> Endpoint {
    Endpoint::new(name, Rtype::TXT, [target])
}

pub(super) fn by(owner: &str) -> String {
    format!("\"heritage=external-dns,external-dns/owner={owner}\"")
}

fn read(registry: &mut TxtRegistry, records: &[Endpoint]) -> Vec<Endpoint> {
    registry.read(records.to_vec())
}

fn owner(endpoint: &Endpoint) -> Option<&str> {
    endpoint.labels.value(Labels::OWNER)
}

/// The targets of TXT in a list, by name.
pub(super) fn texts<'a>(list: impl IntoIterator<Item = &'a Endpoint>) -> Vec<(&'a str, &'a str)> {
    let texts = list
        .into_iter()
        .filter(|endpoint| endpoint.rtype == Rtype::TXT);
    texts
        .map(|text| {
            (
                &*text.name,
                text.targets.first().map_or("", |target| &**target),
            )
        })
        .collect()
}

#[test]
fn records_get_the_labels_of_their_text() {
    let mut registry = registry();
    let mut alias = a("alias.example");
    alias.properties.set("alias", "true");
    let mut blue = a("set.example");
    blue.set_identifier = "blue".into();
    let mut blue_text = text("a-set.example", &by("blue"));
    blue_text.set_identifier = "blue".into();
    let records = [
        a("new.example"),
        text("a-new.example", &by("me")),
        a("old.example"),
        text("old.example", &by("old")),
        Endpoint::new("old.example", Rtype::AAAA, ["2001:db8::1"]),
        a("both.example"),
        text("both.example", &by("old")),
        text("a-both.example", &by("me")),
        alias,
        text("cname-alias.example", &by("me")),
        blue,
        blue_text,
        a("set.example"),
        a("free.example"),
        a("Case.example"),
        text("a-CASE.example", &by("me")),
        text("spf.example", "v=spf1 -all"),
        text("a-foreign.example", "heritage=mate,external-dns/owner=me"),
        Endpoint::new("empty.example", Rtype::TXT, Vec::<&str>::new()),
    ];
    let read = read(&mut registry, &records);
    let got: Vec<(&str, Rtype, Option<&str>)> = read
        .iter()
        .map(|record| (&*record.name, record.rtype, owner(record)))
        .collect();
    assert_eq!(
        got,
        [
            ("new.example", Rtype::A, Some("me")),
            ("old.example", Rtype::A, Some("old")),
            ("old.example", Rtype::AAAA, None),
            ("both.example", Rtype::A, Some("me")),
            ("alias.example", Rtype::A, Some("me")),
            ("set.example", Rtype::A, Some("blue")),
            ("set.example", Rtype::A, None),
            ("free.example", Rtype::A, None),
            ("Case.example", Rtype::A, Some("me")),
            ("spf.example", Rtype::TXT, None),
            ("a-foreign.example", Rtype::TXT, None),
        ]
    );
}

#[test]
fn stars_are_looked_up_by_what_stands_for_them() {
    let mut registry = TxtRegistry::new(TxtOptions {
        wildcard_replacement: "Any".into(),
        ..options()
    })
    .unwrap();
    let read = read(
        &mut registry,
        &[a("*.example"), text("a-any.example", &by("me"))],
    );
    assert_eq!(owner(&read[0]), Some("me"));
}

#[test]
fn own_records_without_new_text_are_updated() {
    let mut registry = registry();
    let mut mail = Endpoint::new("mail.example", Rtype::MX, ["10 a.example"]);
    mail.labels.set("owner", "me");
    let records = [
        a("old.example"),
        text("old.example", &by("me")),
        a("theirs.example"),
        text("theirs.example", &by("you")),
        a("fine.example"),
        text("a-fine.example", &by("me")),
        mail,
    ];
    let forced: Vec<bool> = read(&mut registry, &records)
        .iter()
        .map(|record| record.properties.value(FORCE_UPDATE) == Some("true"))
        .collect();
    assert_eq!(forced, [true, false, false, false]);
    // Without any ownership TXT there is nothing to repair.
    let read = read(&mut registry, &[owned("a.example", "me")]);
    assert!(read[0].properties.is_empty());
}

#[test]
fn created_records_become_ours_and_get_a_text() {
    let registry = registry();
    let mut web = a("web.example");
    web.labels.set("resource", "service/default/web");
    web.set_identifier = "blue".into();
    web.properties.set("aws/weight", "1");
    let long = a(&format!("{}.example", "l".repeat(62)));
    let written = registry.write(ChangeSet {
        create: vec![web.clone(), long],
        ..ChangeSet::default()
    });
    let kinds: Vec<Rtype> = written
        .create
        .iter()
        .map(|endpoint| endpoint.rtype)
        .collect();
    assert_eq!(kinds, [Rtype::A, Rtype::A, Rtype::TXT]);
    assert_eq!(owner(&written.create[0]), Some("me"));
    let text = &written.create[2];
    assert_eq!(&*text.name, "a-web.example");
    assert_eq!(
        &*text.targets[0],
        "\"heritage=external-dns,external-dns/owner=me,external-dns/resource=service/default/web\""
    );
    assert_eq!(
        text.labels.iter().collect::<Vec<_>>(),
        [("ownedRecord", "web.example")]
    );
    assert_eq!(text.ttl, None);
    assert_eq!(
        (&text.set_identifier, &text.properties),
        (&web.set_identifier, &web.properties)
    );
    assert!(!registry.has_room(&written.create[1]) && registry.has_room(&web));
}

#[test]
fn a_text_that_is_there_is_not_created_again() {
    let mut registry = registry();
    let mut other_set = text("a-set.example", &by("me"));
    other_set.set_identifier = "blue".into();
    read(
        &mut registry,
        &[
            text("a-stale.example", &by("me")),
            text("a-Claimed.example", &by("you")),
            other_set,
        ],
    );
    let create = [
        "stale.example",
        "claimed.example",
        "set.example",
        "new.example",
    ];
    let written = registry.write(ChangeSet {
        create: create.map(a).to_vec(),
        ..ChangeSet::default()
    });
    let names: Vec<&str> = texts(&written.create)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(names, ["a-set.example", "a-new.example"]);
    assert_eq!(
        registry.claim(&a("claimed.example")).as_deref(),
        Some("you")
    );
    assert_eq!(registry.claim(&a("new.example")), None);
}

#[test]
fn changes_of_what_is_not_ours_are_left_out() {
    let registry = registry();
    let update = |old: &str, new: &str| Update {
        old: owned("u.example", old),
        new: owned("u.example", new),
    };
    let written = registry.write(ChangeSet {
        create: Vec::new(),
        update: vec![update("you", "me"), update("me", "you"), update("me", "me")],
        delete: vec![
            owned("d.example", "you"),
            a("d.example"),
            owned("mine.example", "me"),
        ],
    });
    assert_eq!(written.update.len(), 2);
    assert_eq!(texts(&written.delete), [("a-mine.example", &*by("me"))]);
    assert_eq!(written.delete.len(), 2);
}

#[test]
fn text_goes_away_as_it_was_read() {
    let raw = "\"heritage=external-dns,external-dns/resource=x,external-dns/owner=me\"";
    let plain = by("me");
    let bare = plain.trim_matches('"');
    let cases = [
        // In another order: the bytes as they are.
        ("a-r.example", raw, "a-r.example", raw),
        // Only the quotes differ: as external-dns writes them.
        ("a-r.example", bare, "a-r.example", &plain),
        // Of the old form: that of the new form, which external-dns takes away in any case.
        ("r.example", &plain, "a-r.example", &plain),
    ];
    for (listed, target, name, expected) in cases {
        let mut registry = registry();
        let read = read(&mut registry, &[a("r.example"), text(listed, target)]);
        let mut new = read[0].clone();
        new.labels.set("resource", "y");
        let written = registry.write(ChangeSet {
            create: Vec::new(),
            update: vec![Update {
                old: read[0].clone(),
                new,
            }],
            delete: read,
        });
        assert_eq!(texts(&written.delete), [(name, expected)]);
        let update = &written.update[1];
        assert_eq!(texts([&update.old]), [(name, expected)]);
        let after = "\"heritage=external-dns,external-dns/owner=me,external-dns/resource=y\"";
        assert_eq!(texts([&update.new]), [(name, after)]);
    }
}

#[test]
fn what_was_applied_is_remembered() {
    let mut registry = TxtRegistry::new(TxtOptions {
        encrypt: true,
        key: "0123456789abcdef0123456789abcdef".into(),
        ..options()
    })
    .unwrap();
    let created = registry.write(ChangeSet {
        create: vec![a("web.example")],
        ..ChangeSet::default()
    });
    registry.applied(&created, |_| true);
    let raw = created.create[1].targets[0].clone();
    assert_eq!(registry.labels(&raw).unwrap().value("owner"), Some("me"));
    // Its text is there now, and goes with it.
    let again = registry.write(ChangeSet {
        create: vec![a("web.example")],
        delete: vec![owned("web.example", "me")],
        ..ChangeSet::default()
    });
    assert_eq!(again.create.len(), 1);
    assert_eq!(texts(&again.delete), [("a-web.example", &*raw)]);
    let deleted = registry.write(ChangeSet {
        delete: vec![owned("web.example", "me")],
        ..ChangeSet::default()
    });
    registry.applied(&deleted, |_| false);
    assert!(registry.claim(&a("web.example")).is_some());
    registry.applied(&deleted, |_| true);
    assert!(registry.claim(&a("web.example")).is_none());
    let create = ChangeSet {
        create: vec![a("web.example")],
        ..ChangeSet::default()
    };
    assert_eq!(registry.write(create).create.len(), 2);
}
