//! Requests as bytes.
//!
//! Names that end in the name of the question point to it; nothing else is compressed.

use wire::message::flag;
use wire::update::{Action, Prerequisite, Update};
use wire::{Class, NameRef, Opcode, Rtype, Serial, Ttl};

/// The request is longer than a message can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 65535 bytes in one message")]
pub struct TooLong;

/// The most bytes of a message.
pub const MAX_LEN: usize = 65_535;

/// A question to an authoritative server.
#[must_use]
pub fn query(id: u16, name: NameRef<'_>, rtype: Rtype) -> Vec<u8> {
    head(id, Opcode::QUERY, 0, [1, 0, 0, 0], (name, rtype))
}

/// A question to a resolver.
#[must_use]
pub fn recursive_query(id: u16, name: NameRef<'_>, rtype: Rtype) -> Vec<u8> {
    head(
        id,
        Opcode::QUERY,
        flag::RECURSION_DESIRED,
        [1, 0, 0, 0],
        (name, rtype),
    )
}

/// A question for what has changed since a serial (RFC 1995 §3).
#[must_use]
pub fn ixfr(id: u16, zone: NameRef<'_>, have: Serial) -> Vec<u8> {
    let question = (zone, Rtype::IXFR);
    let mut message = head(id, Opcode::QUERY, 0, [1, 0, 1, 0], question);
    // Of the SOA only the serial counts. Two root names, then five numbers.
    let mut rdata = [0; 22];
    if let Some(serial) = rdata.get_mut(2..6) {
        serial.copy_from_slice(&have.0.to_be_bytes());
    }
    let soa = (zone, Rtype::SOA, Class::IN, Ttl::from_secs(0));
    record(&mut message, zone, soa, &rdata);
    message
}

/// Tells that a zone has changed (RFC 1996 §3), with the data of its SOA if that is to be told.
#[must_use]
pub fn notify(id: u16, zone: NameRef<'_>, soa: Option<(Ttl, &[u8])>) -> Vec<u8> {
    let counts = [1, u16::from(soa.is_some()), 0, 0];
    let question = (zone, Rtype::SOA);
    let mut message = head(id, Opcode::NOTIFY, flag::AUTHORITATIVE, counts, question);
    if let Some((ttl, rdata)) = soa {
        record(
            &mut message,
            zone,
            (zone, Rtype::SOA, Class::IN, ttl),
            rdata,
        );
    }
    message
}

/// An update (RFC 2136 §2).
///
/// # Errors
/// When it does not fit into one message.
pub fn update(id: u16, update: &Update) -> Result<Vec<u8>, TooLong> {
    let zone = update.zone.as_ref();
    let count = |count: usize| u16::try_from(count).map_err(|_| TooLong);
    let counts = [
        1,
        count(update.prerequisites.len())?,
        count(update.operations.len())?,
        0,
    ];
    let mut message = head(id, Opcode::UPDATE, 0, counts, (zone, Rtype::SOA));
    for condition in &update.prerequisites {
        put_condition(&mut message, zone, condition);
    }
    for operation in &update.operations {
        put_action(
            &mut message,
            zone,
            operation.owner.as_ref(),
            &operation.action,
        );
    }
    if message.len() > MAX_LEN {
        return Err(TooLong);
    }
    Ok(message)
}

/// The most bytes that a condition takes in a message.
#[must_use]
pub fn condition_len(condition: &Prerequisite) -> usize {
    let rdata = match condition {
        Prerequisite::RrsetHolds(_, _, rdata) => rdata.len(),
        _ => 0,
    };
    condition.owner().as_bytes().len() + RECORD_FIXED + rdata
}

/// The most bytes that an operation takes in a message.
#[must_use]
pub fn action_len(owner: NameRef<'_>, action: &Action) -> usize {
    let rdata = match action {
        Action::Add(_, _, rdata) | Action::DeleteRecord(_, rdata) => rdata.len(),
        Action::DeleteRrset(_) | Action::DeleteName => 0,
    };
    owner.len() + RECORD_FIXED + rdata
}

fn put_condition(message: &mut Vec<u8>, zone: NameRef<'_>, condition: &Prerequisite) {
    let nothing = Ttl::from_secs(0);
    let owner = condition.owner().as_ref();
    let (rtype, class, rdata): (Rtype, Class, &[u8]) = match condition {
        Prerequisite::NameInUse(_) => (Rtype::ANY, Class::ANY, &[]),
        Prerequisite::NameNotInUse(_) => (Rtype::ANY, Class::NONE, &[]),
        Prerequisite::RrsetExists(_, rtype) => (*rtype, Class::ANY, &[]),
        Prerequisite::RrsetMissing(_, rtype) => (*rtype, Class::NONE, &[]),
        Prerequisite::RrsetHolds(_, rtype, rdata) => (*rtype, Class::IN, rdata),
    };
    record(message, zone, (owner, rtype, class, nothing), rdata);
}

fn put_action(message: &mut Vec<u8>, zone: NameRef<'_>, owner: NameRef<'_>, action: &Action) {
    let nothing = Ttl::from_secs(0);
    let (rtype, class, ttl, rdata): (Rtype, Class, Ttl, &[u8]) = match action {
        Action::Add(rtype, ttl, rdata) => (*rtype, Class::IN, *ttl, rdata),
        Action::DeleteRecord(rtype, rdata) => (*rtype, Class::NONE, nothing, rdata),
        Action::DeleteRrset(rtype) => (*rtype, Class::ANY, nothing, &[]),
        Action::DeleteName => (Rtype::ANY, Class::ANY, nothing, &[]),
    };
    record(message, zone, (owner, rtype, class, ttl), rdata);
}

/// A header and its one question.
fn head(
    id: u16,
    opcode: Opcode,
    flags: u16,
    counts: [u16; 4],
    (name, rtype): (NameRef<'_>, Rtype),
) -> Vec<u8> {
    let mut message = Vec::with_capacity(64);
    message.extend_from_slice(&id.to_be_bytes());
    let flags = flags | u16::from(opcode.0 & 0x0F) << 11;
    message.extend_from_slice(&flags.to_be_bytes());
    for count in counts {
        message.extend_from_slice(&count.to_be_bytes());
    }
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&rtype.0.to_be_bytes());
    message.extend_from_slice(&Class::IN.0.to_be_bytes());
    message
}

type Fixed<'a> = (NameRef<'a>, Rtype, Class, Ttl);

fn record(message: &mut Vec<u8>, zone: NameRef<'_>, fixed: Fixed<'_>, rdata: &[u8]) {
    let (owner, rtype, class, ttl) = fixed;
    let below = owner.len().saturating_sub(zone.len());
    match owner.as_bytes().get(..below) {
        Some(labels) if !zone.is_root() && owner.is_at_or_below(zone) => {
            message.extend_from_slice(labels);
            message.extend_from_slice(&QUESTION.to_be_bytes());
        }
        _ => message.extend_from_slice(owner.as_bytes()),
    }
    message.extend_from_slice(&rtype.0.to_be_bytes());
    message.extend_from_slice(&class.0.to_be_bytes());
    message.extend_from_slice(&ttl.as_secs().to_be_bytes());
    // Data of a record has 65,535 bytes at most; more would make the whole too long as well.
    let length = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(rdata);
}

/// A pointer to the name of the question.
const QUESTION: u16 = 0xC00C;

/// Type, class, TTL and length of a record.
const RECORD_FIXED: usize = 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::Name;
    use wire::message::{Header, Question};
    use wire::update::Operation;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    fn owner() -> impl Strategy<Value = Name> {
        "([a-z*_]{1,9}\\.){0,3}".prop_map(|labels| name(&format!("{labels}example.org.")))
    }

    fn condition() -> impl Strategy<Value = Prerequisite> {
        (owner(), 0..5_u8, any::<[u8; 4]>()).prop_map(|(owner, kind, rdata)| match kind {
            0 => Prerequisite::NameInUse(owner),
            1 => Prerequisite::NameNotInUse(owner),
            2 => Prerequisite::RrsetExists(owner, Rtype::TXT),
            3 => Prerequisite::RrsetMissing(owner, Rtype::CNAME),
            _ => Prerequisite::RrsetHolds(owner, Rtype::A, rdata.into()),
        })
    }

    fn operation() -> impl Strategy<Value = Operation> {
        (owner(), 0..4_u8, any::<[u8; 4]>(), 0..900_u32).prop_map(|(owner, kind, rdata, ttl)| {
            let action = match kind {
                0 => Action::Add(Rtype::A, Ttl::from_secs(ttl), rdata.into()),
                1 => Action::DeleteRecord(Rtype::A, rdata.into()),
                2 => Action::DeleteRrset(Rtype::AAAA),
                _ => Action::DeleteName,
            };
            Operation { owner, action }
        })
    }

    proptest! {
        #[test]
        fn updates_are_read_as_they_were_meant(
            prerequisites in proptest::collection::vec(condition(), 0..8),
            operations in proptest::collection::vec(operation(), 0..8),
        ) {
            let meant = Update { zone: name("example.org."), prerequisites, operations };
            let message = update(7, &meant).unwrap();
            let header = Header::read(&message).unwrap();
            prop_assert_eq!((header.id, header.opcode()), (7, Opcode::UPDATE));
            prop_assert_eq!(&Update::read(&message, header), &Ok(meant.clone()));
            let conditions: usize = meant.prerequisites.iter().map(condition_len).sum();
            let actions = meant.operations.iter();
            let actions: usize = actions.map(|it| action_len(it.owner.as_ref(), &it.action)).sum();
            prop_assert!(message.len() <= 12 + 17 + conditions + actions);
        }
    }

    #[test]
    fn questions_and_notifications_have_their_parts() {
        let zone = name("example.org.");
        let message = ixfr(9, zone.as_ref(), Serial(0x0102_0304));
        let question = Question::read(&message).unwrap();
        assert_eq!(question.rtype, Rtype::IXFR);
        assert_eq!(Header::read(&message).unwrap().counts, [1, 0, 1, 0]);
        assert!(message.ends_with(&[
            0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        ]));
        let message = notify(9, zone.as_ref(), Some((Ttl::from_secs(5), &[0; 22])));
        let header = Header::read(&message).unwrap();
        assert_eq!(
            (header.opcode(), header.counts),
            (Opcode::NOTIFY, [1, 1, 0, 0])
        );
        assert_eq!(header.flags & flag::AUTHORITATIVE, flag::AUTHORITATIVE);
        assert_eq!(query(1, NameRef::ROOT, Rtype::NS).len(), 17);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let operations = (0..300).map(|_| Operation {
            owner: name("example.org."),
            action: Action::Add(Rtype::TXT, Ttl::from_secs(0), vec![7; 256].into()),
        });
        let long = Update {
            zone: name("example.org."),
            prerequisites: Vec::new(),
            operations: operations.collect(),
        };
        assert_eq!(update(0, &long), Err(TooLong));
    }
}
