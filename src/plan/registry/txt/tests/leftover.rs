//! What a crash leaves, and what must not be taken for that.

use wire::Rtype;

use super::records::{a, by, options, text};
use crate::registry::txt::{TxtOptions, TxtRegistry, is_ownership};
use crate::{ChangeSet, Endpoint, Labels, RowName};

/// The names of the TXT that are taken for leftovers.
fn left(options: TxtOptions, records: &[Endpoint]) -> Vec<String> {
    let mut registry = TxtRegistry::new(options).unwrap();
    registry.read(records.to_vec());
    let left = registry.leftovers().into_iter();
    left.map(|left| left.text.name.to_string()).collect()
}

#[test]
fn only_what_can_be_nothing_else_is_left_over() {
    let me = by("me");
    let of_me = |name: &str| text(name, &me);
    let record = |name: &str, rtype| Endpoint::new(name, rtype, ["x.example"]);
    let prefix = |prefix: &str| TxtOptions {
        prefix: prefix.into(),
        ..options()
    };
    let none: &[&str] = &[];
    type Case<'a> = (&'a str, TxtOptions, Vec<Endpoint>, &'a [&'a str]);
    let cases: Vec<Case<'_>> = vec![
        (
            "its record is gone",
            options(),
            vec![of_me("a-x.example")],
            &["a-x.example"],
        ),
        (
            "its record is there",
            options(),
            vec![of_me("a-x.example"), a("x.example")],
            none,
        ),
        (
            "written otherwise",
            options(),
            vec![of_me("A-X.example"), a("x.Example")],
            none,
        ),
        (
            "in the form of the wire",
            options(),
            vec![of_me("a-b\u{fc}cher.example"), a("xn--bcher-kva.example")],
            none,
        ),
        (
            "of another type by now",
            options(),
            vec![of_me("a-x.example"), record("x.example", Rtype::CNAME)],
            none,
        ),
        (
            "an alias, up to 0.21",
            options(),
            vec![of_me("cname-x.example"), a("x.example")],
            none,
        ),
        (
            "with a set identifier",
            options(),
            vec![
                of_me("a-x.example"),
                Endpoint {
                    set_identifier: "blue".into(),
                    ..a("x.example")
                },
            ],
            none,
        ),
        (
            "of another owner",
            options(),
            vec![
                text("a-x.example", &by("other")),
                text("a-y.example", &by("me2")),
            ],
            none,
        ),
        (
            "of nobody",
            options(),
            vec![text("a-x.example", "\"heritage=external-dns\"")],
            none,
        ),
        (
            "of a user",
            options(),
            vec![text("a-x.example", "\"v=spf1 -all\"")],
            none,
        ),
        ("of the old form", options(), vec![of_me("x.example")], none),
        (
            "of the old form, for a host of such a name",
            options(),
            vec![of_me("a-x.example"), record("a-x.example", Rtype::MX)],
            none,
        ),
        (
            "of a type that is not looked at",
            options(),
            vec![of_me("mx-x.example"), of_me("txt-x.example")],
            none,
        ),
        (
            "one of several texts",
            options(),
            vec![Endpoint::new(
                "a-x.example",
                Rtype::TXT,
                [me.as_str(), "\"mine\""],
            )],
            none,
        ),
        (
            "listed twice, by zones of one name",
            options(),
            vec![of_me("a-x.example"), of_me("A-x.example")],
            none,
        ),
        (
            "with another prefix",
            prefix("own."),
            vec![
                of_me("a-x.example"),
                of_me("other.a-y.example"),
                of_me("own.a-z.example"),
            ],
            &["own.a-z.example"],
        ),
        (
            "with a type in the prefix",
            prefix("%{record_type}-own."),
            vec![
                of_me("a-own.x.example"),
                of_me("aaaa-own.y.example"),
                a("y.example"),
            ],
            &["a-own.x.example"],
        ),
        (
            "of a star",
            TxtOptions {
                wildcard_replacement: "any".into(),
                ..options()
            },
            vec![
                of_me("a-any.example"),
                a("*.example"),
                of_me("a-any.x.example"),
            ],
            &["a-any.x.example"],
        ),
        (
            "of a star as it is",
            options(),
            vec![of_me("a-*.example"), a("*.example"), of_me("a-*.x.example")],
            &["a-*.x.example"],
        ),
        (
            "with a suffix",
            TxtOptions {
                suffix: "-own".into(),
                ..options()
            },
            vec![
                of_me("a-x-own.example"),
                of_me("a-y-own.example"),
                a("y.example"),
            ],
            &["a-x-own.example"],
        ),
        (
            "with a suffix, of the old form",
            TxtOptions {
                suffix: "-own".into(),
                ..options()
            },
            vec![of_me("a-x-own.example"), a("a-x.example")],
            none,
        ),
    ];
    for (what, options, records, wanted) in cases {
        assert_eq!(left(options, &records), wanted, "{what}");
    }
}

#[test]
fn what_is_left_over_goes_by_itself_and_once() {
    let mut registry = TxtRegistry::new(options()).unwrap();
    registry.read(vec![text("a-x.example", &by("me"))]);
    let left = registry.leftovers()[0].clone();
    assert_eq!(
        left.names,
        [RowName::new("x.example"), RowName::new("a-x.example")]
    );
    assert_eq!(left.text.labels.value(Labels::OWNER), Some("me"));
    let changes = |gone: Endpoint| ChangeSet {
        delete: vec![gone],
        ..ChangeSet::default()
    };
    let written = registry.write(changes(left.text.clone()));
    let [gone] = written.delete.as_slice() else {
        panic!("{written:?}");
    };
    assert!(is_ownership(gone) && *gone.name == *"a-x.example");
    assert_eq!(gone.targets, left.text.targets);
    registry.applied(&written, |_| true);
    assert!(registry.leftovers().is_empty());
    // A record of that name gets its TXT again.
    let made = registry.write(ChangeSet {
        create: vec![a("x.example")],
        ..ChangeSet::default()
    });
    assert_eq!(made.create.len(), 2);
    // Whatever else has that name is no leftover.
    let mut users = text("a-x.example", "\"mine\"");
    users.labels.set(Labels::OWNER, "me");
    registry.read(vec![text("a-x.example", &by("me"))]);
    let written = registry.write(changes(users));
    assert_eq!(written.delete.len(), 2);
    assert!(!is_ownership(&written.delete[0]));
}

#[test]
fn texts_that_say_whose_a_record_is_are_told_from_others() {
    let mut encrypting = options();
    encrypting.encrypt = true;
    encrypting.key = "0123456789abcdef0123456789abcdef".into();
    let encrypting = TxtRegistry::new(encrypting).unwrap();
    let hidden = encrypting.write(ChangeSet {
        create: vec![a("x.example")],
        ..ChangeSet::default()
    });
    let plain = TxtRegistry::new(options()).unwrap();
    let cases = [
        (text("a-victim.example", &by("me")), true, true),
        (text("victim.example", &by("other")), true, true),
        (text("x.example", "heritage=external-dns"), true, true),
        (
            Endpoint::new(
                "x.example",
                Rtype::TXT,
                ["\"v=spf1\"", "\"heritage=external-dns\""],
            ),
            true,
            true,
        ),
        // One that was copied from another name.
        (
            text("a-victim.example", &hidden.create[1].targets[0]),
            false,
            true,
        ),
        (text("x.example", "\"heritage=mine\""), false, false),
        (text("x.example", "my heritage=external-dns"), false, false),
        (
            Endpoint::new("x.example", Rtype::CNAME, ["heritage=external-dns"]),
            false,
            false,
        ),
    ];
    for (endpoint, by_plain, by_key) in cases {
        let found = (plain.is_claim(&endpoint), encrypting.is_claim(&endpoint));
        assert_eq!(found, (by_plain, by_key), "{endpoint:?}");
    }
}
