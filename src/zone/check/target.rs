//! What a name in the zone leads to: an address, an alias, another zone, or nothing.

use std::cmp::Ordering;
use std::collections::HashMap;

use wire::{Name, NameRef, Rtype};

use crate::records::{Record, Records};

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An address.
    Address,
    /// A CNAME.
    Alias,
    /// It is below a DNAME, whose position this is.
    Below(usize),
    /// It is delegated: the data is in another zone.
    Delegated,
    /// It exists without an address, or does not exist.
    Nothing,
    /// It is in another zone.
    Outside,
}

/// Looks names up in sorted records.
#[derive(Debug)]
pub(super) struct Targets<'r> {
    records: &'r Records,
    /// What names lead to that were asked for lately, in lower case.
    known: HashMap<Name, Target>,
}

/// The names remembered; zones name few hosts again and again, or very many once.
const MAX_KNOWN: usize = 1024;

impl<'r> Targets<'r> {
    pub(super) fn new(records: &'r Records) -> Self {
        Self {
            records,
            known: HashMap::new(),
        }
    }

    /// What a name leads to. `near` is a position where to begin to look.
    pub(super) fn find(&mut self, name: NameRef<'_>, near: usize) -> Target {
        if !name.is_at_or_below(self.records.apex().as_ref()) {
            return Target::Outside;
        }
        let key = name.to_lowercase();
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let target = self.look(name, near);
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, target);
        target
    }

    /// Whether the zone has an address at just this name, be it glue or not.
    pub(super) fn has_address(&self, name: NameRef<'_>, near: usize) -> bool {
        let at = self.position(name, near);
        self.at_name(name, at)
            .any(|record| matches!(record.rtype, Rtype::A | Rtype::AAAA))
    }

    fn look(&self, name: NameRef<'_>, near: usize) -> Target {
        let apex = self.records.apex().as_ref();
        let depth = name.label_count() - apex.label_count();
        // From the apex down to the parent of the name.
        for skip in (1..=depth).rev() {
            let Some(above) = name.skip_labels(skip) else {
                continue;
            };
            let at = self.position(above, if skip == depth { 0 } else { near });
            for (offset, record) in self.at_name(above, at).enumerate() {
                match record.rtype {
                    Rtype::DNAME => return Target::Below(at + offset),
                    Rtype::NS if skip < depth => return Target::Delegated,
                    _ => {}
                }
            }
        }
        let at = self.position(name, near);
        let mut exists = false;
        let mut target = Target::Nothing;
        for record in self.at_name(name, at) {
            exists = true;
            match record.rtype {
                Rtype::NS if depth > 0 => return Target::Delegated,
                Rtype::A | Rtype::AAAA => target = Target::Address,
                Rtype::CNAME => target = Target::Alias,
                _ => {}
            }
        }
        if exists || self.is_above_next(name, at) {
            return target;
        }
        self.by_wildcard(name, near)
    }

    /// RFC 4592 §3.3.1: only the wildcard below the closest name that exists counts.
    fn by_wildcard(&self, name: NameRef<'_>, near: usize) -> Target {
        let mut above = name;
        while let Some(parent) = above.parent() {
            above = parent;
            let at = self.position(above, near);
            if self.at_name(above, at).next().is_none() && !self.is_above_next(above, at) {
                continue;
            }
            let Some(wildcard) = above.to_name().child(b"*") else {
                return Target::Nothing;
            };
            let at = self.position(wildcard.as_ref(), near);
            let mut target = Target::Nothing;
            for record in self.at_name(wildcard.as_ref(), at) {
                match record.rtype {
                    Rtype::A | Rtype::AAAA => target = Target::Address,
                    Rtype::CNAME => target = Target::Alias,
                    _ => {}
                }
            }
            return target;
        }
        Target::Nothing
    }

    fn is_above_next(&self, name: NameRef<'_>, at: usize) -> bool {
        self.records
            .get(at)
            .is_some_and(|next| next.owner.is_at_or_below(name))
    }

    fn at_name<'s>(
        &'s self,
        name: NameRef<'s>,
        at: usize,
    ) -> impl Iterator<Item = Record<'r>> + use<'s, 'r> {
        (at..).map_while(move |at| self.records.get(at).filter(|record| record.owner == name))
    }

    /// The first position whose owner is not before the name, searched outwards from `near`.
    fn position(&self, name: NameRef<'_>, near: usize) -> usize {
        let is_before = |at: usize| {
            let owner = self.records.get(at).map(|record| record.owner);
            owner.is_some_and(|owner| owner.cmp(&name) == Ordering::Less)
        };
        let len = self.records.len();
        let near = near.min(len);
        let (mut low, mut high);
        let mut step = 1;
        if near < len && is_before(near) {
            low = near + 1;
            high = low;
            while high < len && is_before(high) {
                low = high + 1;
                high = high.saturating_add(step).min(len);
                step *= 2;
            }
        } else {
            high = near;
            low = near;
            while low > 0 && !is_before(low - 1) {
                high = low - 1;
                low = low.saturating_sub(step);
                step *= 2;
            }
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
