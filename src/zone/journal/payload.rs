//! Entries as the bytes of a frame, and back.
//!
//! `lag, kind, zone, …` where `lag` says how many entries before this one were not known durable. A
//! change is `flags, owner, type` and, if there is an RRset, `TTL, count, (length, data)…`. Owners
//! are kept below the zone where they end in its very bytes, and left out where they repeat.

use wire::name::MAX_LEN;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use super::{Entry, Shown};
use crate::history::Step;
use crate::layer::Layer;
use crate::sum::Sum;
use crate::writer::{Change, Rrset};

/// What stands in a payload.
#[derive(Debug)]
pub(super) enum Record {
    Ceiling {
        zone: Name,
        serial: Serial,
    },
    Commit {
        zone: Name,
        serial: Serial,
        changes: Vec<Change>,
    },
    /// The end of an image, or of a log that was closed.
    End,
    Shown {
        zone: Name,
        shown: Shown,
    },
    Step {
        zone: Name,
        step: Step,
        sum: Sum,
    },
    Forget {
        zone: Name,
    },
    Passed {
        zone: Name,
        serial: Serial,
    },
}

/// Appends the payload of an entry.
pub(super) fn write(buffer: &mut Vec<u8>, lag: u64, entry: &Entry<'_>) {
    write_number(buffer, lag);
    match entry {
        Entry::Ceiling { zone, serial } => {
            buffer.push(CEILING);
            buffer.extend(zone.as_bytes());
            buffer.extend(serial.0.to_be_bytes());
        }
        Entry::Commit {
            zone,
            serial,
            changes,
        } => {
            buffer.push(COMMIT);
            buffer.extend(zone.as_bytes());
            buffer.extend(serial.0.to_be_bytes());
            let mut before: Option<&[u8]> = None;
            for change in *changes {
                write_change(buffer, zone.as_bytes(), before, change);
                before = Some(change.owner.as_bytes());
            }
        }
        Entry::Passed { zone, serial } => {
            buffer.push(PASSED);
            buffer.extend(zone.as_bytes());
            buffer.extend(serial.0.to_be_bytes());
        }
        Entry::Shown { zone, shown } => {
            buffer.push(SHOWN);
            buffer.extend(zone.as_bytes());
            buffer.extend(shown.serial.0.to_be_bytes());
            buffer.extend(shown.sum.0.to_be_bytes());
        }
        Entry::Step { zone, step, sum } => {
            let (removed, added) = step.parts();
            buffer.push(STEP);
            buffer.extend(zone.as_bytes());
            buffer.extend(step.from.0.to_be_bytes());
            buffer.extend(step.to.0.to_be_bytes());
            buffer.extend(sum.0.to_be_bytes());
            write_number(buffer, removed.len() as u64);
            buffer.extend(removed);
            buffer.extend(added);
        }
        Entry::Forget { zone } => {
            buffer.push(FORGET);
            buffer.extend(zone.as_bytes());
        }
    }
}

/// Appends the payload that ends an image, or a log that is closed.
pub(super) fn write_end(buffer: &mut Vec<u8>, lag: u64) {
    write_number(buffer, lag);
    buffer.push(END);
}

fn write_change(buffer: &mut Vec<u8>, zone: &[u8], before: Option<&[u8]>, change: &Change) {
    let owner = change.owner.as_bytes();
    let mut flags = change.layer.to_byte();
    if change.rrset.is_some() {
        flags |= HAS_RRSET;
    }
    if before == Some(owner) {
        buffer.push(flags | SAME_OWNER);
    } else {
        let zone_name = NameRef::from_checked(zone);
        let below = owner.strip_suffix(zone);
        match below.filter(|_| change.owner.as_ref().is_at_or_below(zone_name)) {
            Some(below) => {
                buffer.push(flags | BELOW_ZONE);
                // A name has at most 255 bytes.
                buffer.push(u8::try_from(below.len()).unwrap_or(u8::MAX));
                buffer.extend(below);
            }
            None => {
                buffer.push(flags);
                buffer.extend(owner);
            }
        }
    }
    buffer.extend(change.rtype.0.to_be_bytes());
    let Some(rrset) = &change.rrset else {
        return;
    };
    buffer.extend(rrset.ttl.as_secs().to_be_bytes());
    write_number(buffer, rrset.rdatas.len() as u64);
    for rdata in &rrset.rdatas {
        write_number(buffer, rdata.len() as u64);
        buffer.extend(&**rdata);
    }
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn write_number(buffer: &mut Vec<u8>, mut number: u64) {
    while let rest @ 1.. = number >> 7 {
        buffer.push(number.to_le_bytes()[0] | 0x80);
        number = rest;
    }
    buffer.push(number.to_le_bytes()[0]);
}

/// How many entries before this one were not known durable when it was written.
pub(super) fn read_lag(payload: &[u8]) -> Option<u64> {
    Reader(payload).number()
}

/// Reads a whole payload; none if it is not one.
pub(super) fn read(payload: &[u8]) -> Option<Record> {
    let mut reader = Reader(payload);
    reader.number()?;
    let kind = reader.byte()?;
    let record = match kind {
        CEILING => Record::Ceiling {
            zone: reader.name()?.to_name(),
            serial: Serial(u32::from_be_bytes(reader.array()?)),
        },
        COMMIT => {
            let zone = reader.name()?;
            let serial = Serial(u32::from_be_bytes(reader.array()?));
            let mut changes: Vec<Change> = Vec::new();
            while !reader.0.is_empty() {
                let change = reader.change(zone, changes.last())?;
                changes.push(change);
            }
            Record::Commit {
                zone: zone.to_name(),
                serial,
                changes,
            }
        }
        END => Record::End,
        PASSED => Record::Passed {
            zone: reader.name()?.to_name(),
            serial: Serial(u32::from_be_bytes(reader.array()?)),
        },
        SHOWN => Record::Shown {
            zone: reader.name()?.to_name(),
            shown: Shown {
                serial: Serial(u32::from_be_bytes(reader.array()?)),
                sum: Sum(u64::from_be_bytes(reader.array()?)),
            },
        },
        STEP => reader.step()?,
        FORGET => Record::Forget {
            zone: reader.name()?.to_name(),
        },
        _ => return None,
    };
    reader.0.is_empty().then_some(record)
}

/// What is left of a payload.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn name(&mut self) -> Option<NameRef<'a>> {
        let name = NameRef::read(self.0).ok()?;
        self.take(name.len())?;
        Some(name)
    }

    fn change(&mut self, zone: NameRef<'_>, before: Option<&Change>) -> Option<Change> {
        let flags = self.byte()?;
        let owner = if flags & SAME_OWNER != 0 {
            before?.owner.clone()
        } else if flags & BELOW_ZONE != 0 {
            let below = self.byte()?;
            let below = self.take(below.into())?;
            let mut owner = [0; 2 * MAX_LEN];
            let len = below.len() + zone.len();
            let (start, rest) = owner.split_at_mut_checked(below.len())?;
            start.copy_from_slice(below);
            rest.get_mut(..zone.len())?.copy_from_slice(zone.as_bytes());
            Name::from_wire(owner.get(..len)?).ok()?
        } else {
            self.name()?.to_name()
        };
        let layer = flags & LAYER;
        let layer = Layer::ALL.into_iter().find(|one| one.to_byte() == layer)?;
        let rtype = Rtype(u16::from_be_bytes(self.array()?));
        let rrset = if flags & HAS_RRSET == 0 {
            None
        } else {
            Some(self.rrset(rtype)?)
        };
        Some(Change {
            owner,
            rtype,
            layer,
            rrset,
        })
    }

    /// A step. One that is not whole only tells what was shown after it: transfers are whole then.
    fn step(&mut self) -> Option<Record> {
        let zone = self.name()?;
        let from = Serial(u32::from_be_bytes(self.array()?));
        let serial = Serial(u32::from_be_bytes(self.array()?));
        let sum = Sum(u64::from_be_bytes(self.array()?));
        let removed = usize::try_from(self.number()?).ok()?;
        let removed = self.take(removed)?;
        let added = std::mem::take(&mut self.0);
        let step = Step::from_parts(zone, (from, serial), removed, added);
        let zone = zone.to_name();
        Some(match step {
            Some(step) => Record::Step { zone, step, sum },
            None => Record::Shown {
                zone,
                shown: Shown { serial, sum },
            },
        })
    }

    fn rrset(&mut self, rtype: Rtype) -> Option<Rrset> {
        let ttl = Ttl::from_secs(u32::from_be_bytes(self.array()?));
        // Each record takes a byte at least, so the count asks for no more room than there is.
        let count = usize::try_from(self.number()?).ok()?;
        let mut rdatas = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            let length = usize::try_from(self.number()?).ok()?;
            rdatas.push(self.take(length)?.into());
        }
        Some(Rrset { rtype, ttl, rdatas })
    }
}

// Kinds of entries. A new one needs a new version of the format.
const COMMIT: u8 = 1;
const CEILING: u8 = 2;
const FORGET: u8 = 3;
const END: u8 = 4;
const SHOWN: u8 = 5;
const STEP: u8 = 6;
const PASSED: u8 = 7;

// Flags of a change.
const LAYER: u8 = 0b11;
const HAS_RRSET: u8 = 1 << 2;
const SAME_OWNER: u8 = 1 << 3;
const BELOW_ZONE: u8 = 1 << 4;
