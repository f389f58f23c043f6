//! Canonical order (RFC 4034 §6.1) of owners below one apex.
//!
//! Owners are label sequences without the apex and without a final root label; the apex itself is
//! the empty one. An eight-byte prefix of an order-preserving key decides most comparisons.

use std::cmp::Ordering;

use wire::name::{MAX_LABELS, cmp_ignore_case};

/// The first eight bytes of the key of an owner.
pub(crate) fn prefix_of(owner: &[u8]) -> u64 {
    u64::from_be_bytes(key_of(owner))
}

/// The first bytes of a key that sorts like the canonical order: labels from right to left in lower
/// case, each ended by a zero byte. Two keys may be equal where the owners are not; never is their
/// order wrong.
pub(crate) fn key_of<const N: usize>(owner: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    let Some((&first, rest)) = owner.split_first() else {
        return key;
    };
    if usize::from(first) == rest.len() {
        // One label, as most owners are.
        append(&mut key, 0, rest);
        return key;
    }
    let mut at = 0;
    let starts = LabelStarts::of(owner);
    for &start in starts.as_slice().iter().rev() {
        match append(&mut key, at, label_at(owner, start)) {
            Some(next) => at = next,
            None => break,
        }
    }
    key
}

/// Adds a label to the key; gives where the next one goes, unless all is decided.
fn append(key: &mut [u8], at: usize, label: &[u8]) -> Option<usize> {
    for (offset, &byte) in label.iter().enumerate() {
        // Bytes 0 and 1 share a value, so that a zero byte sorts after the end of a label; the
        // owners decide then.
        *key.get_mut(at + offset)? = byte.to_ascii_lowercase().max(1);
        if byte <= 1 {
            return None;
        }
    }
    Some(at + label.len() + 1)
}

/// Compares two owners in canonical order.
pub(crate) fn cmp(left: &[u8], right: &[u8]) -> Ordering {
    let (left_starts, right_starts) = (LabelStarts::of(left), LabelStarts::of(right));
    let mut lefts = left_starts.as_slice().iter().rev();
    let mut rights = right_starts.as_slice().iter().rev();
    loop {
        let (left_at, right_at) = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(&left_at), Some(&right_at)) => (left_at, right_at),
        };
        match cmp_ignore_case(label_at(left, left_at), label_at(right, right_at)) {
            Ordering::Equal => {}
            order => return order,
        }
    }
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

/// The owner without its first label.
pub(crate) fn parent(owner: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = owner.split_first()?;
    rest.get(usize::from(length)..)
}

/// How many labels an owner has.
pub(crate) fn depth(owner: &[u8]) -> usize {
    LabelStarts::of(owner).count
}

/// Where the labels of an owner start, left to right.
pub(crate) struct LabelStarts {
    starts: [u8; MAX_LABELS],
    count: usize,
}

impl LabelStarts {
    /// The starts in this owner.
    pub(crate) fn of(owner: &[u8]) -> Self {
        let mut starts = Self {
            starts: [0; MAX_LABELS],
            count: 0,
        };
        let mut at = 0;
        while at < owner.len() && starts.count < MAX_LABELS {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "names have at most 255 bytes"
            )]
            let start = at as u8;
            starts.starts[starts.count] = start;
            starts.count += 1;
            at += usize::from(owner[at]) + 1;
        }
        starts
    }

    /// The starts.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.starts[..self.count]
    }
}

/// The label that starts at a place, without its length.
pub(crate) fn label_at(owner: &[u8], start: u8) -> &[u8] {
    let start = usize::from(start);
    owner
        .get(start + 1..start + 1 + usize::from(owner[start]))
        .unwrap_or_default()
}
