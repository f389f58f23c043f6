use super::*;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

#[test]
fn names_compare_without_case_and_order_from_the_right() {
    // The list of RFC 4034 §6.1.
    let sorted = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    ];
    let names: Vec<Name> = sorted.iter().map(|text| name(text)).collect();
    let mut shuffled = names.clone();
    shuffled.reverse();
    shuffled.sort();
    assert_eq!(shuffled, names);
    assert_eq!(name("A.Example."), name("a.eXAMPLE."));
}

#[test]
fn at_or_below_respects_label_borders() {
    let apex = name("example.org.");
    for (text, expected) in [
        ("example.org.", true),
        ("www.EXAMPLE.org.", true),
        ("notexample.org.", false),
        ("org.", false),
        (".", false),
        ("example.org.uk.", false),
    ] {
        assert_eq!(
            name(text).as_ref().is_at_or_below(apex.as_ref()),
            expected,
            "{text}"
        );
    }
    assert!(apex.as_ref().is_at_or_below(NameRef::ROOT));
}

#[test]
fn pointers_lead_strictly_backwards() {
    // "org" at 0, "www" + pointer to 0 at 5.
    let message = b"\x03org\x00\x03www\xC0\x00rest";
    let (read, end) = Name::read(message, 5).unwrap();
    assert_eq!((read.to_string().as_str(), end), ("www.org.", 11));
    for looping in [&b"\xC0\x00"[..], b"\xC0\x02\xC0\x00", b"\x01a\xC0\x00"] {
        let error = Name::read(looping, 0).unwrap_err();
        assert_eq!(error.kind, WireErrorKind::Pointer);
    }
    assert_eq!(
        Name::read(b"\x03ww", 0).unwrap_err().kind,
        WireErrorKind::Short
    );
    assert_eq!(
        Name::read(b"\x40w", 0).unwrap_err().kind,
        WireErrorKind::LabelType
    );
}

#[test]
fn no_name_is_longer_than_255_bytes() {
    let mut longest = Vec::new();
    for _ in 0..127 {
        longest.extend_from_slice(b"\x01a");
    }
    longest.push(0);
    assert_eq!(NameRef::read(&longest).unwrap().label_count(), 127);
    assert_eq!(Name::read(&longest, 0).unwrap().0.as_bytes().len(), 255);
    let mut over = b"\x01b".to_vec();
    over.extend_from_slice(&longest);
    assert_eq!(
        NameRef::read(&over).unwrap_err().kind,
        WireErrorKind::NameLength
    );
    assert_eq!(
        Name::read(&over, 0).unwrap_err().kind,
        WireErrorKind::NameLength
    );
    assert_eq!(Name::from_wire(&longest).unwrap().child(b"x"), None);
}

#[test]
fn labels_walk_to_the_root() {
    let www = name("www.example.org.");
    let labels: Vec<&[u8]> = www.as_ref().labels().collect();
    assert_eq!(labels, [&b"www"[..], b"example", b"org"]);
    assert_eq!(www.as_ref().label_starts().as_slice(), [0, 4, 12]);
    assert_eq!(www.as_ref().skip_labels(2).unwrap(), name("org.").as_ref());
    assert_eq!(www.as_ref().skip_labels(4), None);
    assert_eq!(name("org.").child(b"example"), Some(name("example.org.")));
}
