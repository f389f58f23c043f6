//! Requests: the header, the one question, and what else a query may carry.
//!
//! ```text
//! bytes → Header → Query (question, EDNS, the place of a TSIG) → an answer, or a Fault
//! ```
//!
//! Everything is borrowed from the packet. Counts are not trusted: they only say how many records to
//! look for, and the packet ends when it ends.

use crate::edns::{Edns, Options};
use crate::error::{WireError, WireErrorKind};
use crate::name::{Name, NameRef};
use crate::types::{Class, Opcode, Rtype, Serial};

/// The bytes of a header.
pub const HEADER_LEN: usize = 12;

/// Bits of the header's second word.
pub mod flag {
    /// This is an answer.
    pub const ANSWER: u16 = 0x8000;
    /// The four bits of the opcode.
    pub const OPCODE: u16 = 0x7800;
    /// The answer is authoritative.
    pub const AUTHORITATIVE: u16 = 0x0400;
    /// The answer was cut.
    pub const TRUNCATED: u16 = 0x0200;
    /// Recursion is desired.
    pub const RECURSION_DESIRED: u16 = 0x0100;
}

/// The first twelve bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The number that pairs question and answer.
    pub id: u16,
    /// Flags, opcode and response code as they stand.
    pub flags: u16,
    /// Records in question, answer, authority and additional section.
    pub counts: [u16; 4],
}

impl Header {
    /// Reads a header, if there is one.
    #[inline]
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *message.first_chunk::<HEADER_LEN>()?;
        let word = |high, low| u16::from_be_bytes([high, low]);
        Some(Self {
            id: word(a, b),
            flags: word(c, d),
            counts: [word(e, f), word(g, h), word(i, j), word(k, l)],
        })
    }

    /// Whether the message is an answer.
    #[must_use]
    pub fn is_answer(self) -> bool {
        self.flags & flag::ANSWER != 0
    }

    /// What the message asks for.
    #[must_use]
    pub fn opcode(self) -> Opcode {
        let [high, _] = self.flags.to_be_bytes();
        Opcode(high >> 3 & 0x0F)
    }
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The name, in the case it was asked in.
    pub name: NameRef<'a>,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: Class,
}

impl<'a> Question<'a> {
    /// Reads the question behind the header. Its name must not be compressed: there is nothing
    /// before it to point to.
    ///
    /// # Errors
    /// When it is cut short or its name is none.
    #[inline]
    pub fn read(message: &'a [u8]) -> Result<Self, WireError> {
        let short = WireError::new(WireErrorKind::Short, message.len());
        let rest = message.get(HEADER_LEN..).ok_or(short)?;
        let name = NameRef::read(rest)?;
        let fixed = rest
            .get(name.len()..)
            .and_then(|rest| rest.first_chunk::<4>());
        let [type_high, type_low, class_high, class_low] = *fixed.ok_or(short)?;
        Ok(Self {
            name,
            rtype: Rtype(u16::from_be_bytes([type_high, type_low])),
            class: Class(u16::from_be_bytes([class_high, class_low])),
        })
    }

    /// Where the question ends in its message.
    #[must_use]
    pub fn end(&self) -> usize {
        HEADER_LEN + self.name.len() + 4
    }
}

/// The OPT record of most requests: all that stands behind the question, which ends at `at`, and
/// without options. Whatever else stands there is for [`Trailer::read`].
#[inline]
#[must_use]
pub fn lone_edns(message: &[u8], header: Header, at: usize) -> Option<Edns<'_>> {
    let ([_, 0, 0, 1], Some([0, 0, 41, size_high, size_low, 0, 0, flags, _, 0, 0])) =
        (header.counts, message.get(at..))
    else {
        return None;
    };
    Some(Edns {
        udp_size: u16::from_be_bytes([*size_high, *size_low]),
        version: 0,
        dnssec_ok: flags & 0x80 != 0,
        options: Options::default(),
    })
}

/// An ordinary request: one question of class IN for a type that records have, and nothing else but
/// an OPT record without options, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// The type.
    pub rtype: Rtype,
    /// What the OPT record says, if there is one.
    pub opt: Option<PlainOpt>,
}

/// What an OPT record without options says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainOpt {
    /// The largest answer the client takes over UDP.
    pub udp_size: u16,
    /// Whether the client understands DNSSEC.
    pub dnssec_ok: bool,
}

impl Plain {
    /// What a request is by its header and by what stands behind the name of its question; none is
    /// said of requests that are anything else, such as those for [`Question::read`] to judge.
    #[inline]
    #[must_use]
    pub fn read(header: &[u8; HEADER_LEN], behind: &[u8]) -> Option<Self> {
        let [_, _, flags, _, counts @ ..] = *header;
        // Neither an answer nor another opcode than QUERY.
        if flags & 0xF8 != 0 {
            return None;
        }
        let (fixed, opt) = match (u64::from_be_bytes(counts), behind.len()) {
            (ONE_QUESTION, 4) => (behind.first_chunk::<4>()?, None),
            (ONE_QUESTION_AND_OPT, PLAIN_BEHIND) => {
                let [
                    fixed @ ..,
                    0,
                    0,
                    41,
                    size_high,
                    size_low,
                    0,
                    0,
                    flags,
                    _,
                    0,
                    0,
                ] = behind.first_chunk::<PLAIN_BEHIND>()?
                else {
                    return None;
                };
                let opt = PlainOpt {
                    udp_size: u16::from_be_bytes([*size_high, *size_low]),
                    dnssec_ok: flags & 0x80 != 0,
                };
                (fixed, Some(opt))
            }
            _ => return None,
        };
        let [type_high, type_low, class_high, class_low] = *fixed;
        let rtype = Rtype(u16::from_be_bytes([type_high, type_low]));
        let class = Class(u16::from_be_bytes([class_high, class_low]));
        (class == Class::IN && !rtype.is_meta()).then_some(Self { rtype, opt })
    }
}

impl PlainOpt {
    /// The same in general terms.
    #[must_use]
    pub fn edns(self) -> Edns<'static> {
        Edns {
            udp_size: self.udp_size,
            version: 0,
            dnssec_ok: self.dnssec_ok,
            options: Options::default(),
        }
    }
}

/// The counts of a request with a question, and of one with an additional record besides.
const ONE_QUESTION: u64 = 1 << 48;
const ONE_QUESTION_AND_OPT: u64 = ONE_QUESTION | 1;
/// Bytes behind the name of a question with an OPT record that has no options.
const PLAIN_BEHIND: usize = 4 + 11;

/// Records behind the question of a query: an SOA for IXFR, OPT, TSIG, and some to spare.
const MOST_RECORDS: u32 = 16;

/// What stands behind the question of a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trailer<'a> {
    /// The OPT record, if there is one.
    pub edns: Option<Edns<'a>>,
    /// Where a TSIG record starts, if there is one.
    pub tsig: Option<usize>,
}

impl<'a> Trailer<'a> {
    /// Reads the records behind the question, which ends at `at`.
    ///
    /// # Errors
    /// When a record is cut short, bytes are left over, or an OPT or TSIG stands where it may not.
    pub fn read(message: &'a [u8], header: Header, at: usize) -> Result<Self, WireError> {
        let [_, answers, authorities, additionals] = header.counts;
        let mut trailer = Self::default();
        // An UPDATE is looked into once it is known who sends it. No query has many records, and each
        // costs far more than an ordinary question does.
        let whole = header.opcode() != Opcode::UPDATE;
        let count = u32::from(answers) + u32::from(authorities) + u32::from(additionals);
        if whole && count > MOST_RECORDS {
            return Err(WireError::new(WireErrorKind::Excess, at));
        }
        let mut at = at;
        for _ in 0..u32::from(answers) + u32::from(authorities) {
            let record = RawRecord::read(message, at)?;
            if record.rtype == Rtype::OPT || record.rtype == Rtype::TSIG {
                return Err(WireError::new(WireErrorKind::Pseudo, at));
            }
            if whole {
                record.check(message, at)?;
            }
            at = record.end;
        }
        for left in (0..additionals).rev() {
            let record = RawRecord::read(message, at)?;
            let misplaced = WireError::new(WireErrorKind::Pseudo, at);
            match record.rtype {
                Rtype::OPT => {
                    // RFC 6891 §6.1.1: one OPT at most, and its name is the root.
                    if trailer.edns.is_some() || message.get(at) != Some(&0) {
                        return Err(misplaced);
                    }
                    trailer.edns = Some(record.edns()?);
                }
                Rtype::TSIG => {
                    // RFC 8945 §5.2: the last record, and the only one of its kind.
                    if left != 0 {
                        return Err(misplaced);
                    }
                    if whole {
                        record.check(message, at)?;
                    }
                    trailer.tsig = Some(at);
                }
                _ if whole => record.check(message, at)?,
                _ => {}
            }
            at = record.end;
        }
        if at == message.len() {
            Ok(trailer)
        } else {
            Err(WireError::new(WireErrorKind::Excess, at))
        }
    }

    /// Looks for the OPT record of a message that is answered with an error anyway, so that the
    /// answer can carry one too (RFC 6891 §7). What cannot be read has none.
    #[must_use]
    pub fn salvage(message: &'a [u8], header: Header) -> Option<Edns<'a>> {
        let [questions, answers, authorities, additionals] = header.counts;
        let mut at = HEADER_LEN;
        for _ in 0..questions {
            at = skip_name(message, at).ok()? + 4;
        }
        for _ in 0..u32::from(answers) + u32::from(authorities) {
            at = RawRecord::read(message, at).ok()?.end;
        }
        for _ in 0..additionals {
            let record = RawRecord::read(message, at).ok()?;
            if record.rtype == Rtype::OPT {
                return record.edns().ok();
            }
            at = record.end;
        }
        None
    }
}

/// A record of a message, its owner passed over and its data not looked into.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// The type.
    pub rtype: Rtype,
    /// The class, or what EDNS made of it.
    pub class: u16,
    /// The TTL, or what EDNS made of it.
    pub ttl: u32,
    /// The data as it stands, perhaps with compressed names.
    pub rdata: &'a [u8],
    /// Where the record ends.
    pub end: usize,
}

impl<'a> RawRecord<'a> {
    /// Reads the record at a place of a message.
    ///
    /// # Errors
    /// When it is cut short or its owner is no name.
    pub fn read(message: &'a [u8], at: usize) -> Result<Self, WireError> {
        let at = skip_name(message, at)?;
        let short = WireError::new(WireErrorKind::Short, at);
        let fixed = message
            .get(at..)
            .and_then(|rest| rest.first_chunk::<10>())
            .ok_or(short)?;
        let [a, b, c, d, e, f, g, h, i, j] = *fixed;
        let begin = at + 10;
        let end = begin + usize::from(u16::from_be_bytes([i, j]));
        Ok(Self {
            rtype: Rtype(u16::from_be_bytes([a, b])),
            class: u16::from_be_bytes([c, d]),
            ttl: u32::from_be_bytes([e, f, g, h]),
            rdata: message.get(begin..end).ok_or(short)?,
            end,
        })
    }

    /// Whether the owner, at `at`, is a name and the data fits the type. Such records are rare in requests, so this may allocate.
    fn check(&self, message: &[u8], at: usize) -> Result<(), WireError> {
        crate::name::read_into(message, at, &mut Vec::new())?;
        // RFC 2136 and its like: no data stands for "any", and class says so.
        if self.rdata.is_empty() && self.class != Class::IN.0 {
            return Ok(());
        }
        let at = self.end - self.rdata.len();
        crate::rdata::read(self.rtype, message, at, self.rdata.len(), &mut Vec::new())
    }

    fn edns(&self) -> Result<Edns<'a>, WireError> {
        let [_, version, flags, _] = self.ttl.to_be_bytes();
        Ok(Edns {
            udp_size: self.class,
            version,
            dnssec_ok: flags & 0x80 != 0,
            options: Options::read(self.rdata)?,
        })
    }
}

/// The serial of the record at a place, if it is the SOA of this zone.
#[must_use]
pub fn soa_serial(message: &[u8], at: usize, zone: NameRef<'_>) -> Option<Serial> {
    let (owner, _) = Name::read(message, at).ok()?;
    let record = RawRecord::read(message, at).ok()?;
    if record.rtype != Rtype::SOA || owner.as_ref() != zone {
        return None;
    }
    let (len, mut rdata) = (record.rdata.len(), Vec::new());
    crate::rdata::read(Rtype::SOA, message, record.end - len, len, &mut rdata).ok()?;
    // The first of the five numbers that the data ends with (RFC 1035 §3.3.13).
    let [a, b, c, d, ..] = *rdata.last_chunk::<20>()?;
    Some(Serial(u32::from_be_bytes([a, b, c, d])))
}

/// Where the message goes on after the name at a place; pointers are not followed.
fn skip_name(message: &[u8], at: usize) -> Result<usize, WireError> {
    let begin = at;
    let mut at = at;
    loop {
        let length = *message
            .get(at)
            .ok_or_else(|| WireError::new(WireErrorKind::Short, at))?;
        match length {
            0 => return Ok(at + 1),
            1..=63 => at += 1 + usize::from(length),
            0xC0..=0xFF => return Ok(at + 2),
            _ => return Err(WireError::new(WireErrorKind::LabelType, at)),
        }
        if at - begin > crate::name::MAX_LEN {
            return Err(WireError::new(WireErrorKind::NameLength, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] =
        b"\x12\x34\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x03wWw\x00\x00\x01\x00\x01";

    fn with(additionals: &[&[u8]]) -> Vec<u8> {
        let mut message = QUERY.to_vec();
        message[11] = u8::try_from(additionals.len()).unwrap();
        message.extend(additionals.iter().flat_map(|record| record.iter()));
        message
    }

    fn trailer(message: &[u8]) -> Result<Trailer<'_>, WireErrorKind> {
        let header = Header::read(message).unwrap();
        let question = Question::read(message).unwrap();
        Trailer::read(message, header, question.end()).map_err(|error| error.kind)
    }

    #[test]
    fn a_query_is_read_in_its_own_case() {
        let header = Header::read(QUERY).unwrap();
        assert_eq!(
            (header.id, header.opcode(), header.is_answer()),
            (0x1234, Opcode::QUERY, false)
        );
        let question = Question::read(QUERY).unwrap();
        assert_eq!(question.name.as_bytes(), b"\x03wWw\x00");
        assert_eq!((question.rtype, question.class), (Rtype::A, Class::IN));
        assert_eq!(trailer(QUERY), Ok(Trailer::default()));
    }

    #[test]
    fn edns_is_found_and_only_once() {
        let opt: &[u8] = b"\x00\x00\x29\x04\xD0\x00\x00\x80\x00\x00\x04\x00\x03\x00\x00";
        let one = with(&[opt]);
        let edns = trailer(&one).unwrap().edns.unwrap();
        assert_eq!(
            (edns.udp_size, edns.version, edns.dnssec_ok),
            (1232, 0, true)
        );
        assert!(edns.options.nsid);
        assert_eq!(trailer(&with(&[opt, opt])), Err(WireErrorKind::Pseudo));
        let owned: &[u8] = b"\x01a\x00\x00\x29\x04\xD0\x00\x00\x80\x00\x00\x00";
        assert_eq!(trailer(&with(&[owned])), Err(WireErrorKind::Pseudo));
    }

    #[test]
    fn lone_edns_is_what_a_trailer_of_it_says() {
        let opt: &[u8] = b"\x00\x00\x29\x04\xD0\x00\x00\x80\x00\x00\x00";
        let lone = |message: &[u8]| {
            let header = Header::read(message).unwrap();
            lone_edns(message, header, QUERY.len()).map(|edns| (edns.udp_size, edns.dnssec_ok))
        };
        let one = with(&[opt]);
        assert_eq!(lone(&one), Some((1232, true)));
        let edns = trailer(&one).unwrap().edns.unwrap();
        assert_eq!(
            lone_edns(&one, Header::read(&one).unwrap(), QUERY.len()),
            Some(edns)
        );
        // Each byte that must be as it is, and each that may be any.
        for at in [0, 1, 2, 5, 6, 9, 10] {
            let mut other = one.clone();
            other[QUERY.len() + at] ^= 1;
            assert_eq!(lone(&other), None, "{at}");
        }
        for other in [with(&[]), with(&[opt, opt]), one[..one.len() - 1].to_vec()] {
            assert_eq!(lone(&other), None);
        }
    }

    #[test]
    fn leftover_bytes_and_missing_records_are_errors() {
        let mut message = with(&[]);
        message.push(0);
        assert_eq!(trailer(&message), Err(WireErrorKind::Excess));
        let mut message = with(&[]);
        message[7] = 1;
        assert_eq!(trailer(&message), Err(WireErrorKind::Short));
        let tsig: &[u8] = b"\x00\x00\xFA\x00\xFF\x00\x00\x00\x00\x00\x00";
        assert_eq!(trailer(&with(&[tsig])).unwrap().tsig, Some(QUERY.len()));
        let opt: &[u8] = b"\x00\x00\x29\x04\xD0\x00\x00\x00\x00\x00\x00";
        assert_eq!(trailer(&with(&[tsig, opt])), Err(WireErrorKind::Pseudo));
    }
}
