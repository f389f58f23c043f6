//! Any bytes as a zone file: no panic, a report that can be shown, and what is printed of a zone
//! that loads reads and prints the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::Name;
use zone::file::{parse_str, print};

fuzz_target!(|text: &[u8]| {
    let Ok(origin) = Name::from_text(b"example.org.", None) else {
        return;
    };
    let loaded = parse_str(text, "input", &origin);
    let shown = loaded.report.render(false);
    assert_eq!(
        shown.is_empty(),
        loaded.report.errors() + loaded.report.warnings() == 0
    );
    let Some(records) = loaded.records else {
        return;
    };
    let mut printed = String::new();
    print(origin.as_ref(), records.iter(), &mut printed).expect("strings take all text");
    let again = parse_str(printed.as_bytes(), "printed", &origin);
    let report = again.report.render(false);
    let again = again
        .records
        .unwrap_or_else(|| panic!("{printed}\n{report}"));
    let mut printed_again = String::new();
    print(origin.as_ref(), again.iter(), &mut printed_again).expect("strings take all text");
    assert_eq!(printed, printed_again);
});
