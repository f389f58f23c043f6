use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use wire::{NameRef, Rtype, Serial, Ttl};

use super::*;
use crate::Store;
use crate::records::{Place, Records};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
}

/// Reads the records as a transfer would have brought them.
fn read_records(records: &Records) -> Result<Catalog, Broken> {
    let store = Store::new([1, 2]);
    store.expect_copy(records.apex()).unwrap();
    store.replace_copy(records).unwrap();
    let snapshot = store.snapshot();
    read(snapshot.zone(records.apex().as_ref()).unwrap())
}

/// A catalog of lines below `cat.`, without or with a version.
fn read_lines(version: &[&str], lines: &[(&str, &str, &str)]) -> Result<Catalog, Broken> {
    let apex = name("cat");
    let mut records = write(&apex, &BTreeMap::new(), Serial(1)).unwrap();
    let mut own = Records::new(apex.clone());
    for record in records.iter().filter(|record| record.rtype != Rtype::TXT) {
        own.push(
            record.owner,
            record.rtype,
            record.ttl,
            record.rdata,
            record.place,
        );
    }
    let versions = version.iter().map(|text| ("version", "TXT", *text));
    for (owner, rtype, text) in versions.chain(lines.iter().copied()) {
        let owner = Name::from_text(owner.as_bytes(), Some(apex.as_ref())).unwrap();
        let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
        let rdata = match rtype {
            Rtype::TXT => [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat(),
            Rtype::A => vec![192, 0, 2, 1],
            _ => name(text).as_bytes().to_vec(),
        };
        own.push(
            owner.as_ref(),
            rtype,
            Ttl::from_secs(0),
            &rdata,
            Place::default(),
        );
    }
    records = own;
    records.sort();
    records.dedup();
    read_records(&records)
}

#[test]
fn members_are_read_with_what_is_said_of_them() {
    let catalog = read_lines(
        &["2"],
        &[
            ("a.zones", "PTR", "Example.ORG"),
            ("group.a.zones", "TXT", "web"),
            ("group.a.zones", "TXT", "mail"),
            ("b.zones", "PTR", "example.net"),
            ("coo.b.zones", "PTR", "other.cat"),
            // These mean nothing to us.
            ("a.zones", "A", ""),
            ("x.ext.a.zones", "TXT", "any"),
            ("coo.c.zones", "PTR", "other.cat"),
            ("zones", "PTR", "example.com"),
            ("deep.d.zones", "PTR", "example.com"),
            ("d.other", "PTR", "example.com"),
        ],
    );
    let member = |id: &str, groups: &[&str], heir: Option<&str>| Member {
        id: id.as_bytes().to_vec(),
        groups: groups.iter().map(|text| text.as_bytes().to_vec()).collect(),
        heir: heir.map(name),
    };
    let expected = BTreeMap::from([
        (name("example.org"), member("a", &["mail", "web"], None)),
        (name("example.net"), member("b", &[], Some("other.cat"))),
    ]);
    assert_eq!(catalog.unwrap().members, expected);
}

#[test]
fn a_catalog_that_breaks_a_rule_gives_nothing() {
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str, &'a str)], &'a str);
    let a = ("a.zones", "PTR", "example.org");
    let cases: &[Case<'_>] = &[
        (&[], &[a], "it has no \"version\", or more than one"),
        (&["2", "1"], &[a], "it has no \"version\", or more than one"),
        (&["1"], &[a], "its version is \"1\"; only \"2\" is known"),
        (
            &["\u{1b}"],
            &[],
            "its version is \"\\x1b\"; only \"2\" is known",
        ),
        (
            &["2"],
            &[a, ("a.zones", "PTR", "example.net")],
            "member \"a\" names more than one zone",
        ),
        (
            &["2"],
            &[a, ("b.zones", "PTR", "EXAMPLE.org")],
            "zone \"example.org.\" is listed twice",
        ),
        (
            &["2"],
            &[a, ("coo.a.zones", "PTR", "x"), ("coo.a.zones", "PTR", "y")],
            "member \"a\" has more than one \"coo\"",
        ),
    ];
    for (version, lines, expected) in cases {
        let broken = read_lines(version, lines).unwrap_err();
        assert_eq!(broken.to_string(), *expected);
    }
}

#[test]
fn labels_never_change() {
    let zones = BTreeMap::from([(name("example.org"), vec![b"web".to_vec()])]);
    let records = write(&name("cat"), &zones, Serial(7)).unwrap();
    let lines: Vec<String> = records
        .iter()
        .map(|record| {
            let mut data = String::new();
            wire::rdata::print(record.rtype, record.rdata, &mut data).unwrap();
            format!("{} {} {} {data}", record.owner, record.ttl, record.rtype)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "cat. 0 NS invalid.",
            "cat. 0 SOA invalid. invalid. 7 300 60 2147483646 0",
            "version.cat. 0 TXT \"2\"",
            "8802a44f4b184c2d5da35adbcf9e5d2f.zones.cat. 0 PTR example.org.",
            "group.8802a44f4b184c2d5da35adbcf9e5d2f.zones.cat. 0 TXT \"web\"",
        ]
    );
    let long = name(&format!("{0}.{0}.{0}.{1}", "x".repeat(63), "x".repeat(20)));
    assert_eq!(write(&long, &zones, Serial(7)).unwrap_err().apex, long);
}

fn catalog(members: &[(&str, &str, Option<&str>)]) -> Catalog {
    let member = |(zone, id, heir): &(&str, &str, Option<&str>)| {
        let member = Member {
            id: id.as_bytes().to_vec(),
            groups: Vec::new(),
            heir: heir.map(name),
        };
        (name(zone), member)
    };
    Catalog {
        members: members.iter().map(member).collect(),
    }
}

#[test]
fn a_zone_is_followed_for_one_catalog() {
    type Lists<'a> = &'a [(&'a str, Option<&'a str>)];
    type Outcome<'a> = Option<(&'a str, &'a str, bool, usize)>;
    type Case<'a> = (
        Lists<'a>,
        Lists<'a>,
        Option<(&'a str, &'a str)>,
        Outcome<'a>,
    );
    // What the two catalogs say of the zone (label and heir), for whom it was followed, and what
    // comes of it: catalog and label, whether anew, how many clashes.
    let cases: &[Case<'_>] = &[
        (&[], &[], None, None),
        (&[], &[], Some(("a", "1")), None),
        (&[("1", None)], &[], None, Some(("a", "1", false, 0))),
        (
            &[("1", None)],
            &[],
            Some(("a", "1")),
            Some(("a", "1", false, 0)),
        ),
        (
            &[("2", None)],
            &[],
            Some(("a", "1")),
            Some(("a", "2", true, 0)),
        ),
        // Both list it: it stays where it is.
        (
            &[("1", None)],
            &[("1", None)],
            Some(("b", "1")),
            Some(("b", "1", false, 1)),
        ),
        (
            &[("1", None)],
            &[("1", None)],
            None,
            Some(("a", "1", false, 1)),
        ),
        // The heir is named, but does not list it.
        (
            &[("1", Some("b"))],
            &[],
            Some(("a", "1")),
            Some(("a", "1", false, 0)),
        ),
        // It goes over, with the same label or another.
        (
            &[("1", Some("b"))],
            &[("1", None)],
            Some(("a", "1")),
            Some(("b", "1", false, 0)),
        ),
        (
            &[("1", Some("b"))],
            &[("2", None)],
            Some(("a", "1")),
            Some(("b", "2", true, 0)),
        ),
        (
            &[("1", Some("b"))],
            &[("1", None)],
            Some(("b", "1")),
            Some(("b", "1", false, 0)),
        ),
        // The old one lets go without a word.
        (
            &[],
            &[("1", None)],
            Some(("a", "1")),
            Some(("b", "1", true, 0)),
        ),
        // Each names the other.
        (
            &[("1", Some("b"))],
            &[("1", Some("a"))],
            Some(("a", "1")),
            Some(("b", "1", false, 0)),
        ),
    ];
    for (a, b, before, expected) in cases {
        let lists = |lists: Lists<'_>| {
            let members: Vec<_> = lists.iter().map(|(id, heir)| ("z", *id, *heir)).collect();
            catalog(&members)
        };
        let catalogs = BTreeMap::from([(name("a"), lists(a)), (name("b"), lists(b))]);
        let held = before.iter().map(|(catalog, id)| {
            let held = Held {
                catalog: name(catalog),
                id: id.as_bytes().to_vec(),
            };
            (name("z"), held)
        });
        let plan = plan(&held.collect(), &catalogs);
        let found = plan.get(&name("z")).map(|followed| {
            let id = String::from_utf8(followed.held.id.clone()).unwrap();
            let clashes = followed.clashes.len();
            (
                followed.held.catalog.to_string(),
                id,
                followed.anew,
                clashes,
            )
        });
        let expected = expected.map(|(catalog, id, anew, clashes)| {
            (name(catalog).to_string(), id.to_owned(), anew, clashes)
        });
        assert_eq!(found, expected, "{a:?} {b:?} {before:?}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        zones in btree_map("[a-z]{1,9}(\\.[a-z]{1,9}){0,3}", vec("[ -~]{1,20}", 0..3), 0..20),
        apex in "[a-z]{1,20}\\.[a-z]{1,9}",
    ) {
        let zones: BTreeMap<Name, Vec<Vec<u8>>> = zones
            .into_iter()
            .map(|(zone, groups)| {
                let mut groups: Vec<Vec<u8>> = groups.into_iter().map(String::into_bytes).collect();
                groups.sort();
                groups.dedup();
                (name(&zone), groups)
            })
            .collect();
        let records = write(&name(&apex), &zones, Serial(1)).unwrap();
        let catalog = read_records(&records).unwrap();
        let read: BTreeMap<Name, Vec<Vec<u8>>> = catalog
            .members
            .iter()
            .map(|(zone, member)| (zone.clone(), member.groups.clone()))
            .collect();
        prop_assert_eq!(&read, &zones);
        // And once more: the same zones make the same labels.
        let again = write(&name(&apex), &zones, Serial(2)).unwrap();
        prop_assert_eq!(read_records(&again).unwrap(), catalog);
    }

    #[test]
    fn any_records_give_members_or_a_reason(
        lines in vec(("(version|zones|coo|group|[ab]){1}(\\.(zones|coo|group|[ab])){0,3}", 0..4_usize, "[ab2]{1,3}"), 0..12),
    ) {
        let lines: Vec<(&str, &str, &str)> = lines
            .iter()
            .map(|(owner, rtype, data)| (&**owner, ["PTR", "TXT", "A", "NS"][*rtype], &**data))
            .collect();
        if let Ok(catalog) = read_lines(&["2"], &lines) {
            let ids: std::collections::BTreeSet<_> = catalog.members.values().map(|m| &m.id).collect();
            prop_assert_eq!(ids.len(), catalog.members.len());
        }
    }
}
