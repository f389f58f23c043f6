//! What Cloud Map takes, as data.

use wire::Rtype;

use crate::record::quirks::{NameRefusal, Names, Quirks, TtlRule};

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    ttl: TtlRule::from(0, Some(300)),
    types: &[Rtype::A, Rtype::AAAA, Rtype::CNAME],
    // Nothing at all is taken there.
    apex_cname: true,
    wildcard: false,
    names_refused: &[
        NameRefusal {
            what: "records of the zone's own name",
            is: str::is_empty,
        },
        NameRefusal {
            what: "a name above 127 bytes within the zone",
            is: |name| name.len() > 127,
        },
        NameRefusal {
            what: "a label that is not of letters, digits, `_` and `-` within",
            is: |name| !name.split('.').all(is_label),
        },
    ],
    one_type: true,
    values: 1000,
    ..Quirks::NONE
};

/// Whether a part of a name is one that services can have.
fn is_label(label: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match label.as_bytes() {
        [] => true,
        [one] => one.is_ascii_alphanumeric(),
        [first, within @ .., last] => {
            let within = within.iter().all(|byte| is_word(*byte) || *byte == b'-');
            is_word(*first) && is_word(*last) && within
        }
    }
}
