//! Which contributions a row is made of.

use super::Contributor;

/// One endpoint of a contribution, by where it stands in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    object: u32,
    /// The place, and in the highest bit whether it is here for its address.
    at: u32,
    source: u16,
}

const REVERSED: u32 = 1 << 31;

impl Part {
    pub(super) fn new(contributor: Contributor, at: u32) -> Self {
        Self {
            object: contributor.object,
            at: at & !REVERSED,
            source: contributor.source,
        }
    }

    /// The same, for the row of its address.
    pub(super) fn reversed(self) -> Self {
        Self {
            at: self.at | REVERSED,
            ..self
        }
    }

    pub(super) fn is_reversed(self) -> bool {
        self.at & REVERSED != 0
    }

    pub(super) fn contributor(self) -> Contributor {
        Contributor {
            source: self.source,
            object: self.object,
        }
    }

    pub(super) fn at(self) -> u32 {
        self.at & !REVERSED
    }
}

/// The parts of a row; most rows have one.
#[derive(Debug)]
pub(super) enum Parts {
    One(Part),
    Many(Vec<Part>),
}

impl Parts {
    pub(super) fn add(&mut self, part: Part) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, part]),
            Self::Many(parts) => parts.push(part),
        }
    }

    /// Takes a part away; false if there is none left.
    pub(super) fn remove(&mut self, part: Part) -> bool {
        match self {
            Self::One(only) => return *only != part,
            Self::Many(parts) => {
                if let Some(at) = parts.iter().position(|other| *other == part) {
                    parts.swap_remove(at);
                }
                match parts.as_slice() {
                    [] => return false,
                    [last] => *self = Self::One(*last),
                    _ => {}
                }
            }
        }
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Part> {
        let parts = match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(parts) => parts,
        };
        parts.iter().copied()
    }
}
