//! Files that are no zone files, or far too much of one.

use super::super::{load, parse_str, parse_with};
use super::{HEAD, origin, parse, say};
use crate::check::Care;

#[test]
fn a_file_of_nothing_but_mistakes_is_counted_and_cut_off() {
    let text = "a A x\n".repeat(10_000);
    let loaded = parse(&text);
    assert_eq!(loaded.report.errors(), 10_000);
    assert_eq!(loaded.report.diagnostics().len(), 50);
    let shown = loaded.report.render(false);
    let end = "… and 9950 more errors; zonewright check shows them all\n";
    assert!(shown.ends_with(end), "{shown}");
}

#[test]
fn whoever_checks_is_told_of_every_mistake() {
    let text = "a A x\n".repeat(300) + &"a_b A 192.0.2.1\n".repeat(300);
    let loaded = parse_with(text.as_bytes(), "test", &origin(), &Care::to_check(None));
    let shown = loaded.report.render(false);
    assert_eq!(shown.matches("error: A at").count(), 300);
    assert!(shown.matches("warning: A at").count() >= 299, "{shown}");
    assert!(!shown.contains('…'), "{shown}");
}

#[test]
fn warnings_of_the_checks_are_cut_off_too() {
    let mut text = HEAD.to_owned();
    for n in 0..1000 {
        text.push_str(&format!("a_{n} A 192.0.2.1\n"));
    }
    let loaded = parse(&text);
    assert_eq!(loaded.report.warnings(), 1000);
    assert_eq!(loaded.report.diagnostics().len(), 50);
    assert_eq!(loaded.records.unwrap().len(), 1003);
}

#[test]
fn bytes_of_any_kind_are_reported_and_not_printed() {
    let bytes: Vec<u8> = (0..50_000_u32)
        .map(|n| ((n * n) >> 3).to_le_bytes()[0])
        .collect();
    let loaded = parse_str(&bytes, "test", &origin());
    assert!(!loaded.report.is_ok());
    let shown = loaded.report.render(false);
    assert!(
        shown
            .chars()
            .all(|c| c == '\n' || c == '\t' || !c.is_control()),
        "{shown}"
    );
}

#[test]
fn long_lines_are_named_by_place() {
    let long = format!("{HEAD}a TXT {}\nb A x\n", "\"abc\" ".repeat(300_000));
    assert_eq!(
        say(&parse(&long)),
        [
            "5:1: record of more than 1048576 bytes",
            "6:5: A at \"b.example.org.\": expected an IPv4 address such as 192.0.2.1",
        ]
    );
    let wide = format!("{HEAD}a TXT {} x\"y\n", "abc ".repeat(10_000));
    assert!(parse(&wide).report.render(false).contains("test:5:40009"));
    let open = format!("{HEAD}{}", "a TXT (\n".repeat(500));
    assert_eq!(parse(&open).report.errors(), 500);
}

#[test]
fn devices_and_folders_are_no_zone_files() {
    for (path, said) in [
        (
            "/dev/zero",
            "/dev/zero: zone file cannot be read: it is a device or a pipe, not a file",
        ),
        (
            "/",
            "/: zone file cannot be read: it is a folder, not a file",
        ),
    ] {
        let loaded = load(path.as_ref(), &origin());
        assert_eq!(loaded.report.diagnostics()[0].to_string(), said);
    }
}

#[test]
fn generate_has_a_limit_for_the_whole_zone() {
    let text =
        format!("{HEAD}$GENERATE 1-1000000 a$ A 192.0.2.1\n$GENERATE 1-100000 b$ A 192.0.2.1\n");
    let said = "6:11: $GENERATE makes more than 1048576 records in this zone";
    assert_eq!(say(&parse(&text)), [said]);
}
