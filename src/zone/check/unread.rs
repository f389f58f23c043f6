//! Lines that could not be read: what they may have held is not missed.

use wire::{Name, NameRef, Rtype};

/// What a zone may hold besides its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Owners of lines, and their types as far as these could be read.
    lines: Vec<(Name, Option<Rtype>)>,
    /// Whether there are lines that may have held anything.
    anything: bool,
}

impl Unread {
    /// A line of this owner was left out.
    pub fn add(&mut self, owner: NameRef<'_>, rtype: Option<Rtype>) {
        if self.lines.len() == MAX_LINES {
            self.anything = true;
        } else {
            self.lines.push((owner.to_name(), rtype));
        }
    }

    /// A line that may have held anything was left out.
    pub fn add_anything(&mut self) {
        self.anything = true;
    }

    /// Whether nothing was left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.anything && self.lines.is_empty()
    }

    /// Whether there may be a record of this type at a name.
    pub(super) fn may_hold(&self, name: NameRef<'_>, rtype: Rtype) -> bool {
        let may = |(owner, of): &(Name, Option<Rtype>)| {
            owner.as_ref() == name && of.is_none_or(|of| of == rtype)
        };
        self.anything || self.lines.iter().any(may)
    }

    /// Whether there may be a record of this type anywhere.
    pub(super) fn may_hold_any(&self, rtype: Rtype) -> bool {
        let may = |(_, of): &(Name, Option<Rtype>)| of.is_none_or(|of| of == rtype);
        self.anything || self.lines.iter().any(may)
    }

    /// Whether a name may have an address: by itself, by a wildcard, or elsewhere.
    pub(super) fn may_have_address(&self, name: NameRef<'_>) -> bool {
        let may = |(owner, of): &(Name, Option<Rtype>)| {
            let owner = owner.as_ref();
            let is_near = owner == name
                || owner.is_wildcard()
                    && owner
                        .parent()
                        .is_some_and(|parent| name.is_at_or_below(parent));
            is_near && of.is_none_or(|of| matches!(of, Rtype::A | Rtype::AAAA | Rtype::CNAME))
                || name.is_at_or_below(owner)
                    && of.is_none_or(|of| matches!(of, Rtype::NS | Rtype::DNAME))
        };
        self.anything || self.lines.iter().any(may)
    }
}

/// A file with more mistakes than that is not worth a closer look.
const MAX_LINES: usize = 256;
