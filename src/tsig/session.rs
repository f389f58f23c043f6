//! Signatures by a session that two sides have agreed on (GSS-TSIG, RFC 3645), the client's side.
//!
//! What is signed, and the record it stands in, are those of keys; how it is signed is the session's
//! business. Sessions sign single requests and their single answers, not transfers.

use std::fmt;
use std::sync::Arc;

use wire::{Name, NameRef};

use crate::digest::{Variables, feed_mac, feed_received};
use crate::judge::{AnswerFault, find, rcode, unsigned};
use crate::record::{NoRoom, TsigError, TsigRecord};

/// What both sides of a session can do.
pub trait Session: fmt::Debug + Send + Sync {
    /// The name that stands for it in records, in lower case.
    fn name(&self) -> &Name;

    /// The signature of some bytes, made anew each time.
    fn sign(&self, message: &[u8]) -> Vec<u8>;

    /// Whether this is the other side's signature of these bytes.
    fn is_signature(&self, message: &[u8], mac: &[u8]) -> bool;
}

/// What was sent, to judge the answer by.
#[derive(Clone, Debug)]
pub struct SessionMac {
    session: Arc<dyn Session>,
    mac: Box<[u8]>,
}

/// Signs a request in a session and appends its TSIG record; `now` is in seconds since 1970.
///
/// # Errors
/// When the message grows too long; then it is as it was.
pub fn sign_request_in(
    message: &mut Vec<u8>,
    session: &Arc<dyn Session>,
    now: u64,
    fudge: u16,
) -> Result<SessionMac, NoRoom> {
    let id = *message.first_chunk::<2>().ok_or(NoRoom)?;
    let variables = Variables {
        name: session.name().as_ref(),
        algorithm: NameRef::from_checked(ALGORITHM),
        time_signed: now,
        fudge,
        error: TsigError::NONE,
        other: &[],
    };
    let mut signed = message.clone();
    variables.feed(&mut signed);
    let mac: Box<[u8]> = session.sign(&signed).into();
    let record = TsigRecord {
        name: session.name().clone(),
        algorithm: NameRef::from_checked(ALGORITHM),
        time_signed: now,
        fudge,
        mac: &mac,
        original_id: u16::from_be_bytes(id),
        error: TsigError::NONE,
        other: &[],
    };
    let len = message.len();
    message.resize(len + record.len(), 0);
    if let Err(error) = record.write(message, len) {
        message.truncate(len);
        return Err(error);
    }
    Ok(SessionMac {
        session: Arc::clone(session),
        mac,
    })
}

impl SessionMac {
    /// Judges the one answer. Whether it is an answer to this request by number and question is not
    /// looked at.
    ///
    /// # Errors
    /// When it is not to be taken.
    pub fn verify_answer(&self, message: &[u8], now: u64) -> Result<(), AnswerFault> {
        let session = &*self.session;
        let (at, record) = find(message)?.ok_or_else(|| unsigned(message))?;
        let rcode = rcode(message);
        // RFC 8945 §5.3.2: errors about key and MAC are not signed. Said before all else, since it is the
        // reason that people need.
        if record.mac.is_empty() && record.error != TsigError::NONE {
            return Err(refused(&record, rcode, false));
        }
        if record.name != *session.name() {
            return Err(AnswerFault::WrongKey);
        }
        let algorithm = [ALGORITHM, OLD_ALGORITHM]
            .into_iter()
            .map(NameRef::from_checked)
            .find(|name| *name == record.algorithm)
            .ok_or(AnswerFault::WrongAlgorithm)?;
        // Windows does so where it refuses, and where a zone takes updates that are not signed.
        if *self.mac == *record.mac {
            return Err(AnswerFault::Echoed { rcode });
        }
        let mut signed = Vec::with_capacity(message.len() + 64);
        feed_mac(&mut signed, &self.mac);
        if !feed_received(&mut signed, message, at, record.original_id) {
            return Err(AnswerFault::BadSignature);
        }
        let variables = Variables {
            name: session.name().as_ref(),
            algorithm,
            time_signed: record.time_signed,
            fudge: record.fudge,
            error: record.error,
            other: record.other,
        };
        variables.feed(&mut signed);
        if !session.is_signature(&signed, record.mac) {
            return Err(AnswerFault::BadSignature);
        }
        if record.error != TsigError::NONE {
            return Err(refused(&record, rcode, true));
        }
        if !record.is_timely(now) {
            return Err(AnswerFault::Stale {
                time_signed: record.time_signed,
            });
        }
        Ok(())
    }
}

fn refused(record: &TsigRecord<'_>, rcode: wire::Rcode, signed: bool) -> AnswerFault {
    match record.error {
        TsigError::BADTIME => AnswerFault::BadTime {
            server_time: record.server_time(),
            signed,
        },
        error => AnswerFault::Refused {
            error,
            rcode,
            signed,
        },
    }
}

/// `gss-tsig.`
const ALGORITHM: &[u8] = b"\x08gss-tsig\x00";
/// `gss.microsoft.com.`, the name it had in Windows 2000.
const OLD_ALGORITHM: &[u8] = b"\x03gss\x09microsoft\x03com\x00";

#[cfg(test)]
mod tests {
    use super::*;

    /// Signs by the side and the bytes' sum and count.
    #[derive(Debug)]
    struct Sum(Name, u8);

    impl Sum {
        fn of(side: u8, message: &[u8]) -> Vec<u8> {
            let sum = message.iter().fold(u64::from(side), |sum, byte| {
                sum.rotate_left(7) ^ u64::from(*byte)
            });
            [&[side], &sum.to_be_bytes()[..]].concat()
        }
    }

    impl Session for Sum {
        fn name(&self) -> &Name {
            &self.0
        }

        fn sign(&self, message: &[u8]) -> Vec<u8> {
            Self::of(self.1, message)
        }

        fn is_signature(&self, message: &[u8], mac: &[u8]) -> bool {
            Self::of(1 - self.1, message) == mac
        }
    }

    const NOW: u64 = 1_800_000_000;

    fn session(side: u8) -> Arc<dyn Session> {
        Arc::new(Sum(Name::from_text(b"1.s.", None).unwrap(), side))
    }

    /// A request, how it was signed, and an answer that is signed as `change` leaves it.
    fn exchange(change: impl Fn(&mut TsigRecord<'_>)) -> Result<(), AnswerFault> {
        let mut request = vec![1, 2, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mac = sign_request_in(&mut request, &session(0), NOW, 300).unwrap();
        assert!(request.len() < 100);
        let mut answer = vec![1, 2, 0xA8, 5, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut signed = Vec::new();
        feed_mac(&mut signed, &mac.mac);
        signed.extend_from_slice(&answer);
        let name = session(1).name().clone();
        let variables = Variables {
            name: name.as_ref(),
            algorithm: NameRef::from_checked(ALGORITHM),
            time_signed: NOW + 1,
            fudge: 300,
            error: TsigError::NONE,
            other: &[],
        };
        variables.feed(&mut signed);
        let made = session(1).sign(&signed);
        let mut record = TsigRecord {
            name: name.clone(),
            algorithm: NameRef::from_checked(ALGORITHM),
            time_signed: NOW + 1,
            fudge: 300,
            mac: &made,
            original_id: 0x0102,
            error: TsigError::NONE,
            other: &[],
        };
        change(&mut record);
        if record.mac == b"echo" {
            record.mac = &mac.mac;
        }
        answer.resize(12 + record.len(), 0);
        record.write(&mut answer, 12).unwrap();
        mac.verify_answer(&answer, NOW)
    }

    #[test]
    fn answers_of_the_other_side_only_are_taken() {
        let rcode = wire::Rcode::REFUSED;
        assert_eq!(exchange(|_| {}), Ok(()));
        assert_eq!(
            exchange(|record| record.mac = b"other"),
            Err(AnswerFault::BadSignature)
        );
        assert_eq!(
            exchange(|record| record.time_signed += 1),
            Err(AnswerFault::BadSignature)
        );
        assert_eq!(
            exchange(|record| record.mac = b"echo"),
            Err(AnswerFault::Echoed { rcode })
        );
        assert_eq!(
            exchange(|record| record.name = Name::root()),
            Err(AnswerFault::WrongKey)
        );
        assert_eq!(
            exchange(|record| (record.mac, record.error) = (&[], TsigError::BADKEY)),
            Err(AnswerFault::Refused {
                error: TsigError::BADKEY,
                rcode,
                signed: false,
            })
        );
        let mut plain = vec![1, 2, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mac = sign_request_in(&mut plain, &session(0), NOW, 300).unwrap();
        let answer = [1, 2, 0xA8, 5, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(
            mac.verify_answer(&answer, NOW),
            Err(AnswerFault::Unsigned { rcode })
        );
    }
}
