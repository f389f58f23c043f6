//! BIND's journal file: a header, an index that is of no use here, and transactions one behind the
//! other.
//!
//! ```text
//! header (64 bytes): format (16), begin (serial, offset), end (serial, offset), index size, …
//! index: (serial, offset) …
//! transaction: size, [count,] serial before, serial after; then records
//! record: size, owner, type, class, TTL, length, data
//! ```
//!
//! All numbers are big-endian and have four bytes. The records of a transaction are an SOA and what is
//! removed, then an SOA and what is added; that may repeat. Format "V9" has no count. What stands
//! behind the end was never committed.

use wire::{NameRef, Rtype, Serial, Ttl};

use super::JournalError;

/// A journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journal<'a> {
    bytes: &'a [u8],
    counts: bool,
    pub(super) begin: Serial,
    pub(super) end: Serial,
    at: usize,
    until: usize,
}

/// One transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transaction<'a> {
    pub(super) from: Serial,
    pub(super) to: Serial,
    /// Its records.
    bytes: &'a [u8],
    /// Where these stand.
    at: usize,
}

/// One record of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) owner: NameRef<'a>,
    pub(super) rtype: Rtype,
    pub(super) ttl: Ttl,
    pub(super) rdata: &'a [u8],
}

impl<'a> Journal<'a> {
    /// Reads the header.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, JournalError> {
        let counts = match bytes.get(..FORMAT) {
            Some(format) if format.starts_with(b";BIND LOG V9.2\n\0") => true,
            Some(format) if format.starts_with(b";BIND LOG V9\n\0") => false,
            _ => return Err(JournalError::Foreign),
        };
        let number = |at| number(bytes, at).ok_or_else(|| damaged(at, "the header ends here"));
        let (begin, at) = (Serial(number(16)?), offset(number(20)?));
        let (end, until) = (Serial(number(24)?), offset(number(28)?));
        let index = offset(number(32)?).saturating_mul(8);
        let empty = begin == end && at == 0;
        if !empty && (at < HEADER.saturating_add(index) || until < at || until > bytes.len()) {
            return Err(damaged(16, "the transactions are not where it says"));
        }
        Ok(Self {
            bytes,
            counts,
            begin,
            end,
            at,
            until,
        })
    }

    /// The next transaction, which leads on from a serial if that is known.
    pub(super) fn next(
        &mut self,
        from: Option<Serial>,
    ) -> Result<Option<Transaction<'a>>, JournalError> {
        if self.at >= self.until {
            return Ok(None);
        }
        let first = self.head(self.counts, from);
        // Some versions of BIND have gone on with the short form under the new format.
        let found = first.or_else(|| self.head(!self.counts, from));
        let Some((transaction, after)) = found else {
            return Err(damaged(self.at, "expected a transaction"));
        };
        self.at = after;
        Ok(Some(transaction))
    }

    /// The transaction at this place, in one form; with where the next one begins.
    fn head(&self, counts: bool, from: Option<Serial>) -> Option<(Transaction<'a>, usize)> {
        let serials = self.at + if counts { 8 } else { 4 };
        let start = serials + 8;
        let after = start.checked_add(offset(number(self.bytes, self.at)?))?;
        let before = Serial(number(self.bytes, serials)?);
        let to = Serial(number(self.bytes, serials + 4)?);
        let fits = after <= self.until && from.is_none_or(|from| from == before);
        let transaction = Transaction {
            from: before,
            to,
            bytes: self.bytes.get(start..after).filter(|_| fits)?,
            at: start,
        };
        Some((transaction, after))
    }
}

impl<'a> Transaction<'a> {
    /// The records.
    pub(super) fn entries(self) -> impl Iterator<Item = Result<Entry<'a>, JournalError>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let rest = self.bytes.get(at..).filter(|rest| !rest.is_empty())?;
            let Some((entry, len)) = entry(rest) else {
                let place = self.at + at;
                at = self.bytes.len();
                return Some(Err(damaged(place, "expected a record")));
            };
            at += len;
            Some(Ok(entry))
        })
    }
}

/// The record at the front, and how many bytes it takes.
fn entry(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let len = offset(number(bytes, 0)?);
    let record = bytes.get(4..)?.get(..len)?;
    let owner = NameRef::read(record).ok()?;
    let rest = record.get(owner.len()..)?;
    let (head, rdata) = rest.split_first_chunk::<10>()?;
    let [t0, t1, c0, c1, a, b, c, d, l0, l1] = *head;
    let whole = [c0, c1] == [0, 1] && rdata.len() == usize::from(u16::from_be_bytes([l0, l1]));
    let entry = Entry {
        owner,
        rtype: Rtype(u16::from_be_bytes([t0, t1])),
        ttl: Ttl::from_secs(u32::from_be_bytes([a, b, c, d])),
        rdata,
    };
    whole.then_some((entry, 4 + len))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_be_bytes)
}

fn offset(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn damaged(at: usize, what: &'static str) -> JournalError {
    JournalError::Damaged { at, what }
}

/// The bytes of the format's name, and of the header.
const FORMAT: usize = 16;
const HEADER: usize = 64;
