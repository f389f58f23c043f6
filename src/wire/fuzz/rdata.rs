//! Record data: the first byte says whether bytes or words follow, the next two are the type.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Rtype, rdata};

mod words;

fuzz_target!(|input: &[u8]| {
    let [form, high, low, rest @ ..] = input else {
        return;
    };
    let rtype = Rtype(u16::from_be_bytes([*high, *low]));
    if form % 2 == 0 {
        bytes(rtype, rest);
    } else {
        let mut data = Vec::new();
        if rdata::parse(rtype, &words::words(rest), None, &mut data).is_ok() {
            bytes(rtype, &data);
            assert_eq!(rdata::check(rtype, &data), Ok(()));
        } else {
            assert!(data.is_empty());
        }
    }
});

fn bytes(rtype: Rtype, data: &[u8]) {
    let mut text = String::new();
    rdata::print(rtype, data, &mut text).expect("a string takes all");
    let mut lower = data.to_vec();
    rdata::canonical(rtype, &mut lower);
    assert!(lower.eq_ignore_ascii_case(data));
    let mut end = 0;
    for name in rdata::names(rtype, data) {
        assert!(usize::from(name.at) >= end);
        assert_eq!(name.bytes(data).len(), usize::from(name.len));
        end = usize::from(name.at + name.len);
    }
    let mut read = Vec::new();
    let result = rdata::read(rtype, data, 0, data.len(), &mut read);
    if rdata::check(rtype, data).is_err() {
        assert!(text.starts_with("\\# "));
        return;
    }
    assert_eq!((result, read.as_slice()), (Ok(()), data));
    let mut back = Vec::new();
    let result = rdata::parse(rtype, &words::words(text.as_bytes()), None, &mut back);
    assert_eq!((result, back.as_slice()), (Ok(()), data), "{rtype} {text}");
}
