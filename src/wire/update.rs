//! UPDATE messages (RFC 2136): which zone, under which conditions, what is to be done.
//!
//! ```text
//! bytes → zone, prerequisites, operations (names and data uncompressed), or a response code
//! ```
//!
//! What can be judged without the zone's contents is judged here: classes, TTLs, types, and whether
//! each name is in the zone.

use crate::error::WireError;
use crate::message::{HEADER_LEN, Header, RawRecord};
use crate::name::Name;
use crate::rdata;
use crate::types::{Class, Rcode, Rtype, Ttl};

/// An UPDATE request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The apex of the zone.
    pub zone: Name,
    /// What must hold, all of it, before anything is done.
    pub prerequisites: Vec<Prerequisite>,
    /// What is to be done, one after the other.
    pub operations: Vec<Operation>,
}

/// A condition (RFC 2136 §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prerequisite {
    /// The name has some record.
    NameInUse(Name),
    /// The name has no record.
    NameNotInUse(Name),
    /// The name has records of the type.
    RrsetExists(Name, Rtype),
    /// The name has no record of the type.
    RrsetMissing(Name, Rtype),
    /// This record is among those of its name and type; together with the other conditions for the
    /// same name and type these are all there are.
    RrsetHolds(Name, Rtype, Box<[u8]>),
}

impl Prerequisite {
    /// The name that it is about.
    #[must_use]
    pub fn owner(&self) -> &Name {
        match self {
            Self::NameInUse(owner)
            | Self::NameNotInUse(owner)
            | Self::RrsetExists(owner, _)
            | Self::RrsetMissing(owner, _)
            | Self::RrsetHolds(owner, ..) => owner,
        }
    }
}

/// Something to be done (RFC 2136 §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The name.
    pub owner: Name,
    /// What is to be done at it.
    pub action: Action,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds a record.
    Add(Rtype, Ttl, Box<[u8]>),
    /// Deletes one record.
    DeleteRecord(Rtype, Box<[u8]>),
    /// Deletes all records of a type.
    DeleteRrset(Rtype),
    /// Deletes all records of all types.
    DeleteName,
}

impl Action {
    /// The type of the records it is about; none means all.
    #[must_use]
    pub fn rtype(&self) -> Option<Rtype> {
        match self {
            Self::Add(rtype, ..) | Self::DeleteRecord(rtype, _) | Self::DeleteRrset(rtype) => {
                Some(*rtype)
            }
            Self::DeleteName => None,
        }
    }
}

impl Update {
    /// Reads the sections of an UPDATE. What stands in the additional section is left alone.
    ///
    /// # Errors
    /// The response code: FORMERR for what cannot be read or may not stand where it does, NOTZONE
    /// for a name outside the zone.
    pub fn read(message: &[u8], header: Header) -> Result<Self, Rcode> {
        let [zones, prerequisites, operations, _] = header.counts;
        if zones != 1 {
            return Err(Rcode::FORMERR);
        }
        let (zone, at) = Name::read(message, HEADER_LEN).map_err(WireError::rcode)?;
        let Some([rtype_high, rtype_low, class_high, class_low]) =
            message.get(at..).and_then(|rest| rest.first_chunk::<4>())
        else {
            return Err(Rcode::FORMERR);
        };
        let class = Class(u16::from_be_bytes([*class_high, *class_low]));
        if Rtype(u16::from_be_bytes([*rtype_high, *rtype_low])) != Rtype::SOA {
            return Err(Rcode::FORMERR);
        }
        if class != Class::IN {
            return Err(Rcode::NOTAUTH);
        }
        let mut update = Self {
            zone,
            prerequisites: Vec::new(),
            operations: Vec::new(),
        };
        let mut at = at + 4;
        for _ in 0..prerequisites {
            let record = Record::read(message, &mut at)?;
            update
                .prerequisites
                .push(record.prerequisite(message, &update.zone)?);
        }
        for _ in 0..operations {
            let record = Record::read(message, &mut at)?;
            record.check_zone(&update.zone)?;
            let action = record.action(message)?;
            let owner = record.owner;
            update.operations.push(Operation { owner, action });
        }
        Ok(update)
    }
}

/// A record of a section, with its owner.
struct Record<'a> {
    owner: Name,
    raw: RawRecord<'a>,
}

impl<'a> Record<'a> {
    fn read(message: &'a [u8], at: &mut usize) -> Result<Self, Rcode> {
        let raw = RawRecord::read(message, *at).map_err(WireError::rcode)?;
        let (owner, _) = Name::read(message, *at).map_err(WireError::rcode)?;
        *at = raw.end;
        Ok(Self { owner, raw })
    }

    fn check_zone(&self, zone: &Name) -> Result<(), Rcode> {
        if self.owner.as_ref().is_at_or_below(zone.as_ref()) {
            Ok(())
        } else {
            Err(Rcode::NOTZONE)
        }
    }

    /// RFC 2136 §3.2.5, read as in its pseudocode.
    fn prerequisite(&self, message: &[u8], zone: &Name) -> Result<Prerequisite, Rcode> {
        let (owner, rtype) = (self.owner.clone(), self.raw.rtype);
        let empty = self.raw.rdata.is_empty();
        if self.raw.ttl != 0 || (rtype.is_meta() && rtype != Rtype::ANY) {
            return Err(Rcode::FORMERR);
        }
        self.check_zone(zone)?;
        match (Class(self.raw.class), rtype) {
            (Class::ANY, Rtype::ANY) if empty => Ok(Prerequisite::NameInUse(owner)),
            (Class::ANY, _) if empty => Ok(Prerequisite::RrsetExists(owner, rtype)),
            (Class::NONE, Rtype::ANY) if empty => Ok(Prerequisite::NameNotInUse(owner)),
            (Class::NONE, _) if empty => Ok(Prerequisite::RrsetMissing(owner, rtype)),
            (Class::IN, rtype) if rtype != Rtype::ANY => {
                Ok(Prerequisite::RrsetHolds(owner, rtype, self.data(message)?))
            }
            _ => Err(Rcode::FORMERR),
        }
    }

    /// RFC 2136 §3.4.1.
    fn action(&self, message: &[u8]) -> Result<Action, Rcode> {
        let rtype = self.raw.rtype;
        let plain = !rtype.is_meta();
        let bare = self.raw.ttl == 0 && self.raw.rdata.is_empty();
        match Class(self.raw.class) {
            Class::IN if plain => {
                let ttl = Ttl::from_secs(self.raw.ttl);
                Ok(Action::Add(rtype, ttl, self.data(message)?))
            }
            Class::ANY if bare && rtype == Rtype::ANY => Ok(Action::DeleteName),
            Class::ANY if bare && plain => Ok(Action::DeleteRrset(rtype)),
            Class::NONE if plain && self.raw.ttl == 0 => {
                Ok(Action::DeleteRecord(rtype, self.data(message)?))
            }
            _ => Err(Rcode::FORMERR),
        }
    }

    fn data(&self, message: &[u8]) -> Result<Box<[u8]>, Rcode> {
        let (len, mut out) = (self.raw.rdata.len(), Vec::new());
        let at = self.raw.end - len;
        rdata::read(self.raw.rtype, message, at, len, &mut out).map_err(WireError::rcode)?;
        Ok(out.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An UPDATE of "zone." with one record in the section: 1 for prerequisites, 2 for operations.
    fn read(section: usize, record: &[u8]) -> Result<Update, Rcode> {
        let mut message = vec![0, 7, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message[5 + 2 * section] = 1;
        message.extend(b"\x04zone\x00\x00\x06\x00\x01");
        message.extend(record);
        Update::read(&message, Header::read(&message).unwrap())
    }

    fn record(owner: &[u8], rtype: Rtype, class: Class, ttl: u32, rdata: &[u8]) -> Vec<u8> {
        let mut record = owner.to_vec();
        record.extend(rtype.0.to_be_bytes());
        record.extend(class.0.to_be_bytes());
        record.extend(ttl.to_be_bytes());
        record.extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
        record.extend(rdata);
        record
    }

    /// "www.zone.", with a pointer to the zone's name.
    const WWW: &[u8] = b"\x03www\xC0\x0C";

    fn www() -> Name {
        Name::from_text(b"www.zone.", None).unwrap()
    }

    #[test]
    fn conditions_are_told_apart_by_class_and_type() {
        let address: &[u8] = &[192, 0, 2, 1];
        let cases = [
            (
                Rtype::ANY,
                Class::ANY,
                0,
                &b""[..],
                Ok(Prerequisite::NameInUse(www())),
            ),
            (
                Rtype::A,
                Class::ANY,
                0,
                b"",
                Ok(Prerequisite::RrsetExists(www(), Rtype::A)),
            ),
            (
                Rtype::ANY,
                Class::NONE,
                0,
                b"",
                Ok(Prerequisite::NameNotInUse(www())),
            ),
            (
                Rtype::A,
                Class::NONE,
                0,
                b"",
                Ok(Prerequisite::RrsetMissing(www(), Rtype::A)),
            ),
            (
                Rtype::A,
                Class::IN,
                0,
                address,
                Ok(Prerequisite::RrsetHolds(www(), Rtype::A, address.into())),
            ),
            (Rtype::A, Class::ANY, 1, b"", Err(Rcode::FORMERR)),
            (Rtype::A, Class::ANY, 0, address, Err(Rcode::FORMERR)),
            (Rtype::A, Class::NONE, 0, address, Err(Rcode::FORMERR)),
            (Rtype::A, Class::IN, 0, b"short", Err(Rcode::FORMERR)),
            (Rtype::A, Class::CH, 0, address, Err(Rcode::FORMERR)),
            (Rtype::AXFR, Class::ANY, 0, b"", Err(Rcode::FORMERR)),
        ];
        for (rtype, class, ttl, rdata, expected) in cases {
            let read = read(1, &record(WWW, rtype, class, ttl, rdata));
            let read = read.map(|update| update.prerequisites[0].clone());
            assert_eq!(read, expected, "{rtype} {class} {ttl} {rdata:?}");
        }
    }

    #[test]
    fn operations_are_told_apart_by_class_and_type() {
        let address: &[u8] = &[192, 0, 2, 1];
        let ttl = Ttl::from_secs(60);
        let cases = [
            (
                Rtype::A,
                Class::IN,
                60,
                address,
                Ok(Action::Add(Rtype::A, ttl, address.into())),
            ),
            (
                Rtype::A,
                Class::NONE,
                0,
                address,
                Ok(Action::DeleteRecord(Rtype::A, address.into())),
            ),
            (
                Rtype::A,
                Class::ANY,
                0,
                b"",
                Ok(Action::DeleteRrset(Rtype::A)),
            ),
            (Rtype::ANY, Class::ANY, 0, b"", Ok(Action::DeleteName)),
            (Rtype::A, Class::NONE, 60, address, Err(Rcode::FORMERR)),
            (Rtype::A, Class::ANY, 60, b"", Err(Rcode::FORMERR)),
            (Rtype::A, Class::ANY, 0, address, Err(Rcode::FORMERR)),
            (Rtype::A, Class::IN, 60, b"", Err(Rcode::FORMERR)),
            (Rtype::ANY, Class::IN, 60, b"", Err(Rcode::FORMERR)),
            (Rtype::ANY, Class::NONE, 0, b"", Err(Rcode::FORMERR)),
            (Rtype::IXFR, Class::ANY, 0, b"", Err(Rcode::FORMERR)),
            (Rtype::OPT, Class::IN, 0, b"", Err(Rcode::FORMERR)),
        ];
        for (rtype, class, ttl, rdata, expected) in cases {
            let read = read(2, &record(WWW, rtype, class, ttl, rdata));
            let read = read.map(|update| update.operations[0].clone());
            let expected = expected.map(|action| Operation {
                owner: www(),
                action,
            });
            assert_eq!(read, expected, "{rtype} {class} {ttl} {rdata:?}");
        }
    }

    #[test]
    fn names_outside_the_zone_and_broken_sections_are_refused() {
        let outside = record(b"\x03www\x05other\x00", Rtype::ANY, Class::ANY, 0, b"");
        assert_eq!(read(1, &outside), Err(Rcode::NOTZONE));
        assert_eq!(read(2, &outside), Err(Rcode::NOTZONE));
        assert_eq!(read(2, &outside[..9]), Err(Rcode::FORMERR));
        let mut message = vec![0, 7, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(b"\x04zone\x00\x00\x06\x00\x01");
        let read = |message: &[u8]| Update::read(message, Header::read(message).unwrap());
        let whole = read(&message).unwrap();
        assert!(whole.prerequisites.is_empty() && whole.operations.is_empty());
        message[21] = 3;
        assert_eq!(read(&message), Err(Rcode::NOTAUTH));
        message[19] = 1;
        assert_eq!(read(&message), Err(Rcode::FORMERR));
        message[5] = 0;
        assert_eq!(read(&message), Err(Rcode::FORMERR));
    }

    #[test]
    fn names_in_data_are_uncompressed() {
        let target = record(WWW, Rtype::CNAME, Class::IN, 60, b"\x01a\xC0\x0C");
        let update = read(2, &target).unwrap();
        let Action::Add(_, _, data) = &update.operations[0].action else {
            panic!("{update:?}");
        };
        assert_eq!(&**data, b"\x01a\x04zone\x00");
    }
}
