//! Answers: whether one is to our request, and the records in it.

use wire::message::{HEADER_LEN, Header, Question, RawRecord, flag};
use wire::{Class, Name, NameRef, Opcode, Rcode, Rtype, Ttl, WireError, rdata};

/// Why a message is no answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// No answer bit.
    #[error("it is no answer")]
    NoAnswer,
    /// Another number.
    #[error("it answers another request: its number differs")]
    Number,
    /// Another kind of request.
    #[error("it answers another kind of request")]
    Opcode,
    /// Another question.
    #[error("it answers another question")]
    Question,
    /// Shorter than a header.
    #[error("it is shorter than a message can be")]
    Short,
}

/// An answer to our request.
#[derive(Clone, Debug)]
pub struct Answer {
    message: Vec<u8>,
    header: Header,
    /// Where the records begin.
    begin: usize,
}

/// A section of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Records that answer.
    Answer,
    /// Records about who is authoritative.
    Authority,
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub owner: Name,
    /// The type.
    pub rtype: Rtype,
    /// The TTL.
    pub ttl: Ttl,
    /// The data, names in it whole.
    pub rdata: Box<[u8]>,
}

/// What answers a question: the records of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The least TTL.
    pub ttl: Ttl,
    /// The data of each.
    pub rdatas: Vec<Box<[u8]>>,
}

impl Answer {
    /// Takes a message that answers a request.
    ///
    /// # Errors
    /// When it answers something else.
    pub fn of(request: &[u8], message: Vec<u8>) -> Result<Self, Mismatch> {
        let asked = Header::read(request).ok_or(Mismatch::Short)?;
        let header = Header::read(&message).ok_or(Mismatch::Short)?;
        if header.id != asked.id {
            return Err(Mismatch::Number);
        }
        if !header.is_answer() {
            return Err(Mismatch::NoAnswer);
        }
        if header.opcode() != asked.opcode() {
            return Err(Mismatch::Opcode);
        }
        let begin = match header.counts {
            // RFC 2136 §3.8, and servers that could not read the question.
            [0, ..] if asked.opcode() == Opcode::UPDATE || header.flags & 0xF != 0 => HEADER_LEN,
            [1, ..] => {
                let ours = Question::read(request).map_err(|_| Mismatch::Question)?;
                let theirs = Question::read(&message).map_err(|_| Mismatch::Question)?;
                if ours != theirs {
                    return Err(Mismatch::Question);
                }
                theirs.end()
            }
            _ => return Err(Mismatch::Question),
        };
        Ok(Self {
            message,
            header,
            begin,
        })
    }

    /// The response code. We ask without EDNS, so it has four bits.
    #[must_use]
    pub fn rcode(&self) -> Rcode {
        Rcode(self.header.flags & 0xF)
    }

    /// Whether the server is authoritative.
    #[must_use]
    pub fn is_authoritative(&self) -> bool {
        self.header.flags & flag::AUTHORITATIVE != 0
    }

    /// Whether it was cut.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.header.flags & flag::TRUNCATED != 0
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.message
    }

    /// The records of the first two sections that are of class IN, in their order.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        let [_, answers, authorities, _] = self.header.counts;
        Records {
            message: &self.message,
            at: self.begin,
            answers,
            authorities,
        }
    }

    /// The data of the records that answer for a name and type.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn rrset(&self, owner: NameRef<'_>, rtype: Rtype) -> Result<Option<Found>, WireError> {
        let mut found: Option<Found> = None;
        for item in self.records() {
            let (section, record) = item?;
            if section != Section::Answer || record.rtype != rtype || record.owner.as_ref() != owner
            {
                continue;
            }
            let found = found.get_or_insert(Found {
                ttl: record.ttl,
                rdatas: Vec::new(),
            });
            found.ttl = found.ttl.min(record.ttl);
            found.rdatas.push(record.rdata);
        }
        Ok(found)
    }
}

/// The records of an answer, each with its section.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    message: &'a [u8],
    at: usize,
    answers: u16,
    authorities: u16,
}

impl Records<'_> {
    fn read(&mut self) -> Result<Option<Record>, WireError> {
        let raw = RawRecord::read(self.message, self.at)?;
        let (owner, _) = Name::read(self.message, self.at)?;
        self.at = raw.end;
        if raw.class != Class::IN.0 || raw.rtype.is_meta() {
            return Ok(None);
        }
        let (len, mut data) = (raw.rdata.len(), Vec::new());
        rdata::read(raw.rtype, self.message, raw.end - len, len, &mut data)?;
        Ok(Some(Record {
            owner,
            rtype: raw.rtype,
            ttl: Ttl::from_secs(raw.ttl),
            rdata: data.into(),
        }))
    }
}

impl Iterator for Records<'_> {
    type Item = Result<(Section, Record), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let section = if self.answers > 0 {
                self.answers -= 1;
                Section::Answer
            } else if self.authorities > 0 {
                self.authorities -= 1;
                Section::Authority
            } else {
                return None;
            };
            match self.read() {
                Ok(None) => {}
                Ok(Some(record)) => return Some(Ok((section, record))),
                Err(error) => {
                    (self.answers, self.authorities) = (0, 0);
                    return Some(Err(error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose;

    #[test]
    fn only_what_answers_the_request_is_taken() {
        let zone = Name::from_text(b"example.org.", None).unwrap();
        let request = compose::query(0x1234, zone.as_ref(), Rtype::SOA);
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut answer = request.clone();
            answer[2] |= 0x84;
            change(&mut answer);
            Answer::of(&request, answer).map(|answer| answer.rcode())
        };
        assert_eq!(with(&|_| {}), Ok(Rcode::NOERROR));
        // RFC 4343: the case of the question may differ.
        assert_eq!(with(&|answer| answer[13] = b'E'), Ok(Rcode::NOERROR));
        assert_eq!(with(&|answer| answer[0] = 0), Err(Mismatch::Number));
        assert_eq!(with(&|answer| answer[2] = 0), Err(Mismatch::NoAnswer));
        assert_eq!(with(&|answer| answer[2] = 0xA8), Err(Mismatch::Opcode));
        assert_eq!(with(&|answer| answer[13] = b'f'), Err(Mismatch::Question));
        assert_eq!(with(&|answer| answer[5] = 2), Err(Mismatch::Question));
        assert_eq!(with(&|answer| answer[5] = 0), Err(Mismatch::Question));
        let refused = |answer: &mut Vec<u8>| {
            answer.truncate(12);
            (answer[3], answer[5]) = (5, 0);
        };
        assert_eq!(with(&refused), Ok(Rcode::REFUSED));
        assert_eq!(with(&|answer| answer.truncate(9)), Err(Mismatch::Short));
    }
}
