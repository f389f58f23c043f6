//! Records written beforehand.

use smallvec::SmallVec;

use super::layout::Layout;
use crate::name::NameRef;
use crate::types::{Class, Rtype, Ttl};

/// A record written beforehand, but for the pointers to its owner, which stands in the message.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    pub(super) bytes: Box<[u8]>,
    /// Where the pointers go.
    pub(super) pointers: SmallVec<[u16; 3]>,
}

impl Prepared {
    /// Writes the record into room of just its size, its owner standing at a place of the message;
    /// false where the room is another.
    #[inline]
    #[must_use]
    pub fn write(&self, room: &mut [u8], at: u16) -> bool {
        if room.len() != self.bytes.len() {
            return false;
        }
        room.copy_from_slice(&self.bytes);
        let pointer = at | 0xC000;
        for patch in &self.pointers {
            let slot = room.get_mut(usize::from(*patch)..);
            if let Some(slot) = slot.and_then(|rest| rest.first_chunk_mut::<2>()) {
                *slot = pointer.to_be_bytes();
            }
        }
        true
    }

    /// How many bytes it has in a message.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a record is never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Prepares a record. Names in its data that end with the owner point to it too.
    #[must_use]
    pub fn new(owner: NameRef<'_>, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(16 + rdata.len());
        let mut pointers = SmallVec::new();
        let mut name = |name: NameRef<'_>, bytes: &mut Vec<u8>| {
            // A pointer to the root would be longer than the root.
            if owner.is_root() || !name.is_at_or_below(owner) {
                bytes.extend_from_slice(name.as_bytes());
                return;
            }
            let literal = name.len() - owner.len();
            bytes.extend_from_slice(name.as_bytes().get(..literal).unwrap_or_default());
            pointers.push(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
            bytes.extend_from_slice(&[0; 2]);
        };
        name(owner, &mut bytes);
        bytes.extend_from_slice(&rtype.0.to_be_bytes());
        bytes.extend_from_slice(&Class::IN.0.to_be_bytes());
        bytes.extend_from_slice(&ttl.as_secs().to_be_bytes());
        bytes.extend_from_slice(&[0; 2]);
        let begin = bytes.len();
        let layout = Layout::of(rtype);
        let (before, mut rest) = rdata.split_at_checked(layout.before).unwrap_or_default();
        bytes.extend_from_slice(before);
        for _ in 0..layout.names {
            let Ok(next) = NameRef::read(rest) else { break };
            name(next, &mut bytes);
            rest = rest.get(next.len()..).unwrap_or_default();
        }
        bytes.extend_from_slice(rest);
        let length = u16::try_from(bytes.len() - begin).unwrap_or(u16::MAX);
        if let Some(slot) = bytes.get_mut(begin - 2..begin) {
            slot.copy_from_slice(&length.to_be_bytes());
        }
        Self {
            bytes: bytes.into(),
            pointers,
        }
    }
}
