//! Where the bytes of pages and of the index live.
//!
//! Small pieces have an allocation each. A large zone that is made at once gets its room in slabs
//! of many MiB, for which the kernel is asked for huge pages: a lookup reads a few random places,
//! and with small pages each of them would cost a walk of the page tables besides. What changes
//! later moves out, piece by piece; a slab goes when nothing of it is in use any more.

use std::sync::Arc;

use memmap2::{Advice, MmapMut};

/// From this size on a zone gets slabs.
const LARGE: usize = if cfg!(test) { 4 << 10 } else { 4 << 20 };
/// The most bytes of a slab: versions that share little with the first one free it in steps.
const SLAB_MAX: usize = 64 << 20;
/// The least bytes of a slab that is made because the room was reckoned too small.
const SLAB_MIN: usize = 2 << 20;
/// Pieces begin at multiples of a word of the index.
const ALIGN: usize = 8;

/// Bytes that versions share.
#[derive(Clone, Debug)]
pub(crate) enum Shared {
    /// An allocation of their own.
    Own(Arc<[u8]>),
    /// A part of a slab.
    Part {
        slab: Arc<MmapMut>,
        at: u32,
        len: u32,
    },
}

impl Shared {
    /// The bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Part { slab, at, len } => slab
                .get(*at as usize..)
                .and_then(|rest| rest.get(..*len as usize))
                .unwrap_or_default(),
        }
    }

    /// The bytes, to change; what other versions see stays as it is.
    pub(crate) fn make_mut(&mut self) -> &mut [u8] {
        if let Self::Part { .. } = self {
            *self = Self::from(self.bytes());
        }
        match self {
            Self::Own(bytes) => Arc::make_mut(bytes),
            Self::Part { .. } => &mut [],
        }
    }
}

impl From<&[u8]> for Shared {
    fn from(bytes: &[u8]) -> Self {
        Self::Own(Arc::from(bytes))
    }
}

/// Room that is being filled.
#[derive(Debug)]
pub(crate) struct Supply {
    /// How many bytes are still to come, as far as is known; none for a small zone.
    left: usize,
    large: bool,
    slabs: Vec<MmapMut>,
    /// How much of the last slab is taken.
    used: usize,
}

/// A piece of a supply.
#[derive(Debug)]
pub(crate) enum Piece {
    Own(Vec<u8>),
    Part { slab: usize, at: usize, len: usize },
}

impl Supply {
    /// A supply for pieces of about so many bytes in all.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: bytes,
            large: bytes >= LARGE,
            slabs: Vec::new(),
            used: 0,
        }
    }

    /// A piece of zeros.
    pub(crate) fn take(&mut self, len: usize) -> Piece {
        if !self.large || !self.has_room(len) {
            return Piece::Own(vec![0; len]);
        }
        let piece = Piece::Part {
            slab: self.slabs.len() - 1,
            at: self.used,
            len,
        };
        self.used += len.next_multiple_of(ALIGN);
        self.left = self.left.saturating_sub(len);
        piece
    }

    /// The bytes of a piece.
    pub(crate) fn bytes_mut<'a>(&'a mut self, piece: &'a mut Piece) -> &'a mut [u8] {
        match piece {
            Piece::Own(bytes) => bytes,
            Piece::Part { slab, at, len } => self
                .slabs
                .get_mut(*slab)
                .and_then(|slab| slab.get_mut(*at..*at + *len))
                .unwrap_or_default(),
        }
    }

    /// Whether the last slab has room for so many bytes; if not, a new one is made.
    fn has_room(&mut self, len: usize) -> bool {
        if self
            .slabs
            .last()
            .is_some_and(|slab| self.used + len <= slab.len())
        {
            return true;
        }
        let size = self.left.clamp(SLAB_MIN, SLAB_MAX).max(len);
        // Without memory for a slab each piece is allocated, which fails as any allocation does.
        let Ok(slab) = MmapMut::map_anon(size) else {
            return false;
        };
        // Kernels without huge pages refuse: then the pages are small.
        slab.advise(Advice::HugePage).unwrap_or_default();
        self.slabs.push(slab);
        self.used = 0;
        true
    }

    /// Lets the pieces be shared: nothing changes any more.
    pub(crate) fn finish(self) -> Finished {
        Finished(self.slabs.into_iter().map(Arc::new).collect())
    }
}

/// Room that is filled.
#[derive(Debug)]
pub(crate) struct Finished(Vec<Arc<MmapMut>>);

impl Finished {
    /// A piece, to be shared.
    pub(crate) fn share(&self, piece: Piece) -> Shared {
        let (slab, at, len) = match piece {
            Piece::Own(bytes) => return Shared::from(&*bytes),
            Piece::Part { slab, at, len } => (slab, at, len),
        };
        // Slabs are far smaller than 4 GiB, unless one piece is larger than a slab should be.
        match (self.0.get(slab), u32::try_from(at), u32::try_from(len)) {
            (Some(slab), Ok(at), Ok(len)) => Shared::Part {
                slab: Arc::clone(slab),
                at,
                len,
            },
            _ => Shared::Own(Arc::from(Vec::new())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_what_was_written_and_change_by_themselves() {
        for expected in [0, LARGE, 3 * SLAB_MIN] {
            let mut supply = Supply::new(expected);
            let mut pieces = Vec::new();
            for number in 0..200_u8 {
                let mut piece = supply.take(1000 + 37 * usize::from(number));
                assert!(supply.bytes_mut(&mut piece).iter().all(|byte| *byte == 0));
                supply.bytes_mut(&mut piece).fill(number);
                pieces.push(piece);
            }
            let room = supply.finish();
            let mut shared: Vec<Shared> =
                pieces.into_iter().map(|piece| room.share(piece)).collect();
            let before = shared.clone();
            shared[7].make_mut().fill(77);
            for (number, (now, then)) in shared.iter().zip(&before).enumerate() {
                let number = u8::try_from(number).unwrap();
                let len = 1000 + 37 * usize::from(number);
                assert_eq!(then.bytes(), vec![number; len]);
                assert_eq!(now.bytes()[0], if number == 7 { 77 } else { number });
            }
            let parts = shared
                .iter()
                .filter(|one| matches!(one, Shared::Part { .. }));
            assert_eq!(parts.count(), if expected == 0 { 0 } else { 199 });
        }
    }
}
