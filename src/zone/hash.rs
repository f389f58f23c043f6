//! Keyed hashes of names, computed for all suffixes of a name in one pass from the right.
//!
//! The hash of `www.example.org.` is made from the hash of `example.org.` and one more label, so a
//! lookup knows the hash of each possible apex, delegation and wildcard for the price of one. The
//! key is drawn at start: who chooses names cannot choose collisions.

use wire::NameRef;
use wire::name::{MAX_LABEL_LEN, MAX_LABELS, MAX_LEN};

/// The secret behind all hashes of one store.
#[derive(Clone, Copy, Debug)]
pub struct HashKeys {
    basis: u64,
    mix: u64,
}

impl HashKeys {
    /// Keys from random bits.
    #[must_use]
    pub fn new(seed: [u64; 2]) -> Self {
        // An odd multiplier with many bits set mixes well whatever the seed is.
        Self {
            basis: seed[0],
            mix: (seed[1] ^ 0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    /// The hash of the root.
    #[must_use]
    pub fn root(self) -> u64 {
        self.basis
    }

    /// The hash of the name `label` under the name with the hash `parent`. The label must be in
    /// lower case.
    #[must_use]
    pub fn child(self, parent: u64, label: &[u8]) -> u64 {
        let mut hash = parent.wrapping_add(label.len() as u64);
        for chunk in label.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            hash = self.mix(hash, u64::from_le_bytes(word));
        }
        hash
    }

    /// The hash of a whole name, whatever its case.
    #[must_use]
    pub fn name(self, name: NameRef<'_>) -> u64 {
        let lower = name.to_lowercase();
        let starts = lower.as_ref().label_starts();
        starts
            .as_slice()
            .iter()
            .rev()
            .fold(self.root(), |parent, &start| {
                let start = usize::from(start);
                let length = usize::from(lower.as_bytes()[start]);
                self.child(parent, &lower.as_bytes()[start + 1..start + 1 + length])
            })
    }

    #[inline]
    fn mix(self, hash: u64, word: u64) -> u64 {
        let product = u128::from(hash ^ word) * u128::from(self.mix);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = product as u64 ^ (product >> 64) as u64;
        folded.rotate_left(23) ^ self.basis
    }
}

/// A name made ready for lookups: lower case, with the start and the hash of each suffix.
///
/// Holds its buffers, so that it can be set again and again without allocating.
#[derive(Clone, Debug)]
pub struct LookupName {
    /// The name in lower case, with room behind it to read words past its end.
    bytes: Bytes,
    len: u16,
    labels: u8,
    /// Where each label starts, from left to right.
    starts: [u8; MAX_LABELS + 1],
    /// The hash of the suffix of so many labels; the root's comes first.
    hashes: [u64; MAX_LABELS + 1],
}

impl Default for LookupName {
    fn default() -> Self {
        Self {
            bytes: [0; MAX_LEN + 9],
            len: 1,
            labels: 0,
            starts: [0; MAX_LABELS + 1],
            hashes: [0; MAX_LABELS + 1],
        }
    }
}

impl LookupName {
    /// How many bytes [`Self::read`] is given: more than a name has.
    pub const READ: usize = MAX_LEN + 1;

    /// A name made ready, for use away from the answer path.
    #[must_use]
    pub fn new(name: NameRef<'_>, keys: HashKeys) -> Self {
        let mut lookup = Self::default();
        lookup.set(name, keys);
        lookup
    }

    /// Takes another name.
    pub fn set(&mut self, name: NameRef<'_>, keys: HashKeys) {
        self.copy(name);
        self.make_hashes(0, keys.root(), keys);
    }

    /// Reads an uncompressed name at the start of `bytes`, as [`NameRef::read`] does, and takes it in
    /// the same pass; its hashes have to be made yet. Gives its length. What is read may go on behind
    /// where a message ends: whether the name does is the caller's to see.
    #[inline]
    pub fn read(&mut self, bytes: &[u8; Self::READ]) -> Option<usize> {
        // A place in the name is one byte, which is within all arrays here without a check.
        let (mut labels, mut at) = (0, 0_u8);
        loop {
            let length = bytes[usize::from(at)];
            if length == 0 {
                break;
            }
            if usize::from(length) > MAX_LABEL_LEN {
                return None;
            }
            self.starts[labels & MAX_LABELS] = at;
            labels += 1;
            at = at.checked_add(length + 1)?;
        }
        let len = usize::from(at) + 1;
        if len > MAX_LEN {
            return None;
        }
        let blocks = bytes.as_chunks::<BLOCK>().0.iter();
        let slots = self.bytes.as_chunks_mut::<BLOCK>().0;
        for (slot, block) in slots
            .iter_mut()
            .zip(blocks)
            .take(usize::from(at) / BLOCK + 1)
        {
            *slot = block.map(|byte| byte.to_ascii_lowercase());
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 255 and 127")]
        let (len, count) = (len as u16, labels as u8);
        (self.len, self.labels) = (len, count);
        Some(usize::from(len))
    }

    /// Takes the bytes and the labels of another name; its hashes have to be made yet.
    #[inline]
    pub fn copy(&mut self, name: NameRef<'_>) {
        self.copy_bytes(name.as_bytes());
        // A place in the name is one byte, which is within all arrays here without a check.
        let (mut labels, mut at) = (0, 0_u8);
        while self.bytes[usize::from(at)] != 0 && labels < MAX_LABELS {
            self.starts[labels] = at;
            labels += 1;
            at = at.wrapping_add(self.bytes[usize::from(at)]).wrapping_add(1);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 127")]
        let count = labels as u8;
        self.labels = count;
    }

    /// Makes the hashes of all suffixes of more labels than one whose hash is known. Those of fewer
    /// labels are not made, and must not be asked for.
    #[inline]
    pub(crate) fn make_hashes(&mut self, labels: usize, hash: u64, keys: HashKeys) {
        // Masks, since with them no place is out of its array.
        self.hashes[labels & MAX_LABELS] = hash;
        let mut hash = hash;
        for above in labels..self.labels() {
            let start = self.starts[(self.labels() - 1 - above) & MAX_LABELS];
            hash = hash_label(&self.bytes, hash, start, keys);
            self.hashes[(above + 1) & MAX_LABELS] = hash;
        }
    }

    /// Takes the bytes, in lower case.
    #[inline]
    fn copy_bytes(&mut self, name: &[u8]) {
        let name = name.get(..MAX_LEN).unwrap_or(name);
        let len = name.len();
        #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
        let short = len as u16;
        self.len = short;
        // Blocks that may overlap do without a loop over the bytes of the last one.
        if let (Some(slot), Some(last)) = (
            self.bytes.get_mut(len.wrapping_sub(BLOCK)..len),
            name.last_chunk::<BLOCK>(),
        ) {
            slot.copy_from_slice(&last.map(|byte| byte.to_ascii_lowercase()));
            let blocks = name.as_chunks::<BLOCK>().0.iter();
            for (slot, block) in self.bytes.as_chunks_mut().0.iter_mut().zip(blocks) {
                *slot = block.map(|byte| byte.to_ascii_lowercase());
            }
        } else {
            let (words, rest) = name.as_chunks::<8>();
            let first = words.first().map(|word| u64::from_le_bytes(*word));
            let last = short_word(rest);
            let words = match first {
                Some(first) => [first, last],
                None => [last, 0],
            };
            for (slot, word) in self.bytes.as_chunks_mut().0.iter_mut().zip(words) {
                *slot = word.to_le_bytes().map(|byte| byte.to_ascii_lowercase());
            }
        }
    }

    /// The whole name, in lower case.
    #[must_use]
    pub fn name(&self) -> NameRef<'_> {
        NameRef::from_checked(&self.bytes[..usize::from(self.len)])
    }

    /// How many labels, without the root.
    #[inline]
    #[must_use]
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// How many bytes, root label included.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a name is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The hash of the suffix of `labels` labels.
    #[inline]
    #[must_use]
    pub fn hash(&self, labels: usize) -> u64 {
        self.hashes[labels]
    }

    /// Where the suffix of `labels` labels starts.
    #[inline]
    #[must_use]
    pub fn start(&self, labels: usize) -> usize {
        if labels == 0 {
            self.len() - 1
        } else {
            usize::from(self.starts[self.labels() - labels])
        }
    }

    /// The suffix of `labels` labels, in lower case.
    #[inline]
    #[must_use]
    pub fn suffix(&self, labels: usize) -> &[u8] {
        self.bytes
            .get(self.start(labels)..self.len())
            .unwrap_or_default()
    }

    /// The suffix of `labels` labels without its last `apex_len` bytes: an owner as pages hold it.
    #[inline]
    #[must_use]
    pub fn relative(&self, labels: usize, apex_len: usize) -> &[u8] {
        let end = self.len().saturating_sub(apex_len);
        self.bytes.get(self.start(labels)..end).unwrap_or_default()
    }
}

/// As [`HashKeys::child`] of the label that starts at a place, reading whole words past its end.
#[inline]
fn hash_label(bytes: &Bytes, parent: u64, start: u8, keys: HashKeys) -> u64 {
    let mut left = bytes[usize::from(start)];
    let mut at = start.wrapping_add(1);
    let mut hash = parent.wrapping_add(u64::from(left));
    while left > 8 {
        hash = keys.mix(hash, word_at(bytes, at));
        (left, at) = (left - 8, at.wrapping_add(8));
    }
    // A label has a byte or more, so the shift is by less than a word.
    let unwanted = 8_u8.wrapping_sub(left).wrapping_mul(8);
    let word = word_at(bytes, at) & u64::MAX.wrapping_shr(u32::from(unwanted));
    keys.mix(hash, word)
}

/// The eight bytes from a place on.
#[inline]
fn word_at(bytes: &Bytes, at: u8) -> u64 {
    let at = usize::from(at);
    // The array goes on for eight bytes behind the last place that one byte names.
    let word: &[u8; 8] = bytes[at..at + 8].first_chunk().unwrap_or(&[0; 8]);
    u64::from_le_bytes(*word)
}

/// The bytes of a name, and behind it enough to read a word.
type Bytes = [u8; MAX_LEN + 9];

/// Bytes that are copied and changed at once.
const BLOCK: usize = 16;

/// Fewer than eight bytes as a word, with zeros behind them: two reads that may overlap do, without
/// a loop over bytes.
fn short_word(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (bytes.len() - 4));
    }
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
    byte(0) | byte(1) << 8 | byte(2) << 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Name;

    #[test]
    fn all_ways_to_a_hash_agree_and_case_does_not_matter() {
        let keys = HashKeys::new([1, 2]);
        for text in [
            ".",
            "org.",
            "Example.ORG.",
            "a-label-of-sixteen.x.",
            "12345678.x.",
            "123456789.Y.",
            "\\000\\255.[@z{.",
            "a.b.c.d.e.f.g.h.",
        ] {
            let name = Name::from_text(text.as_bytes(), None).unwrap();
            let lookup = LookupName::new(name.as_ref(), keys);
            assert_eq!(
                lookup.hash(lookup.labels()),
                keys.name(name.as_ref()),
                "{text}"
            );
            assert_eq!(
                lookup.name().as_bytes(),
                name.as_ref().to_lowercase().as_bytes()
            );
            let mut suffix = name.as_ref();
            for labels in (0..=lookup.labels()).rev() {
                assert_eq!(lookup.hash(labels), keys.name(suffix));
                assert_eq!(&name.as_bytes()[lookup.start(labels)..], suffix.as_bytes());
                suffix = suffix.parent().unwrap_or(NameRef::ROOT);
            }
        }
    }

    #[test]
    fn names_of_each_length_are_lowered_and_nothing_is_left_of_the_one_before() {
        let keys = HashKeys::new([3, 4]);
        let mut lookup = LookupName::default();
        for len in (1..=MAX_LEN).rev().filter(|len| *len != 2) {
            let mut bytes = Vec::new();
            while bytes.len() + 1 < len {
                let left = len - 1 - bytes.len();
                // No label is left that would be empty.
                let label = (left - 1).min(63) - usize::from(left == 65);
                bytes.push(u8::try_from(label).unwrap());
                bytes.extend((0..label).map(|at| b'@' + u8::try_from(at % 28).unwrap()));
            }
            bytes.push(0);
            let name = Name::from_wire(&bytes).unwrap();
            lookup.set(name.as_ref(), keys);
            assert_eq!(lookup.name().as_bytes(), bytes.to_ascii_lowercase());
            assert_eq!(lookup.hash(lookup.labels()), keys.name(name.as_ref()));
        }
    }
}
