//! Any bytes as a journal of BIND, and as a raw zone file: no panic, and what comes of them can be
//! printed as a zone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::Name;
use zone::bind::{read_raw, roll_forward};
use zone::file::{parse_str, print};
use zone::records::Records;

fuzz_target!(|bytes: &[u8]| {
    let Ok(apex) = Name::from_text(b"a.", None) else {
        return;
    };
    if let Ok(records) = read_raw(&apex, bytes) {
        show(&records);
    }
    let zone = parse_str(b"@ 60 SOA . . 1 1 1 1 1\n@ 60 NS b.\n", "zone", &apex);
    let zone = zone.records.expect("a zone without mistakes");
    if let Ok(rolled) = roll_forward(&zone, bytes) {
        show(&rolled.records);
    }
});

fn show(records: &Records) {
    let mut text = String::new();
    print(records.apex().as_ref(), records.iter(), &mut text).expect("strings take all text");
    assert!(text.starts_with("$ORIGIN"));
}
