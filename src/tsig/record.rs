//! The TSIG record: found in a message, read with care, written behind one.

use std::fmt;

use wire::error::WireErrorKind;
use wire::message::{HEADER_LEN, Header, RawRecord};
use wire::write::Writer;
use wire::{Class, Name, NameRef, Rtype, WireError};

/// Seconds that clocks may differ (RFC 8945 §10 recommends them).
pub const FUDGE: u16 = 300;

/// The error field of a record (RFC 8945 §3). Any number is legal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TsigError(pub u16);

impl TsigError {
    /// None.
    pub const NONE: Self = Self(0);
    /// The MAC is not that of the message.
    pub const BADSIG: Self = Self(16);
    /// The key is not known, or not with this algorithm.
    pub const BADKEY: Self = Self(17);
    /// The clocks differ by more than the request allows.
    pub const BADTIME: Self = Self(18);
    /// The MAC is shorter than the server accepts.
    pub const BADTRUNC: Self = Self(22);
}

impl fmt::Display for TsigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.pad("NOERROR"),
            Self::BADSIG => f.pad("BADSIG"),
            Self::BADKEY => f.pad("BADKEY"),
            Self::BADTIME => f.pad("BADTIME"),
            Self::BADTRUNC => f.pad("BADTRUNC"),
            Self(other) => write!(f, "{other}"),
        }
    }
}

impl fmt::Debug for TsigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The message has no room for its TSIG record; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no room for the TSIG record of a message")]
pub struct NoRoom;

/// A TSIG record as it stands in a message.
#[derive(Clone, Debug)]
pub struct TsigRecord<'a> {
    /// The name of the key.
    pub name: Name,
    /// The name of the algorithm.
    pub algorithm: NameRef<'a>,
    /// Seconds since 1970 at which it was signed, in 48 bits.
    pub time_signed: u64,
    /// Seconds that clocks may differ.
    pub fudge: u16,
    /// The signature; empty in errors that are not signed.
    pub mac: &'a [u8],
    /// The message's number when it was signed.
    pub original_id: u16,
    /// Why a request was refused.
    pub error: TsigError,
    /// More about that: the server's time.
    pub other: &'a [u8],
}

impl<'a> TsigRecord<'a> {
    /// Reads the record at a place of a message, which must be its last.
    ///
    /// # Errors
    /// When it is cut short, is no TSIG record, its class or TTL are not as they must be, or bytes
    /// follow.
    pub fn read(message: &'a [u8], at: usize) -> Result<Self, WireError> {
        let (name, _) = Name::read(message, at)?;
        let raw = RawRecord::read(message, at)?;
        // RFC 8945 §4.2: class ANY, TTL 0. What is signed has these whatever stands there, so anything
        // else was changed on the way.
        if raw.rtype != Rtype::TSIG || raw.class != Class::ANY.0 || raw.ttl != 0 {
            return Err(WireError::new(WireErrorKind::Pseudo, at));
        }
        if raw.end != message.len() {
            return Err(WireError::new(WireErrorKind::Excess, raw.end));
        }
        let mut rest = Rest {
            bytes: raw.rdata,
            end: raw.end,
        };
        // RFC 8945 §4.2: never compressed.
        let algorithm = NameRef::read(rest.bytes)?;
        rest.take(algorithm.len())?;
        let [a, b, c, d, e, f] = rest.array()?;
        let record = Self {
            name,
            algorithm,
            time_signed: u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
            fudge: rest.word()?,
            mac: rest.sized()?,
            original_id: rest.word()?,
            error: TsigError(rest.word()?),
            other: rest.sized()?,
        };
        if rest.bytes.is_empty() {
            Ok(record)
        } else {
            let at = raw.end - rest.bytes.len();
            Err(WireError::new(WireErrorKind::Excess, at))
        }
    }

    /// Where the TSIG record of a message is, if it has one.
    ///
    /// # Errors
    /// When a record cannot be read, or a TSIG stands where it may not.
    pub fn find(message: &[u8]) -> Result<Option<usize>, WireError> {
        let short = WireError::new(WireErrorKind::Short, message.len());
        let [questions, answers, authorities, additionals] =
            Header::read(message).ok_or(short)?.counts;
        let mut at = HEADER_LEN;
        for _ in 0..questions {
            at = Name::read(message, at)?.1 + 4;
        }
        let records = u32::from(answers) + u32::from(authorities) + u32::from(additionals);
        let mut found = None;
        for left in (0..records).rev() {
            let record = RawRecord::read(message, at)?;
            if record.rtype == Rtype::TSIG {
                // RFC 8945 §5.1: the last record of the additional section.
                if left != 0 || additionals == 0 {
                    return Err(WireError::new(WireErrorKind::Pseudo, at));
                }
                found = Some(at);
            }
            at = record.end;
        }
        if at == message.len() {
            Ok(found)
        } else {
            Err(WireError::new(WireErrorKind::Excess, at))
        }
    }

    /// The time in the other data of a BADTIME.
    #[must_use]
    pub fn server_time(&self) -> Option<u64> {
        let [a, b, c, d, e, f] = *<&[u8; 6]>::try_from(self.other).ok()?;
        Some(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// Whether `now` is as near to the time of the signature as it says (RFC 8945 §5.2.3).
    #[must_use]
    pub fn is_timely(&self, now: u64) -> bool {
        now.abs_diff(self.time_signed) <= u64::from(self.fudge)
    }

    /// How many bytes it takes, its name uncompressed.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        let names = self.name.as_bytes().len() + self.algorithm.len();
        names + FIXED_LEN + self.mac.len() + self.other.len()
    }

    /// Appends the record to the message in the first `len` bytes; gives its new length.
    ///
    /// # Errors
    /// When it does not fit there, or the message is none or has as many records as it can have.
    pub(crate) fn write(&self, message: &mut [u8], len: usize) -> Result<usize, NoRoom> {
        let end = len.checked_add(self.len()).ok_or(NoRoom)?;
        if len < HEADER_LEN || end > message.len().min(usize::from(u16::MAX)) {
            return Err(NoRoom);
        }
        let [_, _, _, count] = Header::read(message).ok_or(NoRoom)?.counts;
        let count = count.checked_add(1).ok_or(NoRoom)?;
        let mut writer = Writer::new(message, len, end);
        self.put(&mut writer).map_err(|_| NoRoom)?;
        if let Some(slot) = message.get_mut(COUNT_AT..HEADER_LEN) {
            slot.copy_from_slice(&count.to_be_bytes());
        }
        Ok(end)
    }

    fn put(&self, writer: &mut Writer<'_, '_>) -> Result<(), wire::write::Full> {
        let size = |bytes: &[u8]| u16::try_from(bytes.len()).map_err(|_| wire::write::Full);
        let head = self.name.as_bytes().len() + HEAD_LEN;
        let data = u16::try_from(self.len() - head).map_err(|_| wire::write::Full)?;
        writer.put(self.name.as_bytes())?;
        writer.put(&Rtype::TSIG.0.to_be_bytes())?;
        writer.put(&Class::ANY.0.to_be_bytes())?;
        writer.put(&[0; 4])?;
        writer.put(&data.to_be_bytes())?;
        writer.put(self.algorithm.as_bytes())?;
        writer.put(&time_bytes(self.time_signed))?;
        writer.put(&self.fudge.to_be_bytes())?;
        writer.put(&size(self.mac)?.to_be_bytes())?;
        writer.put(self.mac)?;
        writer.put(&self.original_id.to_be_bytes())?;
        writer.put(&self.error.0.to_be_bytes())?;
        writer.put(&size(self.other)?.to_be_bytes())?;
        writer.put(self.other)
    }
}

/// Seconds since 1970 in the 48 bits that a record has for them.
pub(crate) fn time_bytes(time: u64) -> [u8; 6] {
    let [_, _, a, b, c, d, e, f] = time.min(MAX_TIME).to_be_bytes();
    [a, b, c, d, e, f]
}

/// The rest of a record's data, which ends at `end` of the message.
struct Rest<'a> {
    bytes: &'a [u8],
    end: usize,
}

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let short = WireError::new(WireErrorKind::Short, self.end);
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(short)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let short = WireError::new(WireErrorKind::Short, self.end);
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(short)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn word(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Bytes behind their number.
    fn sized(&mut self) -> Result<&'a [u8], WireError> {
        let count = self.word()?;
        self.take(usize::from(count))
    }
}

/// Type, class, TTL and length of the data.
const HEAD_LEN: usize = 10;
/// What has one length in every record: the head, time, fudge, number, error and two lengths.
pub(crate) const FIXED_LEN: usize = HEAD_LEN + 16;
/// Where the number of additional records is.
const COUNT_AT: usize = HEADER_LEN - 2;
/// The greatest time of 48 bits.
const MAX_TIME: u64 = (1 << 48) - 1;
