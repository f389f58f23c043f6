//! Packs the records of one zone into a message.
//!
//! All owners end in the apex, which the question holds, and records of one owner follow each other:
//! a pointer to either is nearly all of what compression can save.

use wire::message::HEADER_LEN;
use wire::{Class, Rtype, rdata};

use super::order::Record;

/// A message in the making.
pub(super) struct Packer<'m> {
    room: &'m mut [u8],
    limit: usize,
    apex: &'m [u8],
    /// Where the owner of the last record stands.
    last: Option<usize>,
    /// How many bytes stand.
    pub(super) len: usize,
    /// How many records.
    pub(super) count: u16,
}

impl<'m> Packer<'m> {
    /// Goes on behind the question, whose name is the apex.
    pub(super) fn new(question: &[u8], room: &'m mut [u8], limit: usize, apex: &'m [u8]) -> Self {
        room[..question.len()].copy_from_slice(question);
        Self {
            limit: limit.min(room.len()),
            room,
            apex,
            last: None,
            len: question.len(),
            count: 0,
        }
    }

    /// Adds a record; nothing of it, if it does not fit.
    pub(super) fn record(&mut self, record: Record<'_>) -> Option<()> {
        let begin = self.len;
        if self.count == u16::MAX || self.write(record).is_none() {
            self.len = begin;
            return None;
        }
        self.count += 1;
        Some(())
    }

    fn write(&mut self, record: Record<'_>) -> Option<()> {
        let begin = self.len;
        match self.last.filter(|&at| self.stands(at, record.owner)) {
            Some(at) if at <= MAX_POINTER => self.pointer(at)?,
            _ => self.owner(record.owner)?,
        }
        let [type_high, type_low] = record.rtype.0.to_be_bytes();
        let [class_high, class_low] = Class::IN.0.to_be_bytes();
        let [a, b, c, d] = record.ttl.as_secs().to_be_bytes();
        self.put(&[type_high, type_low, class_high, class_low, a, b, c, d, 0, 0])?;
        let at = self.len;
        self.data(record.rtype, record.rdata)?;
        let length = u16::try_from(self.len - at).ok()?;
        self.room[at - 2..at].copy_from_slice(&length.to_be_bytes());
        self.last = if begin <= MAX_POINTER {
            Some(begin)
        } else {
            None
        };
        Some(())
    }

    /// Whether this owner stands at a place, itself or by the pointer there.
    fn stands(&self, at: usize, owner: &[u8]) -> bool {
        let mut at = at;
        if self.room[at] >= 0xC0 {
            at = usize::from(u16::from_be_bytes([
                self.room[at] & 0x3F,
                self.room[at + 1],
            ]));
            if at == HEADER_LEN {
                return owner.is_empty();
            }
        }
        !owner.is_empty()
            && self.room[at..].starts_with(owner)
            && self
                .room
                .get(at + owner.len())
                .is_some_and(|byte| *byte >= 0xC0)
    }

    fn owner(&mut self, owner: &[u8]) -> Option<()> {
        self.put(owner)?;
        self.pointer(HEADER_LEN)
    }

    fn data(&mut self, rtype: Rtype, data: &[u8]) -> Option<()> {
        let mut at = 0;
        for name in rdata::names(rtype, data).filter(|name| name.compressible) {
            let begin = usize::from(name.at);
            self.put(&data[at..begin])?;
            at = begin + usize::from(name.len);
            self.target(name.bytes(data))?;
        }
        self.put(&data[at..])
    }

    /// A name in data: below the apex as an owner is written, elsewhere as it is. Its case is kept,
    /// so only an end that is the same to the byte is pointed to.
    fn target(&mut self, name: &[u8]) -> Option<()> {
        let below = name.len().saturating_sub(self.apex.len());
        let (labels, end) = name.split_at(below);
        let asked = &self.room[HEADER_LEN..HEADER_LEN + self.apex.len()];
        if self.apex.len() > 2 && end == asked && is_border(labels) {
            self.put(labels)?;
            return self.pointer(HEADER_LEN);
        }
        self.put(name)
    }

    fn pointer(&mut self, at: usize) -> Option<()> {
        let at = u16::try_from(at).ok()?;
        self.put(&(0xC000 | at).to_be_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.len + bytes.len();
        if end > self.limit {
            return None;
        }
        self.room[self.len..end].copy_from_slice(bytes);
        self.len = end;
        Some(())
    }
}

/// Whether bytes of a name are whole labels.
fn is_border(labels: &[u8]) -> bool {
    let mut at = 0;
    while at < labels.len() {
        at += usize::from(labels[at]) + 1;
    }
    at == labels.len()
}

/// Pointers reach no further (14 bits, RFC 1035 §4.1.4).
const MAX_POINTER: usize = 0x3FFF;
