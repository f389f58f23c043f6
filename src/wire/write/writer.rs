//! The message under construction.

use smallvec::SmallVec;

use super::layout::Layout;
use super::prepared::Prepared;
use crate::name::NameRef;
use crate::types::{Class, Rtype, Ttl};

/// Names worth pointing to; later ones are not remembered.
const MAX_ANCHORS: usize = 16;
/// Anchors behind the first one that are kept without an allocation: an apex, a few servers.
const INLINE_ANCHORS: usize = 7;
/// Pointers reach no further (14 bits, RFC 1035 §4.1.4).
const MAX_POINTER: usize = 0x3FFF;
/// Bytes of a record before its data, its owner a pointer.
const PLAIN_HEAD: usize = 12;
/// Suffixes shorter than this are not worth a pointer.
const MIN_SUFFIX: usize = 3;

/// The message does not have room for what was to be written; it is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A message under construction.
#[derive(Debug)]
pub struct Writer<'b, 'n> {
    bytes: &'b mut [u8],
    len: usize,
    limit: usize,
    /// The first anchor: that of the question, which is all that most answers need.
    first: Option<Anchor<'n>>,
    /// Those behind it.
    more: SmallVec<[Anchor<'n>; INLINE_ANCHORS]>,
}

/// A name that stands in the message: the first `literal` bytes as they are, then a pointer.
#[derive(Clone, Copy, Debug)]
struct Anchor<'n> {
    name: &'n [u8],
    at: u16,
    literal: u16,
}

/// Where a message can be cut back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    len: usize,
    anchors: usize,
}

impl<'b, 'n> Writer<'b, 'n> {
    /// Goes on behind what stands in the first `len` bytes; the message stays within `limit`.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'b mut [u8], len: usize, limit: usize) -> Self {
        let limit = limit.min(bytes.len());
        Self {
            bytes,
            len,
            limit,
            first: None,
            more: SmallVec::new(),
        }
    }

    /// How many bytes stand.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a message has a header")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Lets the message grow to this size from now on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(self.bytes.len());
    }

    /// The bytes so far, to change a count or a flag.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes
    }

    /// Remembers a name that stands whole at `at`.
    #[inline]
    pub fn anchor(&mut self, name: NameRef<'n>, at: usize) {
        self.remember(name.as_bytes(), at, name.len() - 1);
    }

    /// Where the message stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            len: self.len,
            anchors: usize::from(self.first.is_some()) + self.more.len(),
        }
    }

    /// Goes back to where the message stood.
    pub fn reset(&mut self, mark: Mark) {
        self.len = mark.len;
        self.more.truncate(mark.anchors.saturating_sub(1));
        if mark.anchors == 0 {
            self.first = None;
        }
    }

    /// Writes an RRset, each record with the same owner; all of it, or nothing.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn rrset(
        &mut self,
        owner: NameRef<'n>,
        rtype: Rtype,
        ttl: Ttl,
        rdatas: impl Iterator<Item = &'n [u8]>,
    ) -> Result<u16, Full> {
        let layout = Layout::of(rtype);
        match self.known(owner) {
            Some(pointer) if layout.names == 0 => self.plain_rrset(pointer, rtype, ttl, rdatas),
            pointer => self.any_rrset((owner, pointer), (rtype, layout), ttl, rdatas),
        }
    }

    /// As [`Self::rrset`] for most RRsets of most answers: the owner stands already, and the data
    /// has no names to compress.
    #[inline]
    fn plain_rrset(
        &mut self,
        pointer: u16,
        rtype: Rtype,
        ttl: Ttl,
        rdatas: impl Iterator<Item = &'n [u8]>,
    ) -> Result<u16, Full> {
        let begin = self.len;
        let mut count = 0;
        for rdata in rdatas {
            if self.plain(pointer, rtype, ttl, rdata).is_err() {
                self.len = begin;
                return Err(Full);
            }
            count += 1;
        }
        Ok(count)
    }

    fn any_rrset(
        &mut self,
        (owner, mut pointer): (NameRef<'n>, Option<u16>),
        (rtype, layout): (Rtype, Layout),
        ttl: Ttl,
        rdatas: impl Iterator<Item = &'n [u8]>,
    ) -> Result<u16, Full> {
        let mark = self.mark();
        let mut count = 0;
        for rdata in rdatas {
            let at = self.len;
            let written = match pointer {
                Some(pointer) if layout.names == 0 => self.plain(pointer, rtype, ttl, rdata),
                _ => self
                    .owner(owner, pointer)
                    .and_then(|()| self.data(rtype, ttl, layout, rdata)),
            };
            if written.is_err() {
                self.reset(mark);
                return Err(Full);
            }
            // After the first record the owner stands there to point to.
            pointer = pointer.or_else(|| self.pointer_to(at));
            count += 1;
        }
        Ok(count)
    }

    /// Writes a prepared record, the name it was prepared for standing at `at`.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn prepared(&mut self, record: &Prepared, at: usize) -> Result<u16, Full> {
        let at = u16::try_from(at).map_err(|_| Full)?;
        let end = self.len + record.len();
        if end > self.limit {
            return Err(Full);
        }
        let room = self.bytes.get_mut(self.len..end).ok_or(Full)?;
        if !record.write(room, at) {
            return Err(Full);
        }
        self.len = end;
        Ok(1)
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// When they do not fit.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len + bytes.len();
        if end > self.limit {
            return Err(Full);
        }
        self.bytes
            .get_mut(self.len..end)
            .ok_or(Full)?
            .copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    /// A pointer to a name that is an anchor itself, not only equal to one.
    #[inline]
    fn known(&self, name: NameRef<'n>) -> Option<u16> {
        let same = |anchor: &&Anchor<'n>| std::ptr::eq(anchor.name, name.as_bytes());
        // That of the question first, without the way to the others.
        let found = self.first.as_ref().filter(same);
        let found = found.or_else(|| self.more.iter().find(same));
        found.map(|anchor| 0xC000 | anchor.at)
    }

    /// Writes a record whose owner stands already and whose data has no names to compress: most
    /// records of most answers, so in one go.
    #[inline]
    fn plain(&mut self, pointer: u16, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> Result<(), Full> {
        let end = self.len + PLAIN_HEAD + rdata.len();
        if end > self.limit {
            return Err(Full);
        }
        let room = self.bytes.get_mut(self.len..end).ok_or(Full)?;
        let (head, data) = room.split_first_chunk_mut::<PLAIN_HEAD>().ok_or(Full)?;
        let [owner_high, owner_low] = pointer.to_be_bytes();
        let [type_high, type_low] = rtype.0.to_be_bytes();
        let [class_high, class_low] = Class::IN.0.to_be_bytes();
        let [a, b, c, d] = ttl.as_secs().to_be_bytes();
        let [length_high, length_low] = u16::try_from(rdata.len()).map_err(|_| Full)?.to_be_bytes();
        *head = [
            owner_high,
            owner_low,
            type_high,
            type_low,
            class_high,
            class_low,
            a,
            b,
            c,
            d,
            length_high,
            length_low,
        ];
        match (
            <&mut [u8; 4]>::try_from(&mut *data),
            <&[u8; 4]>::try_from(rdata),
        ) {
            // An IPv4 address is one word: no call to copy it.
            (Ok(data), Ok(rdata)) => *data = *rdata,
            _ => data.copy_from_slice(rdata),
        }
        self.len = end;
        Ok(())
    }

    /// All anchors; for most questions that is the first one alone.
    #[inline]
    fn anchors(&self) -> impl Iterator<Item = &Anchor<'n>> {
        self.first.iter().chain(&self.more)
    }

    fn owner(&mut self, owner: NameRef<'n>, pointer: Option<u16>) -> Result<(), Full> {
        match pointer {
            Some(pointer) => self.put(&pointer.to_be_bytes()),
            None => self.name(owner.as_bytes()),
        }
    }

    #[inline]
    fn head(&mut self, rtype: Rtype, ttl: Ttl, length: usize) -> Result<(), Full> {
        let [type_high, type_low] = rtype.0.to_be_bytes();
        let [class_high, class_low] = Class::IN.0.to_be_bytes();
        let [a, b, c, d] = ttl.as_secs().to_be_bytes();
        let [length_high, length_low] = u16::try_from(length).map_err(|_| Full)?.to_be_bytes();
        self.put(&[
            type_high,
            type_low,
            class_high,
            class_low,
            a,
            b,
            c,
            d,
            length_high,
            length_low,
        ])
    }

    #[inline]
    fn data(
        &mut self,
        rtype: Rtype,
        ttl: Ttl,
        layout: Layout,
        rdata: &'n [u8],
    ) -> Result<(), Full> {
        self.head(rtype, ttl, rdata.len())?;
        if layout.names == 0 {
            return self.put(rdata);
        }
        let begin = self.len;
        let (before, mut rest) = rdata.split_at_checked(layout.before).ok_or(Full)?;
        self.put(before)?;
        for _ in 0..layout.names {
            // Stored data was checked when it came in; other bytes would go out as they are.
            let Ok(name) = NameRef::read(rest) else { break };
            self.name(name.as_bytes())?;
            rest = rest.get(name.len()..).unwrap_or_default();
        }
        self.put(rest)?;
        self.patch_length(begin)
    }

    fn patch_length(&mut self, begin: usize) -> Result<(), Full> {
        let length = u16::try_from(self.len - begin).map_err(|_| Full)?;
        if let Some(slot) = self.bytes.get_mut(begin - 2..begin) {
            slot.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// Writes a name, its longest known suffix as a pointer.
    #[inline]
    fn name(&mut self, name: &'n [u8]) -> Result<(), Full> {
        let at = self.len;
        let (literal, target) = self.compress(name);
        self.compressed(name, literal, target)?;
        if literal > 0 {
            self.remember(name, at, literal);
        }
        Ok(())
    }

    /// How many bytes of a name must be written, and what the rest is a pointer to.
    #[inline]
    fn compress(&self, name: &[u8]) -> (usize, Option<u16>) {
        let mut literal = name.len() - 1;
        let mut target = None;
        for anchor in self.anchors() {
            if let Some((start, to)) = shared_suffix(name, anchor, literal) {
                (literal, target) = (start, Some(to));
            }
        }
        (literal, target)
    }

    fn compressed(&mut self, name: &[u8], literal: usize, target: Option<u16>) -> Result<(), Full> {
        self.put(name.get(..literal).unwrap_or_default())?;
        match target {
            Some(target) => self.put(&(0xC000 | target).to_be_bytes()),
            None => self.put(&[0]),
        }
    }

    #[inline]
    fn remember(&mut self, name: &'n [u8], at: usize, literal: usize) {
        if at > MAX_POINTER {
            return;
        }
        if let (Ok(at), Ok(literal)) = (u16::try_from(at), u16::try_from(literal)) {
            let anchor = Anchor { name, at, literal };
            if self.first.is_none() {
                self.first = Some(anchor);
            } else if self.more.len() + 1 < MAX_ANCHORS {
                self.more.push(anchor);
            }
        }
    }

    /// A pointer for the owner of the next record of an RRset: to the owner of the first one.
    fn pointer_to(&self, at: usize) -> Option<u16> {
        let first = *self.bytes.get(at)?;
        if first >= 0xC0 {
            return Some(u16::from_be_bytes([first, *self.bytes.get(at + 1)?]));
        }
        if first == 0 || at > MAX_POINTER {
            return None;
        }
        u16::try_from(at).ok().map(|at| 0xC000 | at)
    }
}

/// The longest suffix of `name` that begins before `best` and stands in the anchor's literal part:
/// where it begins in the name, and where it stands in the message.
fn shared_suffix(name: &[u8], anchor: &Anchor<'_>, best: usize) -> Option<(usize, u16)> {
    let mut start = 0;
    while start < best && name.len() - start >= MIN_SUFFIX {
        let suffix = name.get(start..)?;
        if let Some(begin) = anchor.name.len().checked_sub(suffix.len())
            && begin < usize::from(anchor.literal)
            && let Some(other) = anchor.name.get(begin..)
            && (other == suffix || other.eq_ignore_ascii_case(suffix))
            && starts_label(anchor.name, begin)
        {
            let at = anchor.at.checked_add(u16::try_from(begin).ok()?)?;
            return if usize::from(at) <= MAX_POINTER {
                Some((start, at))
            } else {
                None
            };
        }
        start += usize::from(*name.get(start)?) + 1;
    }
    None
}

fn starts_label(name: &[u8], place: usize) -> bool {
    let mut at = 0;
    while at < place {
        match name.get(at) {
            Some(&length) => at += usize::from(length) + 1,
            None => return false,
        }
    }
    at == place
}
