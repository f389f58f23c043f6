//! BIND's raw zone files: what secondaries write unless told otherwise.
//!
//! ```text
//! format (2), version, time [, flags, serial of the source, time of the transfer]
//! RRset: length, class, type, covers, TTL, count, (length, owner), (length, data) …
//! ```
//!
//! Numbers are big-endian; classes, types and lengths of names and data have two bytes, all others
//! four.

use wire::{Name, NameRef, Rtype, Ttl};

use crate::records::{Place, Records};

/// Why a raw zone file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RawError {
    /// It is not whole, or no raw file.
    #[error("damaged at byte {at}: {what}")]
    Damaged {
        /// Where.
        at: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// A name in it is not in the zone.
    #[error("a name at byte {at} is not in the zone")]
    OtherZone {
        /// Where.
        at: usize,
    },
    /// Another version of the format.
    #[error("version {0} of the raw format; 0 and 1 are known")]
    Version(u32),
}

/// Whether a file is raw: text never begins like this.
#[must_use]
pub fn is_raw(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0, 0, 0, 2])
}

/// Reads a raw zone file; the records are sorted.
///
/// # Errors
/// When it is something else, or of another zone.
pub fn read_raw(apex: &Name, bytes: &[u8]) -> Result<Records, RawError> {
    let mut input = Input { bytes, at: 0 };
    if input.number()? != 2 {
        return Err(input.damaged("expected the format, 2"));
    }
    let head = match input.number()? {
        0 => 4,
        1 => 16,
        version => return Err(RawError::Version(version)),
    };
    input.take(head)?;
    let mut records = Records::new(apex.clone());
    while input.at < bytes.len() {
        let start = input.at;
        let length = usize::try_from(input.number()?).unwrap_or(usize::MAX);
        let class = input.short()?;
        let rtype = Rtype(input.short()?);
        input.short()?;
        let ttl = Ttl::from_secs(input.number()?);
        let count = input.number()?;
        let at = input.at;
        let owner = NameRef::read(input.counted()?);
        let owner = owner.map_err(|_| input.damaged("expected a name"))?;
        if !owner.is_at_or_below(apex.as_ref()) || class != 1 {
            return Err(RawError::OtherZone { at });
        }
        for _ in 0..count {
            let rdata = input.counted()?;
            records.push(owner, rtype, ttl, rdata, Place::default());
        }
        if input.at - start != length {
            return Err(input.damaged("expected the end of an RRset"));
        }
    }
    records.sort();
    records.dedup();
    Ok(records)
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RawError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count);
        let taken = taken.ok_or_else(|| self.damaged("the file ends here"))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RawError> {
        let bytes = self.take(N)?.first_chunk().copied();
        bytes.ok_or_else(|| self.damaged("the file ends here"))
    }

    fn number(&mut self) -> Result<u32, RawError> {
        self.array().map(u32::from_be_bytes)
    }

    fn short(&mut self) -> Result<u16, RawError> {
        self.array().map(u16::from_be_bytes)
    }

    fn counted(&mut self) -> Result<&'a [u8], RawError> {
        let length = self.short()?;
        self.take(length.into())
    }

    fn damaged(&self, what: &'static str) -> RawError {
        let at = self.at;
        RawError::Damaged { at, what }
    }
}
