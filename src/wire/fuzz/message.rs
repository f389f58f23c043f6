//! Messages: header, question, then every record with its data.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::message::{Header, Question, RawRecord, Trailer};
use wire::{Name, rdata};

fuzz_target!(|message: &[u8]| {
    let Some(header) = Header::read(message) else {
        return;
    };
    let Ok(question) = Question::read(message) else {
        return;
    };
    let mut at = question.end();
    // What the server reads of a query must not be wider than what is there.
    if let Ok(Trailer {
        tsig: Some(tsig), ..
    }) = Trailer::read(message, header, at)
    {
        assert!(tsig < message.len());
    }
    while at < message.len() {
        let Ok(record) = RawRecord::read(message, at) else {
            return;
        };
        assert!(record.end > at && record.end <= message.len());
        if let Ok((owner, end)) = Name::read(message, at) {
            assert!(end <= record.end && owner.as_bytes().len() <= 255);
        }
        let len = record.rdata.len();
        let mut data = Vec::new();
        match rdata::read(record.rtype, message, record.end - len, len, &mut data) {
            Ok(()) => {
                assert_eq!(rdata::check(record.rtype, &data), Ok(()));
                let mut text = String::new();
                rdata::print(record.rtype, &data, &mut text).expect("a string takes all");
            }
            Err(_) => assert!(data.is_empty()),
        }
        at = record.end;
    }
});
