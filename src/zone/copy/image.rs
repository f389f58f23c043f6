//! A copy as bytes, for a file: what a start serves at once.
//!
//! ```text
//! magic, apex, records (owner, type, TTL, data) …, an empty owner, CRC of all before it
//! ```

use std::io::{self, Write};

use crc32fast::Hasher;
use wire::{Name, NameRef, Rtype, Ttl};

use crate::records::{Place, Records};
use crate::snapshot::Zone;

/// Why bytes are no image of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// They differ from what was written.
    #[error("damaged: its checksum does not fit")]
    Damaged,
    /// Something else, or of another version.
    #[error("no copy of a zone that this version has written")]
    Foreign,
    /// They are of another zone.
    #[error("a copy of another zone")]
    OtherZone,
}

/// Writes a version of a zone.
///
/// # Errors
/// Those of the writer.
pub fn write_image(zone: &Zone, out: &mut impl Write) -> io::Result<()> {
    let mut summed = Summed {
        out,
        crc: Hasher::new(),
    };
    summed.put(MAGIC)?;
    summed.put_name(zone.apex().as_bytes())?;
    for (owner, rrset) in zone.rrsets() {
        for rdata in rrset.rdatas() {
            summed.put_name(owner.as_bytes())?;
            summed.put(&rrset.rtype().0.to_be_bytes())?;
            summed.put(&rrset.ttl().as_secs().to_be_bytes())?;
            let len = u16::try_from(rdata.len()).map_err(io::Error::other)?;
            summed.put(&len.to_be_bytes())?;
            summed.put(rdata)?;
        }
    }
    summed.put(&[0])?;
    let Summed { out, crc } = summed;
    out.write_all(&crc.finalize().to_be_bytes())
}

/// Reads what [`write_image`] has written of this zone; the records are sorted.
///
/// # Errors
/// When it is something else.
pub fn read_image(apex: &Name, bytes: &[u8]) -> Result<Records, ImageError> {
    let (whole, crc) = bytes.split_last_chunk::<4>().ok_or(ImageError::Foreign)?;
    let rest = whole.strip_prefix(MAGIC).ok_or(ImageError::Foreign)?;
    if crc32fast::hash(whole) != u32::from_be_bytes(*crc) {
        return Err(ImageError::Damaged);
    }
    let mut input = Input(rest);
    if input.name()? != Some(apex.as_ref()) {
        return Err(ImageError::OtherZone);
    }
    let mut records = Records::new(apex.clone());
    records.reserve(rest.len() / 40, rest.len() + rest.len() / 4);
    while let Some(owner) = input.name()? {
        if !owner.is_at_or_below(apex.as_ref()) {
            return Err(ImageError::Damaged);
        }
        let rtype = Rtype(u16::from_be_bytes(*input.take()?));
        let ttl = Ttl::from_secs(u32::from_be_bytes(*input.take()?));
        let len = u16::from_be_bytes(*input.take()?);
        let rdata = input.split(len.into())?;
        records.push(owner, rtype, ttl, rdata, Place::default());
    }
    if !input.0.is_empty() {
        return Err(ImageError::Damaged);
    }
    records.sort();
    Ok(records)
}

struct Summed<'w, W> {
    out: &'w mut W,
    crc: Hasher,
}

impl<W: Write> Summed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.out.write_all(bytes)
    }

    fn put_name(&mut self, name: &[u8]) -> io::Result<()> {
        self.put(&[u8::try_from(name.len()).map_err(io::Error::other)?])?;
        self.put(name)
    }
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn split(&mut self, len: usize) -> Result<&'b [u8], ImageError> {
        let (part, rest) = self.0.split_at_checked(len).ok_or(ImageError::Damaged)?;
        self.0 = rest;
        Ok(part)
    }

    fn take<const N: usize>(&mut self) -> Result<&'b [u8; N], ImageError> {
        let (part, rest) = self.0.split_first_chunk().ok_or(ImageError::Damaged)?;
        self.0 = rest;
        Ok(part)
    }

    /// A name; none at the end.
    fn name(&mut self) -> Result<Option<NameRef<'b>>, ImageError> {
        let [len] = *self.take()?;
        if len == 0 {
            return Ok(None);
        }
        let name = NameRef::read(self.split(len.into())?);
        name.map(Some).map_err(|_| ImageError::Damaged)
    }
}

const MAGIC: &[u8] = b"zonewright copy 1\n";
