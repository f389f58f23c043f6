//! Domain names: uncompressed wire form, borrowed ([`NameRef`]) or owned ([`Name`]).
//!
//! Both hold a checked name: labels of 1 to 63 bytes, the root label last, 255 bytes at most.
//! Case is kept; comparing ignores it (RFC 4343), and ordering is the canonical one of RFC 4034 §6.1.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{WireError, WireErrorKind};
use crate::text::NameTextError;

mod labels;

pub use labels::{LabelStarts, Labels, cmp as cmp_labels, cmp_ignore_case, label_at};

/// The most bytes a name has, the root label included (RFC 1035 §2.3.4).
pub const MAX_LEN: usize = 255;
/// The most bytes a label has (RFC 1035 §2.3.4).
pub const MAX_LABEL_LEN: usize = 63;
/// The most labels a name has, without the root: 127 of one byte each.
pub const MAX_LABELS: usize = 127;
/// The most pointers followed in one name; each leads strictly backwards besides.
const MAX_POINTERS: usize = 126;

/// A name that lives elsewhere.
#[derive(Clone, Copy)]
pub struct NameRef<'a>(&'a [u8]);

/// A name of its own.
#[derive(Clone)]
pub struct Name(Box<[u8]>);

impl<'a> NameRef<'a> {
    /// The root.
    pub const ROOT: NameRef<'static> = NameRef(&[0]);

    /// Reads an uncompressed name at the start of `bytes`; what follows it is left alone.
    ///
    /// # Errors
    /// When it is cut short, too long, or has a label type other than a plain one.
    #[inline]
    pub fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        // Looking no further than a name may be long checks both ends at once.
        let within = bytes.get(..MAX_LEN).unwrap_or(bytes);
        let mut at = 0;
        while let Some(&length) = within.get(at) {
            let length = usize::from(length);
            if length > MAX_LABEL_LEN {
                let kind = if length >= 0xC0 {
                    WireErrorKind::Compressed
                } else {
                    WireErrorKind::LabelType
                };
                return Err(WireError::new(kind, at));
            }
            at += length + 1;
            if length == 0
                && let Some(name) = within.get(..at)
            {
                return Ok(Self(name));
            }
        }
        let kind = if at > MAX_LEN || bytes.len() > MAX_LEN {
            WireErrorKind::NameLength
        } else {
            WireErrorKind::Short
        };
        Err(WireError::new(kind, at))
    }

    /// Takes bytes that are known to be one whole checked name, such as one stored before.
    ///
    /// Nothing unsafe follows from a wrong promise: methods stay total, only their results are off.
    #[must_use]
    pub fn from_checked(bytes: &'a [u8]) -> Self {
        debug_assert!(Self::read(bytes).is_ok_and(|name| name.0.len() == bytes.len()));
        Self(bytes)
    }

    /// The bytes, root label included.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many bytes, root label included.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a name is never empty")]
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.0.len() == 1
    }

    /// The labels from left to right, without the root.
    #[must_use]
    pub fn labels(self) -> Labels<'a> {
        Labels::of(self.0)
    }

    /// How many labels, without the root.
    #[must_use]
    pub fn label_count(self) -> usize {
        self.labels().count()
    }

    /// Where each label starts, left to right, without the root.
    #[must_use]
    pub fn label_starts(self) -> LabelStarts {
        LabelStarts::of(self.0)
    }

    /// The name without its first label; the root has no parent.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let (&length, rest) = self.0.split_first()?;
        if length == 0 {
            None
        } else {
            rest.get(usize::from(length)..).map(Self)
        }
    }

    /// The name without its first `count` labels.
    #[must_use]
    pub fn skip_labels(self, count: usize) -> Option<Self> {
        let mut name = self;
        for _ in 0..count {
            name = name.parent()?;
        }
        Some(name)
    }

    /// Whether this name is `other` or below it.
    #[must_use]
    pub fn is_at_or_below(self, other: NameRef<'_>) -> bool {
        let Some(extra) = self.len().checked_sub(other.len()) else {
            return false;
        };
        let mut at = 0;
        while at < extra {
            match self.0.get(at) {
                Some(&length) => at += usize::from(length) + 1,
                None => return false,
            }
        }
        at == extra
            && self
                .0
                .get(at..)
                .is_some_and(|tail| tail == other.0 || tail.eq_ignore_ascii_case(other.0))
    }

    /// Whether the first label is `*`.
    #[must_use]
    pub fn is_wildcard(self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// A name of its own with the same bytes.
    #[must_use]
    pub fn to_name(self) -> Name {
        Name(self.0.into())
    }

    /// A name of its own, in lower case.
    #[must_use]
    pub fn to_lowercase(self) -> Name {
        // Length bytes are below 64 and so are never touched.
        Name(self.0.to_ascii_lowercase().into())
    }
}

impl Name {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self(Box::new([0]))
    }

    /// Reads a name of a message, at `at`; pointers may only lead backwards.
    ///
    /// Gives the name and where the message goes on after it.
    ///
    /// # Errors
    /// When the name is cut short, too long, or its pointers do not lead strictly backwards.
    pub fn read(message: &[u8], at: usize) -> Result<(Self, usize), WireError> {
        let mut bytes = Vec::with_capacity(64);
        let end = read_into(message, at, &mut bytes)?;
        Ok((Self(bytes.into()), end))
    }

    /// Reads a name as people write it; without a final dot it is relative to `origin`.
    ///
    /// # Errors
    /// When a label is empty or too long, an escape is wrong, or the whole is too long.
    pub fn from_text(text: &[u8], origin: Option<NameRef<'_>>) -> Result<Self, NameTextError> {
        let mut bytes = Vec::with_capacity(64);
        crate::text::name_into(text, origin, &mut bytes)?;
        Ok(Self(bytes.into()))
    }

    /// Checks that `bytes` are one whole uncompressed name and owns them.
    ///
    /// # Errors
    /// As [`NameRef::read`], and when bytes are left over.
    pub fn from_wire(bytes: &[u8]) -> Result<Self, WireError> {
        let name = NameRef::read(bytes)?;
        if name.len() == bytes.len() {
            Ok(name.to_name())
        } else {
            Err(WireError::new(WireErrorKind::Excess, name.len()))
        }
    }

    /// The name `label` under this one, if it fits.
    #[must_use]
    pub fn child(&self, label: &[u8]) -> Option<Self> {
        if label.is_empty()
            || label.len() > MAX_LABEL_LEN
            || label.len() + 1 + self.0.len() > MAX_LEN
        {
            return None;
        }
        let mut bytes = Vec::with_capacity(label.len() + 1 + self.0.len());
        bytes.push(u8::try_from(label.len()).ok()?);
        bytes.extend_from_slice(label);
        bytes.extend_from_slice(&self.0);
        Some(Self(bytes.into()))
    }

    /// This name, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> NameRef<'_> {
        NameRef(&self.0)
    }

    /// The bytes, root label included.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Appends the uncompressed form of the name at `at` to `out`; gives where the message goes on.
///
/// # Errors
/// As [`Name::read`]. `out` may then hold a part of the name.
pub fn read_into(message: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, WireError> {
    let begin = out.len();
    let mut at = at;
    let mut end = None;
    // Each pointer must lead before the place its own run of labels began at.
    let mut bound = at;
    let mut pointers = 0;
    loop {
        let short = WireError::new(WireErrorKind::Short, at);
        let length = *message.get(at).ok_or(short)?;
        match length {
            0 => {
                out.push(0);
                return Ok(end.unwrap_or(at + 1));
            }
            1..=63 => {
                let next = at + 1 + usize::from(length);
                let label = message.get(at..next).ok_or(short)?;
                if out.len() - begin + label.len() + 1 > MAX_LEN {
                    return Err(WireError::new(WireErrorKind::NameLength, at));
                }
                out.extend_from_slice(label);
                at = next;
            }
            0xC0..=0xFF => {
                let low = *message.get(at + 1).ok_or(short)?;
                let target = usize::from(length & 0x3F) << 8 | usize::from(low);
                pointers += 1;
                if target >= bound || pointers > MAX_POINTERS {
                    return Err(WireError::new(WireErrorKind::Pointer, at));
                }
                end.get_or_insert(at + 2);
                bound = target;
                at = target;
            }
            _ => return Err(WireError::new(WireErrorKind::LabelType, at)),
        }
    }
}

impl PartialEq for NameRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Length bytes are below 64, where no letters are.
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for NameRef<'_> {}

impl Ord for NameRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        labels::cmp(self.0, other.0)
    }
}

impl PartialOrd for NameRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for NameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0 {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for NameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::print_name(*self, f)
    }
}

impl fmt::Debug for NameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Name {}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(&other.as_ref())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_ref(), f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref(), f)
    }
}

#[cfg(test)]
mod tests;
