//! Keyed hashes of names, computed for all suffixes of a name in one pass from the right.
//!
//! The hash of `www.example.org.` is made from the hash of `example.org.` and one more label, so a
//! lookup knows the hash of each possible apex, delegation and wildcard for the price of one. The
//! key is drawn at start: who chooses names cannot choose collisions.

use wire::NameRef;
use wire::name::{MAX_LABELS, MAX_LEN};

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
    /// The name in lower case, with zero bytes behind it to read words past its end.
    bytes: [u8; MAX_LEN + 9],
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
    /// A name made ready, for use away from the answer path.
    #[must_use]
    pub fn new(name: NameRef<'_>, keys: HashKeys) -> Self {
        let mut lookup = Self::default();
        lookup.set(name, keys);
        lookup
    }

    /// Takes another name.
    pub fn set(&mut self, name: NameRef<'_>, keys: HashKeys) {
        let name = name.as_bytes();
        let len = name.len().min(MAX_LEN);
        let (words, rest) = name[..len].as_chunks::<8>();
        let (slots, _) = self.bytes.as_chunks_mut::<8>();
        for (slot, word) in slots.iter_mut().zip(words) {
            *slot = lowercase(u64::from_le_bytes(*word)).to_le_bytes();
        }
        // The bytes behind the name are cleared, so that words read past its end hold no old ones.
        let last = lowercase(short_word(rest));
        for (slot, word) in slots.iter_mut().skip(words.len()).zip([last, 0]) {
            *slot = word.to_le_bytes();
        }
        let mut labels = 0;
        let mut at = 0;
        while self.bytes[at] != 0 && labels < MAX_LABELS {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "names have at most 255 bytes"
            )]
            let start = at as u8;
            self.starts[labels] = start;
            labels += 1;
            at += usize::from(self.bytes[at]) + 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "both are bounded above")]
        {
            self.len = len as u16;
            self.labels = labels as u8;
        }
        let mut hash = keys.root();
        self.hashes[0] = hash;
        for label in (0..labels).rev() {
            hash = self.hash_label(hash, usize::from(self.starts[label]), keys);
            self.hashes[labels - label] = hash;
        }
    }

    /// As [`HashKeys::child`], reading whole words past the end of the label.
    fn hash_label(&self, parent: u64, start: usize, keys: HashKeys) -> u64 {
        let length = usize::from(self.bytes[start]);
        let mut hash = parent.wrapping_add(length as u64);
        let mut at = start + 1;
        let mut left = length;
        loop {
            let Some(word) = self
                .bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk::<8>())
            else {
                return hash;
            };
            let word = u64::from_le_bytes(*word);
            if left <= 8 {
                if left == 0 {
                    return hash;
                }
                return keys.mix(hash, word & (u64::MAX >> (64 - 8 * left)));
            }
            hash = keys.mix(hash, word);
            at += 8;
            left -= 8;
        }
    }

    /// The whole name, in lower case.
    #[must_use]
    pub fn name(&self) -> NameRef<'_> {
        NameRef::from_checked(&self.bytes[..usize::from(self.len)])
    }

    /// How many labels, without the root.
    #[must_use]
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// How many bytes, root label included.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a name is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The hash of the suffix of `labels` labels.
    #[must_use]
    pub fn hash(&self, labels: usize) -> u64 {
        self.hashes[labels]
    }

    /// Where the suffix of `labels` labels starts.
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
    #[must_use]
    pub fn relative(&self, labels: usize, apex_len: usize) -> &[u8] {
        let end = self.len().saturating_sub(apex_len);
        self.bytes.get(self.start(labels)..end).unwrap_or_default()
    }
}

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

/// Lower-cases eight characters at once.
fn lowercase(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & (0x7F * EACH);
    // The top bit of each byte says: above "Z", at or above "A", and plain ASCII.
    let above = low + (0x7F - b'Z' as u64) * EACH;
    let from = low + (0x80 - b'A' as u64) * EACH;
    let upper = (from ^ above) & !word & (0x80 * EACH);
    word | (upper >> 2)
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
    fn lowercase_changes_letters_only() {
        for byte in 0..=255_u8 {
            let word = u64::from_le_bytes([byte; 8]);
            assert_eq!(
                lowercase(word).to_le_bytes(),
                [byte.to_ascii_lowercase(); 8]
            );
        }
    }
}
