//! Names of TXT records, both ways.

use proptest::prelude::*;
use wire::Rtype;

use crate::registry::txt::mapper::{Mapper, Owned};

/// An affix (a prefix if it ends in a dash or dot or has no meaning behind), a name, a type and the
/// name of the TXT.
type There = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Rtype,
    &'static str,
);

const THERE: &[There] = &[
    ("", "", "", "foo.example.org", Rtype::A, "a-foo.example.org"),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::AAAA,
        "aaaa-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::CNAME,
        "cname-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::NS,
        "ns-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::MX,
        "mx-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::NAPTR,
        "naptr-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::TXT,
        "txt-foo.example.org",
    ),
    (
        "",
        "",
        "",
        "foo.example.org",
        Rtype::DNAME,
        "dname-foo.example.org",
    ),
    ("", "", "", "_h._tcp.x.org", Rtype::SRV, "srv-_h._tcp.x.org"),
    (
        "",
        "",
        "",
        "2.49.168.192.in-addr.arpa",
        Rtype::PTR,
        "ptr-2.49.168.192.in-addr.arpa",
    ),
    ("", "", "", "example", Rtype::A, "a-example"),
    ("", "", "", "example.org", Rtype::A, "a-example.org"),
    ("", "", "", "*.example.org", Rtype::A, "a-*.example.org"),
    (
        "",
        "",
        "",
        "a-foo.example.org",
        Rtype::A,
        "a-a-foo.example.org",
    ),
    (
        "",
        "",
        "any",
        "*.example.org",
        Rtype::A,
        "a-any.example.org",
    ),
    (
        "",
        "",
        "ANY",
        "*.example.org",
        Rtype::A,
        "a-any.example.org",
    ),
    (
        "",
        "",
        "any",
        "*foo.example.org",
        Rtype::A,
        "a-*foo.example.org",
    ),
    (
        "",
        "",
        "any",
        "a.*.example.org",
        Rtype::A,
        "a-a.*.example.org",
    ),
    (
        "edns.",
        "",
        "",
        "foo.example.org",
        Rtype::A,
        "edns.a-foo.example.org",
    ),
    (
        "EDNS.",
        "",
        "",
        "foo.example.org",
        Rtype::A,
        "edns.a-foo.example.org",
    ),
    (
        "edns-",
        "",
        "",
        "example",
        Rtype::CNAME,
        "edns-cname-example",
    ),
    (
        "txt-",
        "",
        "wild",
        "*.example.org",
        Rtype::MX,
        "txt-mx-wild.example.org",
    ),
    (
        "foo.bar.",
        "",
        "",
        "example.org",
        Rtype::CNAME,
        "foo.bar.cname-example.org",
    ),
    (
        "%{record_type}-",
        "",
        "",
        "foo.example.org",
        Rtype::AAAA,
        "aaaa-foo.example.org",
    ),
    (
        "edns-%{record_type}.",
        "",
        "",
        "foo.example.org",
        Rtype::A,
        "edns-a.foo.example.org",
    ),
    (
        "%{RECORD_TYPE}x.",
        "",
        "",
        "example.org",
        Rtype::SRV,
        "srvx.example.org",
    ),
    (
        "b.%{record_type}.f.",
        "",
        "",
        "example.org",
        Rtype::CNAME,
        "b.cname.f.example.org",
    ),
    (
        "%{record_type}-foo",
        "",
        "",
        "example.org",
        Rtype::A,
        "a-fooexample.org",
    ),
    (
        "%{record_type}.",
        "",
        "any",
        "*.example.org",
        Rtype::A,
        "a.any.example.org",
    ),
    (
        "",
        "-txt",
        "",
        "foo.example.org",
        Rtype::A,
        "a-foo-txt.example.org",
    ),
    ("", "-txt", "", "example", Rtype::AAAA, "aaaa-example-txt"),
    (
        "",
        ".foo",
        "",
        "example.org",
        Rtype::CNAME,
        "cname-example.foo.org",
    ),
    (
        "",
        ".foo.bar.test",
        "",
        "example.org",
        Rtype::CNAME,
        "cname-example.foo.bar.test.org",
    ),
    (
        "",
        "-%{record_type}",
        "",
        "foo.example.org",
        Rtype::A,
        "foo-a.example.org",
    ),
    (
        "",
        "foo-%{record_type}",
        "",
        "example.org",
        Rtype::A,
        "examplefoo-a.org",
    ),
    (
        "",
        ".foo%{record_type}.bar",
        "",
        "example.org",
        Rtype::A,
        "example.fooa.bar.org",
    ),
    (
        "",
        "-%{record_type}",
        "any",
        "*.example.org",
        Rtype::CNAME,
        "any-cname.example.org",
    ),
    (
        "",
        "-%{record_type}-%{record_type}",
        "",
        "a.b",
        Rtype::A,
        "a-a-a.b",
    ),
];

#[test]
fn records_have_one_text_name() {
    for (prefix, suffix, wildcard, name, rtype, expected) in THERE {
        let mapper = Mapper::new(prefix, suffix, wildcard);
        assert_eq!(
            mapper.text_name(name, *rtype),
            *expected,
            "{prefix} {suffix} {wildcard}"
        );
    }
}

#[test]
fn text_names_lead_back_to_the_record() {
    for (prefix, suffix, wildcard, name, rtype, text_name) in THERE {
        let mapper = Mapper::new(prefix, suffix, wildcard);
        let owned = mapper.owned(text_name).unwrap();
        assert_eq!(owned.rtype, Some(*rtype), "{text_name}");
        assert_eq!(owned.name, mapper.lookup_name(name), "{text_name}");
    }
}

#[test]
fn old_and_foreign_text_names_are_told_apart() {
    type Case<'a> = (&'a str, &'a str, &'a str, Option<(&'a str, Option<Rtype>)>);
    let cases: &[Case<'_>] = &[
        // The old form has no type.
        ("", "", "foo.example.org", Some(("foo.example.org", None))),
        (
            "edns.",
            "",
            "edns.foo.example.org",
            Some(("foo.example.org", None)),
        ),
        (
            "foo-",
            "",
            "foo-bar.example.org",
            Some(("bar.example.org", None)),
        ),
        (
            "",
            "-txt",
            "foo-txt.example.org",
            Some(("foo.example.org", None)),
        ),
        (
            "foo-%{record_type}-",
            "",
            "foo--test.example.org",
            Some(("test.example.org", None)),
        ),
        (
            "",
            "-%{record_type}-foo",
            "test--foo.example.org",
            Some(("test.example.org", None)),
        ),
        (
            "%{record_type}-",
            "",
            "-foo.example.org",
            Some(("foo.example.org", None)),
        ),
        // With the type in the affix, one at the default place is read too, behind the bare affix.
        (
            "x%{record_type}.",
            "",
            "x.a-foo.org",
            Some(("foo.org", Some(Rtype::A))),
        ),
        // An old TXT of "a-foo" looks like a new one of "foo".
        (
            "",
            "",
            "a-foo.example.org",
            Some(("foo.example.org", Some(Rtype::A))),
        ),
        (
            "",
            "",
            "txt-foo.example.org",
            Some(("foo.example.org", Some(Rtype::TXT))),
        ),
        (
            "",
            "",
            "ab-foo.example.org",
            Some(("ab-foo.example.org", None)),
        ),
        ("", "", "a.example.org", Some(("a.example.org", None))),
        ("", "", "a", Some(("a", Some(Rtype::A)))),
        ("", "", "a-", Some(("", Some(Rtype::A)))),
        ("", "", "", Some(("", None))),
        (
            "",
            "",
            "A-Foo.Example.ORG",
            Some(("foo.example.org", Some(Rtype::A))),
        ),
        // Names without our affix are nobody's.
        ("foo-", "", "bar.example.org", None),
        ("", "-foo", "bar.example.org", None),
        ("", ".foo.bar", "a-example.foo", None),
        (
            "",
            ".foo.bar",
            "a-example.foo.bar",
            Some(("example", Some(Rtype::A))),
        ),
        (
            "",
            ".foo.bar",
            "a-example.foo.bar.com",
            Some(("example.com", Some(Rtype::A))),
        ),
        ("", ".foo.bar", "a-example.foo.baz.com", None),
        ("pre-", "-suf", "pre-a-foo-suf.example.com", None),
        ("edns-%{record_type}.", "", "edns-zz.foo.example.org", None),
        // AAAA is no shorter A.
        (
            "",
            "-%{record_type}",
            "foo-aaaa.example.org",
            Some(("foo.example.org", Some(Rtype::AAAA))),
        ),
        (
            "",
            "%{record_type}",
            "fooaaaa.org",
            Some(("fooaaa.org", Some(Rtype::A))),
        ),
        (
            "%{record_type}",
            "",
            "aaaafoo.org",
            Some(("aaafoo.org", Some(Rtype::A))),
        ),
    ];
    for (prefix, suffix, text_name, expected) in cases {
        let got = Mapper::new(prefix, suffix, "").owned(text_name);
        let expected = expected.map(|(name, rtype)| Owned {
            name: name.to_owned(),
            rtype,
        });
        assert_eq!(got, expected, "{prefix} {suffix} {text_name}");
    }
}

proptest! {
    #[test]
    fn odd_names_do_no_harm(
        prefix in ".{0,6}(%\\{record_type\\})?.{0,3}",
        suffix in ".{0,6}(%\\{record_type\\})?.{0,3}",
        name in ".{0,30}",
        wildcard in "[a*]{0,3}",
    ) {
        for mapper in [Mapper::new(&prefix, "", &wildcard), Mapper::new("", &suffix, &wildcard)] {
            let text = mapper.text_name(&name, Rtype::A);
            let _owned = mapper.owned(&text);
            let _owned = mapper.owned(&name);
        }
    }

    #[test]
    fn usual_names_come_back(
        affix in prop::sample::select(vec![
            ("", ""), ("edns-", ""), ("edns.", ""), ("%{record_type}-", ""), ("x.%{record_type}.", ""),
            ("", "-txt"), ("", ".y"), ("", "-%{record_type}"), ("", ".a.b"),
        ]),
        name in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){0,3}",
        rtype in prop::sample::select(vec![Rtype::A, Rtype::AAAA, Rtype::CNAME, Rtype::SRV]),
    ) {
        let mapper = Mapper::new(affix.0, affix.1, "");
        let owned = mapper.owned(&mapper.text_name(&name, rtype));
        prop_assert_eq!(owned, Some(Owned { name, rtype: Some(rtype) }));
    }
}
