//! The master format, a few lines at a time.

use super::super::parse_str;
use super::{HEAD, origin, parse, say, show};

/// The records that `text` adds to a zone; the report must hold nothing but `expected_report`.
fn check(text: &str, expected: &[&str], expected_report: &[&str]) {
    let head = show(&parse(HEAD).records.unwrap());
    let loaded = parse(&format!("{HEAD}{text}"));
    assert_eq!(say(&loaded), expected_report, "{text}");
    let mut shown = loaded
        .records
        .map_or_else(Vec::new, |records| show(&records));
    shown.retain(|record| !head.contains(record));
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn owners_are_completed_and_carried_over() {
    for (text, expected) in [
        (
            "a TXT x\n  TXT y",
            &["a 300 TXT \"x\"", "a 300 TXT \"y\""][..],
        ),
        (
            "a TXT x\n\n ; c\n\tTXT y",
            &["a 300 TXT \"x\"", "a 300 TXT \"y\""],
        ),
        (
            "$ORIGIN sub\n@ TXT x\na TXT y",
            &["sub 300 TXT \"x\"", "a.sub 300 TXT \"y\""],
        ),
        (
            "$ORIGIN sub\n$ORIGIN deep\na TXT x",
            &["a.deep.sub 300 TXT \"x\""],
        ),
        ("$origin example.org.\na.b TXT x", &["a.b 300 TXT \"x\""]),
        ("full.example.org. TXT x", &["full 300 TXT \"x\""]),
        (
            "a\\.b TXT x\n\\065 TXT y",
            &["A 300 TXT \"y\"", "a\\.b 300 TXT \"x\""],
        ),
        ("*.w TXT x", &["*.w 300 TXT \"x\""]),
        ("IN TXT x", &["IN 300 TXT \"x\""]),
        ("60 60 TXT x", &["60 60 TXT \"x\""]),
    ] {
        check(text, expected, &[]);
    }
}

#[test]
fn ttl_and_class_stand_in_any_order() {
    for text in [
        "a 60 IN TXT x",
        "a IN 60 TXT x",
        "a 60 TXT x",
        "a 1m in txt x",
        "a CLASS1 0m60s TYPE16 x",
        "a ( 60\n IN ) TXT x",
        "$TTL 60\na TXT x",
        "$TTL 1m ; c\na IN TXT x",
    ] {
        check(text, &["a 60 TXT \"x\""], &[]);
    }
}

#[test]
fn ttls_come_from_what_stood_before() {
    let soa = "SOA ns.example.net. h 1 2 3 4 5";
    let ns = "NS ns.example.net.";
    for (text, ttls, said) in [
        (
            format!("$TTL 7\n@ {soa}\n {ns}\na 9 TXT x\nb TXT x"),
            [7, 7, 9, 7],
            None,
        ),
        (
            format!("@ 7 {soa}\n {ns}\na 9 TXT x\nb TXT x"),
            [7, 7, 9, 9],
            Some("2:2: no TTL and no $TTL before it; the last TTL given is used"),
        ),
        (
            format!("@ {soa}\n {ns}\na 9 TXT x\nb TXT x"),
            [5, 5, 9, 5],
            Some("1:3: no TTL and no $TTL before it; the minimum of the SOA is used"),
        ),
    ] {
        let loaded = parse(&text);
        assert_eq!(say(&loaded), said.into_iter().collect::<Vec<_>>(), "{text}");
        let records = loaded.records.unwrap();
        let mut found: Vec<u32> = records.iter().map(|record| record.ttl.as_secs()).collect();
        // NS comes before SOA; both have the same TTL in all cases.
        found.sort_unstable_by_key(|_| 0);
        assert_eq!(found, ttls, "{text}");
    }
}

#[test]
fn values_in_quotes_join_their_keys_in_service_bindings_only() {
    check(
        "a HTTPS 1 . alpn=\"h2,h3\" port=443",
        &["a 300 HTTPS 1 . alpn=\"h2,h3\" port=443"],
        &[],
    );
    check("a TXT alpn=\"h2\"", &["a 300 TXT \"alpn=\" \"h2\""], &[]);
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let unix = format!("{HEAD}a TXT ( x\n y ) ; c\n");
    let expected = show(&parse(&unix).records.unwrap());
    for text in [
        unix.replace('\n', "\r\n"),
        unix.replace("300\n", "300\r"),
        unix.trim_end().to_owned(),
        format!("\u{FEFF}{unix}"),
        unix.replace(' ', "\t \t"),
    ] {
        let loaded = parse_str(text.as_bytes(), "test", &origin());
        assert_eq!(loaded.report.render(false), "", "{text:?}");
        assert_eq!(show(&loaded.records.unwrap()), expected, "{text:?}");
    }
}

#[test]
fn generate_makes_records_of_any_type() {
    for (text, expected) in [
        (
            "$GENERATE 1-2 h$ A 192.0.2.$",
            &["h1 300 A 192.0.2.1", "h2 300 A 192.0.2.2"][..],
        ),
        (
            "$generate 2-5/3 h${-2,2} 9 IN AAAA 2001:db8::${0,0,x}",
            &["h00 9 AAAA 2001:db8::2", "h03 9 AAAA 2001:db8::5"],
        ),
        (
            "$GENERATE 1-1 h$ IN 9 MX \"10 m$\"",
            &["h1 9 MX 10 m1.example.org."],
        ),
        (
            "$GENERATE 1-1 h$ MX 10 m$.example.net.",
            &["h1 300 MX 10 m1.example.net."],
        ),
        (
            "$GENERATE 1-1 h$ TXT \"a $\" \"b\\$ $$\"",
            &["h1 300 TXT \"a 1\" \"b$ $\""],
        ),
        (
            "$GENERATE 26-26 ${0,8,n}x PTR p",
            &["a.1.0.0.x 300 PTR p.example.org."],
        ),
        (
            "a TXT x\n$GENERATE 1-1 h$ TXT y\n TXT z",
            &["a 300 TXT \"x\"", "a 300 TXT \"z\"", "h1 300 TXT \"y\""],
        ),
    ] {
        let loaded = parse(&format!("{HEAD}{text}"));
        assert!(
            loaded.report.is_ok(),
            "{text}: {}",
            loaded.report.render(false)
        );
        let mut shown = show(&loaded.records.unwrap());
        shown.retain(|record| expected.contains(&record.as_str()));
        assert_eq!(shown, expected, "{text}");
    }
}

#[test]
fn every_mistake_of_a_file_is_reported_once() {
    check(
        "a A x\nb FOO\n AAAA y\nc..d A 192.0.2.1\n A 192.0.2.2\n TXT \"\n$BAR\nd CH A 192.0.2.1",
        &[],
        &[
            "5:5: A at \"a.example.org.\": expected an IPv4 address such as 192.0.2.1",
            "6:3: \"FOO\" is not a record type",
            "7:7: AAAA at \"b.example.org.\": expected an IPv6 address such as 2001:db8::1",
            "8:1: owner \"c..d\": empty label (two dots in a row, or a dot at the front)",
            "10:6: quote that is not closed on its line",
            "11:1: \"$BAR\" is not a directive",
            "12:3: class CH, expected IN",
        ],
    );
}

#[test]
fn what_may_stand_in_a_line_left_out_is_not_missed() {
    // The SOA cannot be read, but it is there; so is the address.
    let loaded = parse("$TTL 300\n@ SOA ns1 h 1 2 3 4\n@ NS ns1\nns1 A 192.0.2.256\n");
    assert_eq!(loaded.report.errors(), 2, "{}", loaded.report.render(false));
    assert_eq!(loaded.report.warnings(), 0);
}

#[test]
fn what_cannot_stand_in_a_line_left_out_is_missed() {
    let zone = format!(
        "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n@ NS ns2\n@ MX 1 nomail\nsub NS ns.sub\n\
         x DS 1 13 2 {}\nns A 192.0.2.1\n",
        "00".repeat(32)
    );
    for (line, expected) in [
        ("", (1, 3)),
        ("www A 192.0.2.x", (2, 3)),
        ("nomail A 192.0.2.x", (2, 2)),
        ("nomail TXT \\300", (2, 3)),
        ("*.sub A 192.0.2.x", (2, 2)),
        ("x NS a..b", (2, 2)),
        ("nomail FOO 1", (2, 2)),
        ("a..b A 192.0.2.1", (1, 0)),
    ] {
        let report = parse(&format!("{zone}{line}\n")).report;
        assert_eq!((report.errors(), report.warnings()), expected, "{line}");
    }
}

#[test]
fn names_below_an_origin_above_the_apex_are_in_the_zone() {
    check(
        "$ORIGIN org.\nwww.example A 192.0.2.1\nexample MX 1 www.example\n$ORIGIN .\n\
         b.example.org A 192.0.2.2\n$GENERATE 1-2 h$.example.org A 192.0.2.$\n\
         x.example A 192.0.2.3",
        &[
            " 300 MX 1 www.example.org.",
            "b 300 A 192.0.2.2",
            "h1 300 A 192.0.2.1",
            "h2 300 A 192.0.2.2",
            "www 300 A 192.0.2.1",
        ],
        &["11:1: \"x.example.\" is outside the zone \"example.org.\"; its records are ignored"],
    );
}

#[test]
fn records_that_are_equal_become_one_with_one_ttl() {
    let text = "m 60 MX 10 a.example.net.\nm 90 MX 10 A.example.NET.\nm 90 MX 20 b.example.net.";
    check(
        text,
        &["m 60 MX 10 a.example.net.", "m 60 MX 20 b.example.net."],
        &[
            "6:3: TTL 90 of MX at \"m.example.org.\" differs from TTL 60 at line 5",
            "6:6: MX at \"m.example.org.\" repeats the record at line 5",
            "7:3: TTL 90 of MX at \"m.example.org.\" differs from TTL 60 at line 5",
        ],
    );
}

#[test]
fn columns_count_characters() {
    check(
        "ä TXT ö \"ü",
        &[],
        &["5:9: quote that is not closed on its line"],
    );
}
