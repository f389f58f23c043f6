//! Writing answers: whole RRsets or none, names compressed by arithmetic, never past the limit.
//!
//! No table of suffixes is kept: the few names written so far that are worth pointing to (the
//! question's, the owners', the targets') are *anchors*, and a name is compared with each of them
//! from its end. The work per name is bounded by their number.

use smallvec::SmallVec;

use crate::name::NameRef;
use crate::types::{Class, Rtype, Ttl};

/// Names worth pointing to; later ones are not remembered.
const MAX_ANCHORS: usize = 16;
/// Anchors kept without an allocation: the question, an apex, a few servers.
const INLINE_ANCHORS: usize = 8;
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
    anchors: SmallVec<[Anchor<'n>; INLINE_ANCHORS]>,
}

/// A record written beforehand, but for the pointers to its owner, which stands in the message.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    bytes: Box<[u8]>,
    /// Where the pointers go.
    pointers: SmallVec<[u16; 3]>,
}

impl Prepared {
    /// Prepares a record. Names in its data that end with the owner point to it too.
    #[must_use]
    pub fn new(owner: NameRef<'_>, rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(PLAIN_HEAD + rdata.len());
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
    anchor_count: usize,
}

impl<'b, 'n> Writer<'b, 'n> {
    /// Goes on behind what stands in the first `len` bytes; the message stays within `limit`.
    #[must_use]
    pub fn new(bytes: &'b mut [u8], len: usize, limit: usize) -> Self {
        let limit = limit.min(bytes.len());
        Self {
            bytes,
            len,
            limit,
            anchors: SmallVec::new(),
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
    pub fn anchor(&mut self, name: NameRef<'n>, at: usize) {
        self.remember(name.as_bytes(), at, name.len() - 1);
    }

    /// Where the message stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            len: self.len,
            anchor_count: self.anchors.len(),
        }
    }

    /// Goes back to where the message stood.
    pub fn reset(&mut self, mark: Mark) {
        self.len = mark.len;
        self.anchors.truncate(mark.anchor_count);
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
        let mark = self.mark();
        let mut count = 0;
        let layout = Layout::of(rtype);
        // After the first record the owner stands there to point to.
        let mut pointer = self.known(owner);
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
        let begin = self.len;
        let pointer = u16::try_from(at).map_err(|_| Full)? | 0xC000;
        self.put(&record.bytes)?;
        for patch in &record.pointers {
            let slot = self.bytes.get_mut(begin + usize::from(*patch)..);
            if let Some(slot) = slot.and_then(|rest| rest.first_chunk_mut::<2>()) {
                *slot = pointer.to_be_bytes();
            }
        }
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
        self.anchors
            .iter()
            .find(same)
            .map(|anchor| 0xC000 | anchor.at)
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
        for anchor in &self.anchors {
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
        if at > MAX_POINTER || self.anchors.len() == MAX_ANCHORS {
            return;
        }
        if let (Ok(at), Ok(literal)) = (u16::try_from(at), u16::try_from(literal)) {
            self.anchors.push(Anchor { name, at, literal });
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

/// Where the names are that may be compressed (RFC 3597 §4: only in types of RFC 1035).
#[derive(Clone, Copy, Debug)]
struct Layout {
    before: usize,
    names: u8,
}

impl Layout {
    #[inline]
    fn of(rtype: Rtype) -> Self {
        match rtype {
            Rtype::NS
            | Rtype::CNAME
            | Rtype::PTR
            | Rtype::MB
            | Rtype::MG
            | Rtype::MR
            | Rtype::MD
            | Rtype::MF => Self {
                before: 0,
                names: 1,
            },
            Rtype::SOA | Rtype::MINFO => Self {
                before: 0,
                names: 2,
            },
            Rtype::MX => Self {
                before: 2,
                names: 1,
            },
            _ => Self {
                before: 0,
                names: 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn names_point_to_the_longest_suffix_before_them() {
        let question = name("www.Example.org.");
        let (mail, apex) = (name("mail.example.org."), name("example.org."));
        let mx = [&[0, 10], mail.as_bytes()].concat();
        let mut bytes = [0; 200];
        bytes[12..29].copy_from_slice(question.as_bytes());
        let mut writer = Writer::new(&mut bytes, 33, 200);
        writer.anchor(question.as_ref(), 12);
        let ttl = Ttl::from_secs(1);
        writer
            .rrset(question.as_ref(), Rtype::MX, ttl, [&mx[..]].into_iter())
            .unwrap();
        let first = writer.len();
        writer
            .rrset(
                mail.as_ref(),
                Rtype::A,
                ttl,
                [&[1, 2, 3, 4][..]; 2].into_iter(),
            )
            .unwrap();
        let second = writer.len();
        writer
            .rrset(apex.as_ref(), Rtype::NS, ttl, [mail.as_bytes()].into_iter())
            .unwrap();
        let end = writer.len();
        assert_eq!(
            &bytes[33..first],
            b"\xC0\x0C\x00\x0F\x00\x01\x00\x00\x00\x01\x00\x09\x00\x0A\x04mail\xC0\x10"
        );
        let mail_at = 33 + 14;
        let record = b"\xC0\x2F\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04";
        assert_eq!(mail_at, 0x2F);
        assert_eq!(&bytes[first..second], [&record[..], record].concat());
        assert_eq!(
            &bytes[second..end],
            b"\xC0\x10\x00\x02\x00\x01\x00\x00\x00\x01\x00\x02\xC0\x2F"
        );
    }

    #[test]
    fn a_prepared_record_is_the_one_that_would_be_written() {
        for (question, owner) in [
            ("www.example.org.", "example.org."),
            ("a.", "."),
            ("b.", "b."),
        ] {
            let (question, owner) = (name(question), name(owner));
            let mut rdata = [&b"\x02ns"[..], owner.as_bytes(), b"\x01h\x03net\x00"].concat();
            rdata.extend_from_slice(&[7; 20]);
            let ttl = Ttl::from_secs(5);
            let mut written = [[0; 200]; 2];
            let mut lens = [0; 2];
            for (way, bytes) in written.iter_mut().enumerate() {
                bytes[12..12 + question.as_bytes().len()].copy_from_slice(question.as_bytes());
                let end = 16 + question.as_bytes().len();
                let mut writer = Writer::new(bytes, end, 200);
                writer.anchor(question.as_ref(), 12);
                let count = if way == 0 {
                    let at = 12 + question.as_bytes().len() - owner.as_bytes().len();
                    let record = Prepared::new(owner.as_ref(), Rtype::SOA, ttl, &rdata);
                    writer.prepared(&record, at)
                } else {
                    writer.rrset(owner.as_ref(), Rtype::SOA, ttl, [&rdata[..]].into_iter())
                };
                assert_eq!(count, Ok(1));
                lens[way] = writer.len();
            }
            assert_eq!(written[0][..lens[0]], written[1][..lens[1]]);
        }
    }

    #[test]
    fn what_does_not_fit_leaves_the_message_as_it_was() {
        let owner = name("a.example.");
        let big = [7; 20];
        let mut bytes = [0; 100];
        let mut writer = Writer::new(&mut bytes, 12, 60);
        let ttl = Ttl::from_secs(1);
        assert_eq!(
            writer.rrset(owner.as_ref(), Rtype::TXT, ttl, [&big[..]; 2].into_iter()),
            Err(Full)
        );
        assert_eq!(writer.len(), 12);
        assert_eq!(
            writer.rrset(owner.as_ref(), Rtype::TXT, ttl, [&big[..]].into_iter()),
            Ok(1)
        );
    }
}
