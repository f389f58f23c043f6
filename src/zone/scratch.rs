//! Growing room for bytes that are many for a short while: the text of a zone file, its records.
//!
//! Small ones are a plain vector. From some MiB on the room is mapped by itself, and the kernel is
//! asked for huge pages: with small ones, a third of the time to load a large zone would go into
//! page faults. It is given back as soon as it is dropped, whatever the allocator keeps.

use std::io;
use std::ops::{Deref, DerefMut};

use memmap2::{Advice, MmapMut};

/// From this size on the room is mapped.
const LARGE: usize = if cfg!(test) { 4 << 10 } else { 4 << 20 };

/// Bytes that grow at their end.
#[derive(Debug)]
pub(crate) enum Scratch {
    /// In the heap.
    Small(Vec<u8>),
    /// In a mapping, whose first bytes are taken.
    Large { room: MmapMut, len: usize },
}

impl Default for Scratch {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl From<Vec<u8>> for Scratch {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Small(bytes)
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.reserve(self.len());
        copy.extend(self);
        copy
    }
}

impl Deref for Scratch {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large { room, len } => room.get(..*len).unwrap_or_default(),
        }
    }
}

impl DerefMut for Scratch {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large { room, len } => room.get_mut(..*len).unwrap_or_default(),
        }
    }
}

impl Scratch {
    /// Makes room for so many more bytes.
    pub(crate) fn reserve(&mut self, more: usize) {
        let needed = self.len().saturating_add(more);
        if needed > self.capacity() {
            self.grow(needed);
        }
    }

    /// Adds bytes.
    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.add(bytes.len()).copy_from_slice(bytes);
    }

    /// Adds so many bytes, which are to be written.
    #[inline]
    pub(crate) fn add(&mut self, count: usize) -> &mut [u8] {
        if self.capacity() - self.len() < count {
            self.grow_for(count);
        }
        match self {
            Self::Small(bytes) => {
                let from = bytes.len();
                bytes.resize(from + count, 0);
                bytes.get_mut(from..).unwrap_or_default()
            }
            Self::Large { room, len } => {
                let from = *len;
                *len += count;
                room.get_mut(from..from + count).unwrap_or_default()
            }
        }
    }

    /// Cuts off what is behind so many bytes.
    pub(crate) fn truncate(&mut self, count: usize) {
        match self {
            Self::Small(bytes) => bytes.truncate(count),
            Self::Large { len, .. } => *len = count.min(*len),
        }
    }

    /// Adds all that can be read, up to a limit, in the room that is there and as much more as it
    /// takes.
    pub(crate) fn read(&mut self, from: &mut impl io::Read, limit: usize) -> io::Result<()> {
        while self.len() < limit {
            let begin = self.len();
            let count = match self.capacity() - begin {
                0 => READ,
                left => left,
            };
            let got = from.read(self.add(count));
            let more = *got.as_ref().unwrap_or(&0);
            self.truncate(begin + more);
            match got {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.truncate(limit);
        Ok(())
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Small(bytes) => bytes.capacity(),
            Self::Large { room, .. } => room.len(),
        }
    }

    #[cold]
    fn grow_for(&mut self, more: usize) {
        self.grow((self.len() + more).max(2 * self.capacity()));
    }

    fn grow(&mut self, size: usize) {
        // Without memory for a mapping the heap is asked, which fails as any allocation does.
        if size >= LARGE
            && let Ok(mut room) = MmapMut::map_anon(size)
        {
            // Kernels without huge pages refuse: then the pages are small.
            room.advise(Advice::HugePage).unwrap_or_default();
            let len = self.len();
            if let Some(place) = room.get_mut(..len) {
                place.copy_from_slice(self);
            }
            *self = Self::Large { room, len };
            return;
        }
        let mut bytes = Vec::with_capacity(size);
        bytes.extend_from_slice(self);
        *self = Self::Small(bytes);
    }
}

/// How many bytes more are read when all the room is taken.
const READ: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_rooms_behave_as_a_vector() {
        for reserved in [0, 10, LARGE, 3 * LARGE] {
            let mut scratch = Scratch::default();
            scratch.reserve(reserved);
            let mut model = Vec::new();
            for number in 0..500_u16 {
                let bytes = number.to_be_bytes().repeat(usize::from(number) % 40);
                scratch.extend(&bytes);
                model.extend_from_slice(&bytes);
                if number % 50 == 49 {
                    scratch.truncate(model.len() - 30);
                    model.truncate(model.len() - 30);
                }
            }
            scratch[3] = 99;
            model[3] = 99;
            assert_eq!(*scratch, *model);
            assert_eq!(*scratch.clone(), *model);
            let large = matches!(scratch, Scratch::Large { .. });
            assert_eq!(large, reserved.max(model.len()) >= LARGE);
        }
    }

    #[test]
    fn all_that_can_be_read_is_read_up_to_the_limit() {
        let text: Vec<u8> = (0..=250).cycle().take(3 * LARGE).collect();
        for reserved in [0, 100, LARGE, text.len(), text.len() + 1] {
            for limit in [usize::MAX, text.len(), 5000, 10] {
                let mut scratch = Scratch::default();
                scratch.reserve(reserved);
                scratch.read(&mut text.as_slice(), limit).unwrap();
                assert_eq!(*scratch, text[..limit.min(text.len())]);
            }
        }
    }
}
