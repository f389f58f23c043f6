//! Canonical order (RFC 4034 §6.1) of owners below one apex.
//!
//! Owners are label sequences without the apex and without a final root label; the apex itself is
//! the empty one. An eight-byte prefix of an order-preserving key decides most comparisons.

use wire::NameRef;
pub(crate) use wire::name::{LabelStarts, cmp_labels as cmp, label_at};

/// The first eight bytes of the key of an owner.
#[inline]
pub(crate) fn prefix_of(owner: &[u8]) -> u64 {
    (key_of(owner) >> 64) as u64
}

/// The first bytes of a key that sorts like the canonical order: labels from right to left in lower
/// case, each ended by a zero byte. Two keys may be equal where the owners are not; never is their
/// order wrong.
#[inline]
pub(crate) fn key_of(owner: &[u8]) -> u128 {
    let Some((&first, rest)) = owner.split_first() else {
        return 0;
    };
    let mut key = Key::default();
    if usize::from(first) == rest.len() {
        // One label, as most owners are.
        key.append(0, rest);
    } else {
        key.append_all(owner);
    }
    key.finish()
}

/// A key that is being put together.
struct Key {
    bytes: [u8; KEY],
    /// The same labels, with something in the places that they do not fill.
    labels: [u8; KEY],
}

/// Bytes of a key.
const KEY: usize = 16;

impl Default for Key {
    fn default() -> Self {
        Self {
            bytes: [0; KEY],
            labels: [u8::MAX; KEY],
        }
    }
}

impl Key {
    /// Adds the labels of an owner from right to left, as far as they fit.
    fn append_all(&mut self, owner: &[u8]) {
        let starts = LabelStarts::of(owner);
        let mut at = 0;
        for &start in starts.as_slice().iter().rev() {
            let label = label_at(owner, start);
            self.append(at, label);
            at += label.len() + 1;
            if at >= KEY {
                break;
            }
        }
    }

    /// Puts a label to its place.
    #[inline]
    fn append(&mut self, at: usize, label: &[u8]) {
        let end = KEY.min(at + label.len());
        let Some(label) = label.get(..end - at) else {
            return;
        };
        self.bytes[at..end].copy_from_slice(label);
        self.labels[at..end].copy_from_slice(label);
    }

    /// The key, in lower case.
    #[inline]
    fn finish(self) -> u128 {
        let lower = u128::from_be_bytes(lowercase(self.bytes));
        let labels = u128::from_be_bytes(self.labels);
        // Bytes 0 and 1 share a value, so that a zero byte sorts after the end of a label; the
        // owners decide then, and nothing behind such a byte counts.
        let low = labels.wrapping_sub(EACH * 2) & !labels & (EACH * 0x80);
        if low == 0 { lower } else { cut(lower, labels) }
    }
}

/// One in each byte.
const EACH: u128 = u128::from_be_bytes([1; KEY]);

/// A key up to the first byte of a label that is 0 or 1.
#[cold]
fn cut(key: u128, labels: u128) -> u128 {
    let mut bytes = key.to_be_bytes();
    if let Some(at) = labels.to_be_bytes().iter().position(|byte| *byte <= 1) {
        bytes[at..].fill(0);
        bytes[at] = 1;
    }
    u128::from_be_bytes(bytes)
}

fn lowercase(mut bytes: [u8; KEY]) -> [u8; KEY] {
    bytes.make_ascii_lowercase();
    bytes
}

/// Whether an owner stands below another, or is it. Both in lower case.
pub(crate) fn is_at_or_below(owner: &[u8], above: &[u8]) -> bool {
    let Some(extra) = owner.len().checked_sub(above.len()) else {
        return false;
    };
    let mut at = 0;
    while at < extra {
        at += usize::from(owner[at]) + 1;
    }
    at == extra && owner[at..] == *above
}

/// Whether bytes are the labels of an owner, at most so many bytes.
pub(crate) fn is_owner(owner: &[u8], most: usize) -> bool {
    let name = [owner, &[0]].concat();
    owner.len() <= most && NameRef::read(&name).is_ok_and(|read| read.len() == name.len())
}

/// The owner without its first label.
pub(crate) fn parent(owner: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = owner.split_first()?;
    rest.get(usize::from(length)..)
}

/// How many labels an owner has.
pub(crate) fn depth(owner: &[u8]) -> usize {
    LabelStarts::of(owner).as_slice().len()
}
