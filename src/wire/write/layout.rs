//! Which types have names in their data that may be compressed.

use crate::types::Rtype;

/// Where the names are that may be compressed (RFC 3597 §4: only in types of RFC 1035).
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Bytes before the first name.
    pub(super) before: usize,
    /// How many names.
    pub(super) names: u8,
}

impl Layout {
    /// Of a type.
    #[inline]
    pub(super) fn of(rtype: Rtype) -> Self {
        match rtype {
            Rtype::NS
            | Rtype::CNAME
            | Rtype::PTR
            | Rtype::MB
            | Rtype::MG
            | Rtype::MR
            | Rtype::MD
            | Rtype::MF => Self {
                before: 0,
                names: 1,
            },
            Rtype::SOA | Rtype::MINFO => Self {
                before: 0,
                names: 2,
            },
            Rtype::MX => Self {
                before: 2,
                names: 1,
            },
            _ => Self {
                before: 0,
                names: 0,
            },
        }
    }
}

/// Whether the data of a type goes into answers as it is stored.
#[inline]
#[must_use]
pub fn is_copied(rtype: Rtype) -> bool {
    Layout::of(rtype).names == 0
}
