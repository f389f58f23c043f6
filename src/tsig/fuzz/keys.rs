//! Files of keys.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tsig::{Key, Keys};

fuzz_target!(|text: &str| {
    match Keys::from_text(text) {
        Ok(keys) => {
            let printed: String = keys.iter().map(|key| key.to_text()).collect();
            let again = Keys::from_text(&printed).expect("what is printed can be read");
            assert_eq!(again.len(), keys.len());
            let twice: String = again.iter().map(|key| key.to_text()).collect();
            assert_eq!(printed, twice);
        }
        Err(error) => {
            let line = text.split('\n').nth(error.line - 1).expect("a line of the text");
            assert!((1..=line.chars().count() + 1).contains(&error.column));
        }
    }
    if let Ok(key) = Key::from_short(text) {
        assert_eq!(Keys::from_text(&key.to_text()).expect("a key").len(), 1);
    }
});
