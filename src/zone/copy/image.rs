//! A copy as bytes, for a file: what a start serves at once, and the steps that led to it.
//!
//! ```text
//! magic, apex, records (owner, type, TTL, data) …, an empty owner,
//! steps, the last one first (1, serials, removed, added) …, 0, CRC of all before it
//! ```
//!
//! The file is written whole each time, so of the steps only the last ones are in it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use crc32fast::Hasher;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use crate::history::Step;
use crate::records::{Place, Records};
use crate::snapshot::Zone;

/// A version of a copy.
#[derive(Debug)]
pub struct Copied {
    /// What is in it.
    pub zone: Arc<Zone>,
    /// The steps that lead to it, the oldest first.
    pub steps: Vec<Arc<Step>>,
}

/// What an image holds.
#[derive(Debug)]
pub struct Image {
    /// All records, sorted.
    pub records: Records,
    /// The steps that lead to them, the oldest first, without a gap.
    pub steps: Vec<Arc<Step>>,
}

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

/// Writes a version of a copy, with the last of its steps.
///
/// # Errors
/// Those of the writer.
pub fn write_image(copied: &Copied, out: &mut impl Write) -> io::Result<()> {
    let mut summed = Summed {
        out,
        crc: Hasher::new(),
        bytes: 0,
    };
    let zone = &copied.zone;
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
    let mut room = LEAST_STEPS.max(summed.bytes / 2);
    for step in copied.steps.iter().rev() {
        let Some(left) = room.checked_sub(step.bytes()) else {
            break;
        };
        room = left;
        summed.put(&[1])?;
        summed.put(&step.from.0.to_be_bytes())?;
        summed.put(&step.to.0.to_be_bytes())?;
        let (removed, added) = step.parts();
        for side in [removed, added] {
            let len = u32::try_from(side.len()).map_err(io::Error::other)?;
            summed.put(&len.to_be_bytes())?;
            summed.put(side)?;
        }
    }
    summed.put(&[0])?;
    let Summed { out, crc, .. } = summed;
    out.write_all(&crc.finalize().to_be_bytes())
}

/// Reads what [`write_image`] has written of this zone, or an earlier version of this program, which
/// kept no steps.
///
/// # Errors
/// When it is something else.
pub fn read_image(apex: &Name, bytes: &[u8]) -> Result<Image, ImageError> {
    let (whole, crc) = bytes.split_last_chunk::<4>().ok_or(ImageError::Foreign)?;
    let with_steps = whole.strip_prefix(MAGIC);
    let rest = with_steps.or_else(|| whole.strip_prefix(MAGIC_1));
    let rest = rest.ok_or(ImageError::Foreign)?;
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
    let steps = match with_steps {
        Some(_) => input.steps(apex)?,
        None => Vec::new(),
    };
    if !input.0.is_empty() {
        return Err(ImageError::Damaged);
    }
    records.sort();
    Ok(Image { records, steps })
}

struct Summed<'w, W> {
    out: &'w mut W,
    crc: Hasher,
    /// Written so far.
    bytes: usize,
}

impl<W: Write> Summed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.bytes += bytes.len();
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

    /// The steps, the oldest first.
    fn steps(&mut self, apex: &Name) -> Result<Vec<Arc<Step>>, ImageError> {
        let mut steps: VecDeque<Arc<Step>> = VecDeque::new();
        while *self.take()? == [1] {
            let from = Serial(u32::from_be_bytes(*self.take()?));
            let to = Serial(u32::from_be_bytes(*self.take()?));
            let [removed, added] = [self.side()?, self.side()?];
            let step = Step::from_parts(apex.as_ref(), (from, to), removed, added);
            let step = step.ok_or(ImageError::Damaged)?;
            if steps.front().is_some_and(|next| next.from != to) {
                return Err(ImageError::Damaged);
            }
            steps.push_front(Arc::new(step));
        }
        Ok(steps.into())
    }

    fn side(&mut self) -> Result<&'b [u8], ImageError> {
        let len = u32::from_be_bytes(*self.take()?);
        self.split(usize::try_from(len).map_err(|_| ImageError::Damaged)?)
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

const MAGIC: &[u8] = b"zonewright copy 2\n";
const MAGIC_1: &[u8] = b"zonewright copy 1\n";

/// Bytes of steps that always find room, some hundred to thousands of changes of one record; more
/// only up to half of the records' bytes, since a small zone that changes all the time is written all
/// the time.
const LEAST_STEPS: usize = 512 << 10;
