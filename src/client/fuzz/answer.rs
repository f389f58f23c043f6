//! Any bytes as the answer to a question.

#![no_main]

use client::{Answer, compose};
use libfuzzer_sys::fuzz_target;
use wire::{Name, Rtype};

fuzz_target!(|input: &[u8]| {
    let name = Name::from_text(b"example.org.", None).expect("a name");
    let request = compose::query(0x1234, name.as_ref(), Rtype::SOA);
    let Ok(answer) = Answer::of(&request, input.to_vec()) else {
        return;
    };
    assert_eq!(answer.as_bytes(), input);
    let mut broken = false;
    for item in answer.records() {
        assert!(!broken, "nothing follows a fault");
        match item {
            Ok((_, record)) => {
                wire::rdata::check(record.rtype, &record.rdata).expect("data that was checked");
            }
            Err(_) => broken = true,
        }
    }
    let found = answer.rrset(name.as_ref(), Rtype::SOA);
    assert!(found.is_ok() || broken);
});
