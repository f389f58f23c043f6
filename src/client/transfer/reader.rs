//! The state machine.

use wire::message::{HEADER_LEN, Header, Question, RawRecord, flag};
use wire::name::read_into;
use wire::{Class, Name, NameRef, Opcode, Rcode, Rtype, Serial, Ttl, rdata};

use super::{Form, Incoming, Sink, Transfer, TransferFault};
use crate::answer::Mismatch;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What has changed since this serial.
    Since(Serial),
    /// Everything.
    Whole,
}

/// Reads the messages of one transfer.
#[derive(Debug)]
pub struct Reader {
    zone: Name,
    id: u16,
    wanted: Wanted,
    phase: Phase,
    /// The first record: the SOA that all ends with.
    soa: Soa,
    owner: Vec<u8>,
    rdata: Vec<u8>,
}

/// Where in the stream the next record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing came yet.
    First,
    /// The SOA came; the next record tells what form this has.
    Second,
    /// Records of the zone.
    Whole,
    /// What a step from this serial removes.
    Removing(Serial),
    /// What a step to this serial adds.
    Adding(Serial),
    /// All has come.
    End(Transfer),
}

#[derive(Debug, Default)]
struct Soa {
    ttl: u32,
    rdata: Vec<u8>,
}

impl Reader {
    /// A reader of the answer to the request with this number.
    #[must_use]
    pub fn new(zone: NameRef<'_>, id: u16, wanted: Wanted) -> Self {
        Self {
            zone: zone.to_name(),
            id,
            wanted,
            phase: Phase::First,
            soa: Soa::default(),
            owner: Vec::new(),
            rdata: Vec::new(),
        }
    }

    /// Reads the next message. Tells what the transfer was once it is at its end; no message may
    /// follow then.
    ///
    /// # Errors
    /// When the stream is no transfer of the zone; then all of it is void.
    pub fn read(
        &mut self,
        message: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<Option<Transfer>, TransferFault> {
        if matches!(self.phase, Phase::End(_)) {
            return Err(TransferFault::Excess);
        }
        let (header, mut at) = self.head(message)?;
        let [_, answers, ..] = header.counts;
        if self.phase == Phase::First && answers == 0 {
            return Err(TransferFault::NoRecord);
        }
        let alone = self.phase == Phase::First && answers == 1;
        for _ in 0..answers {
            let raw = RawRecord::read(message, at)?;
            self.owner.clear();
            read_into(message, at, &mut self.owner)?;
            at = raw.end;
            if raw.rtype.is_meta() {
                return Err(TransferFault::Type(raw.rtype));
            }
            if Class(raw.class) != Class::IN {
                return Err(TransferFault::Class);
            }
            self.rdata.clear();
            let len = raw.rdata.len();
            rdata::read(raw.rtype, message, raw.end - len, len, &mut self.rdata)?;
            self.record(raw.rtype, Ttl::from_secs(raw.ttl), sink)?;
        }
        if let (true, Wanted::Since(have)) = (alone, self.wanted)
            && !self.serial().is_newer_than(have)
        {
            // RFC 1995 §2: one SOA of the server's version says that there is nothing newer.
            self.phase = Phase::End(Transfer::Current(self.serial()));
        }
        match self.phase {
            Phase::End(transfer) => Ok(Some(transfer)),
            _ => Ok(None),
        }
    }

    /// Judges the head of a message; tells where its records begin.
    fn head(&self, message: &[u8]) -> Result<(Header, usize), TransferFault> {
        let mismatch = TransferFault::Mismatch;
        let header = Header::read(message).ok_or_else(|| mismatch(Mismatch::Short))?;
        if header.id != self.id {
            return Err(mismatch(Mismatch::Number));
        }
        if !header.is_answer() {
            return Err(mismatch(Mismatch::NoAnswer));
        }
        if header.opcode() != Opcode::QUERY {
            return Err(mismatch(Mismatch::Opcode));
        }
        let rcode = Rcode(header.flags & 0xF);
        if rcode != Rcode::NOERROR {
            return Err(TransferFault::Rcode(rcode));
        }
        if header.flags & flag::TRUNCATED != 0 {
            return Err(TransferFault::Truncated);
        }
        match header.counts {
            // RFC 5936 §2.2.1: the first message repeats the question, later ones may.
            [0, ..] if self.phase != Phase::First => Ok((header, HEADER_LEN)),
            [1, ..] => {
                let question = Question::read(message)?;
                let rtype = match self.wanted {
                    Wanted::Since(_) => Rtype::IXFR,
                    Wanted::Whole => Rtype::AXFR,
                };
                let ours = Question {
                    name: self.zone.as_ref(),
                    rtype,
                    class: Class::IN,
                };
                if question != ours {
                    return Err(mismatch(Mismatch::Question));
                }
                Ok((header, question.end()))
            }
            _ => Err(mismatch(Mismatch::Question)),
        }
    }

    /// Takes the record that owner and data are read of.
    fn record(&mut self, rtype: Rtype, ttl: Ttl, sink: &mut dyn Sink) -> Result<(), TransferFault> {
        let owner = NameRef::read(&self.owner)?;
        if !owner.is_at_or_below(self.zone.as_ref()) {
            return Err(TransferFault::OutOfZone(owner.to_name()));
        }
        let at_apex = owner == self.zone.as_ref();
        let is_soa = rtype == Rtype::SOA;
        if is_soa && !at_apex {
            return Err(TransferFault::OutOfZone(owner.to_name()));
        }
        let record = Incoming {
            owner,
            rtype,
            ttl,
            rdata: &self.rdata,
        };
        let first = Incoming {
            owner: self.zone.as_ref(),
            rtype: Rtype::SOA,
            ttl: Ttl::from_secs(self.soa.ttl),
            rdata: &self.soa.rdata,
        };
        let latest = serial_of(&self.soa.rdata);
        let serial = serial_of(&self.rdata);
        let is_last = is_soa && same_soa(&self.rdata, &self.soa.rdata);
        self.phase = match self.phase {
            Phase::First if !is_soa => return Err(TransferFault::NoSoa(rtype)),
            Phase::First => {
                self.soa = Soa {
                    ttl: ttl.as_secs(),
                    rdata: self.rdata.clone(),
                };
                Phase::Second
            }
            Phase::Second => match self.wanted {
                Wanted::Since(have) if is_soa && serial == have && latest != have => {
                    if !latest.is_newer_than(have) {
                        return Err(TransferFault::Order {
                            from: have,
                            to: latest,
                            expected: have,
                        });
                    }
                    sink.begin(Form::Steps);
                    sink.remove(record)?;
                    Phase::Removing(have)
                }
                _ if is_last => return Err(TransferFault::Empty),
                _ if is_soa => return Err(TransferFault::Last),
                _ => {
                    sink.begin(Form::Whole);
                    sink.add(first)?;
                    sink.add(record)?;
                    Phase::Whole
                }
            },
            Phase::Whole if is_last => Phase::End(Transfer::Whole(latest)),
            Phase::Whole if is_soa => return Err(TransferFault::Last),
            Phase::Whole => {
                sink.add(record)?;
                Phase::Whole
            }
            Phase::Removing(from) if is_soa => {
                let leads_on = serial.is_newer_than(from) && !serial.is_newer_than(latest);
                if !leads_on {
                    return Err(TransferFault::Order {
                        from,
                        to: serial,
                        expected: from,
                    });
                }
                sink.add(record)?;
                Phase::Adding(serial)
            }
            Phase::Removing(from) => {
                sink.remove(record)?;
                Phase::Removing(from)
            }
            Phase::Adding(to) if is_soa && to == latest => {
                if !is_last {
                    return Err(TransferFault::Last);
                }
                Phase::End(Transfer::Steps(latest))
            }
            Phase::Adding(to) if is_soa => {
                if serial != to {
                    return Err(TransferFault::Order {
                        from: serial,
                        to: latest,
                        expected: to,
                    });
                }
                sink.remove(record)?;
                Phase::Removing(to)
            }
            Phase::Adding(to) => {
                sink.add(record)?;
                Phase::Adding(to)
            }
            Phase::End(_) => return Err(TransferFault::Excess),
        };
        Ok(())
    }

    fn serial(&self) -> Serial {
        serial_of(&self.soa.rdata)
    }
}

/// The serial in the data of an SOA, which was checked to be some.
fn serial_of(rdata: &[u8]) -> Serial {
    let numbers = numbers(rdata).and_then(|(_, numbers)| numbers.first_chunk::<4>());
    Serial(numbers.map_or(0, |bytes| u32::from_be_bytes(*bytes)))
}

/// Whether the data of two SOAs is the same; the case of names does not count.
fn same_soa(one: &[u8], two: &[u8]) -> bool {
    match (numbers(one), numbers(two)) {
        (Some((names, numbers)), Some((other_names, other_numbers))) => {
            names.eq_ignore_ascii_case(other_names) && numbers == other_numbers
        }
        _ => false,
    }
}

/// The two names of an SOA, and its five numbers.
fn numbers(rdata: &[u8]) -> Option<(&[u8], &[u8])> {
    rdata.split_at_checked(rdata.len().checked_sub(20)?)
}
