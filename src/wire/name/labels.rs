//! The labels of a name, and the order that they give names.
//!
//! All here works on whole names and on names without their last labels, such as owners below an
//! apex: a row of labels ends with the root label, or with the bytes.

use std::cmp::Ordering;

use super::MAX_LABELS;

/// The labels of a name, left to right.
#[derive(Clone, Debug)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Labels<'a> {
    /// The labels in this row.
    pub(super) fn of(labels: &'a [u8]) -> Self {
        Self(labels)
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.0.split_first()?;
        if length == 0 {
            return None;
        }
        let (label, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(label)
    }
}

/// Where the labels of a name start.
#[derive(Clone, Copy, Debug)]
pub struct LabelStarts {
    starts: [u8; MAX_LABELS],
    count: u8,
}

impl LabelStarts {
    /// The starts in this row of labels.
    #[inline]
    #[must_use]
    pub fn of(labels: &[u8]) -> Self {
        let mut starts = Self {
            starts: [0; MAX_LABELS],
            count: 0,
        };
        let mut at = 0;
        while let Some(&length) = labels.get(usize::from(at))
            && length > 0
            && let Some(slot) = starts.starts.get_mut(usize::from(starts.count))
        {
            *slot = at;
            starts.count += 1;
            // A checked name has at most 255 bytes.
            let Some(next) = at.checked_add(length).and_then(|end| end.checked_add(1)) else {
                break;
            };
            at = next;
        }
        starts
    }

    /// The starts, left to right, without the root's.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.starts
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }
}

/// Compares label by label from the right, case ignored (RFC 4034 §6.1).
#[must_use]
pub fn cmp(left: &[u8], right: &[u8]) -> Ordering {
    let (left_starts, right_starts) = (LabelStarts::of(left), LabelStarts::of(right));
    let mut left_labels = left_starts.as_slice().iter().rev();
    let mut right_labels = right_starts.as_slice().iter().rev();
    loop {
        let (left_at, right_at) = match (left_labels.next(), right_labels.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(&left_at), Some(&right_at)) => (left_at, right_at),
        };
        let order = cmp_ignore_case(label_at(left, left_at), label_at(right, right_at));
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The label that starts at a place, without its length.
#[inline]
#[must_use]
pub fn label_at(labels: &[u8], start: u8) -> &[u8] {
    let start = usize::from(start);
    let length = labels.get(start).copied().map_or(0, usize::from);
    labels
        .get(start + 1..start + 1 + length)
        .unwrap_or_default()
}

/// Orders labels as if both were in lower case.
#[must_use]
pub fn cmp_ignore_case(left: &[u8], right: &[u8]) -> Ordering {
    let lower = |label: &[u8]| -> [u8; 8] {
        let mut word = [0; 8];
        for (slot, byte) in word.iter_mut().zip(label) {
            *slot = byte.to_ascii_lowercase();
        }
        word
    };
    for (left_word, right_word) in left.chunks(8).zip(right.chunks(8)) {
        let order = lower(left_word).cmp(&lower(right_word));
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}
