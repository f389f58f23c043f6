use super::{DomainFilter, FilterError};

/// Entries taken, entries not taken, names, and whether these pass.
type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], bool);

#[test]
fn lists_take_names_at_and_below() {
    let cases: &[Case<'_>] = &[
        (
            &["google.com.", "exaring.de"],
            &[],
            &["google.com", "exaring.de"],
            true,
        ),
        (&["foo.org.      "], &[], &["foo.org", "a.foo.org."], true),
        (&["   foo.org"], &[], &["foo.org"], true),
        (&["foo.org."], &[], &["baz.org"], false),
        (&["baz.foo.org."], &[], &["foo.org"], false),
        (&["", "foo.org."], &[], &["foo.org"], true),
        (&["", "foo.org."], &[], &["bar.org"], false),
        (&[""], &[], &["foo.org", ""], true),
        (&[" "], &[""], &["foo.org"], true),
        (
            &["bar.sub.example.org"],
            &[],
            &["foo.bar.sub.example.org"],
            true,
        ),
        (
            &["example.org"],
            &[],
            &["anexample.org", "test.anexample.org"],
            false,
        ),
        (
            &[".example.org"],
            &[],
            &["anexample.org", "example.org"],
            false,
        ),
        (
            &[".example.org"],
            &[],
            &["test.example.org", "a.b.example.org"],
            true,
        ),
        (
            &[".org"],
            &[],
            &["example.org", "foo.test.example.org"],
            true,
        ),
        (
            &["example.org"],
            &["api.example.org"],
            &["example.org", "a.example.org"],
            true,
        ),
        (
            &["example.org"],
            &["api.example.org"],
            &["a.api.example.org"],
            false,
        ),
        (
            &["example.org"],
            &["api.example.org"],
            &["dev-api.example.org"],
            true,
        ),
        (
            &[" example.org. "],
            &[" .api.example.org "],
            &["b.a.api.example.org."],
            false,
        ),
        (
            &[" example.org. "],
            &[" .api.example.org "],
            &["api.example.org."],
            true,
        ),
        (&["æøå.org"], &["api.æøå.org"], &["foo.api.æøå.org"], false),
        (&["æøå.org"], &[], &["xn--5cab8c.org", "a.ÆØÅ.org"], true),
        (
            &["eXaMPle.ORG"],
            &["Foo-Bar.Example.Org"],
            &["FoOoo.Api.Example.Org"],
            true,
        ),
        (
            &["sTOnks📈.ORG"],
            &["Foo-Bar.stoNks📈.Org"],
            &["FoOoo.Api.Stonks📈.Org"],
            true,
        ),
        (
            &[],
            &["example.org"],
            &["example.org", "a.example.org"],
            false,
        ),
        (&[], &["example.org"], &["example.com"], true),
    ];
    for (include, exclude, names, expected) in cases {
        let filter = DomainFilter::lists(include, exclude);
        for name in *names {
            assert_eq!(
                filter.matches(name),
                *expected,
                "{include:?} {exclude:?} {name}"
            );
        }
    }
}

#[test]
fn expressions_are_not_anchored_and_exceptions_come_first() {
    let cases: &[(&str, &str, &[&str], bool)] = &[
        (r"\.org$", "", &["foo.org", "foo.bar.org", "FOO.ORG."], true),
        (
            r"\.bar\.org$",
            "",
            &["foo.org", "bar.org", "example.com"],
            false,
        ),
        (
            r"(?:foo|bar)\.org$",
            "",
            &["foo.org", "a.example.bar.org"],
            true,
        ),
        (
            "(?:😍|🤩)\\.org$",
            "",
            &["😍.org", "xn--r28h.org", "a.xn--r28h.org"],
            true,
        ),
        (
            "(?:😍|🤩)\\.org$",
            "^example\\.(?:😍|🤩)\\.org$",
            &["example.😍.org"],
            false,
        ),
        ("", r"^example\.", &["foo.org", "a.example.org"], true),
        ("", r"^example\.", &["example.org"], false),
        ("", "", &["anything"], true),
    ];
    for (include, exclude, names, expected) in cases {
        let filter = DomainFilter::regexes(include, exclude).unwrap();
        for name in *names {
            assert_eq!(
                filter.matches(name),
                *expected,
                "{include:?} {exclude:?} {name}"
            );
        }
    }
}

#[test]
fn expressions_win_on_a_command_line_but_not_in_parts() {
    let flags = DomainFilter::from_flags(&["example.org"], &[], r"\.com$", "").unwrap();
    assert!(flags.matches("a.com") && !flags.matches("a.example.org"));
    let parts = DomainFilter::from_parts(&["example.org"], &[], r"\.com$", "");
    assert!(matches!(parts, Err(FilterError::Mixed)));
    assert!(DomainFilter::regexes("(", "").is_err());
}

#[test]
fn parts_are_sorted_and_make_the_same_filter_again() {
    let filter = DomainFilter::lists(&["b.org", "A.org."], &["x.b.org"]);
    assert_eq!(filter.include(), ["a.org", "b.org"]);
    assert_eq!(filter.exclude(), ["x.b.org"]);
    let again = DomainFilter::from_parts(&filter.include(), &filter.exclude(), "", "").unwrap();
    assert_eq!(filter, again);
}

#[test]
fn parents_hold_what_passes() {
    let filter = DomainFilter::lists(&["a.example.org", ".b.example.com"], &["x.org"]);
    assert!(filter.matches_parent("example.org"));
    assert!(!filter.matches_parent("a.example.org"));
    assert!(!filter.matches_parent("example.com"));
    assert!(!filter.matches_parent("x.org"));
    assert!(DomainFilter::default().matches_parent("any"));
}
