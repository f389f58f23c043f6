//! Names: the input as text, and as two places of a message.

#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use wire::{Name, NameRef};

fuzz_target!(|input: &[u8]| {
    let text = Name::from_text(input, Some(NameRef::ROOT)).ok();
    let plain = NameRef::read(input).ok().map(NameRef::to_name);
    let (first, second) = (input.first(), input.get(1));
    let at = |byte: Option<&u8>| Name::read(input, usize::from(*byte?)).ok();
    let names: Vec<Name> = [
        text,
        plain,
        at(first).map(|(name, _)| name),
        at(second).map(|(name, _)| name),
    ]
    .into_iter()
    .flatten()
    .collect();
    for name in &names {
        assert_eq!(
            Name::from_wire(name.as_bytes())
                .as_ref()
                .map(Name::as_bytes),
            Ok(name.as_bytes())
        );
        let printed = name.to_string();
        let back = Name::from_text(printed.as_bytes(), None);
        assert_eq!(
            back.as_ref().map(Name::as_bytes),
            Ok(name.as_bytes()),
            "{printed}"
        );
        assert_eq!(name.as_ref().labels().count(), name.as_ref().label_count());
        assert!(name.as_ref().is_at_or_below(NameRef::ROOT));
        for other in &names {
            let order = name.cmp(other);
            assert_eq!(order == Ordering::Equal, name == other);
            assert_eq!(order.reverse(), other.cmp(name));
        }
    }
});
