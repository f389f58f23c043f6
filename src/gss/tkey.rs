//! Key exchanges with a name server: TKEY records of the mode of GSS (RFC 2930, RFC 3645).

use wire::message::{HEADER_LEN, Header, Question, RawRecord};
use wire::{Class, Name, NameRef, Rtype};

use crate::der::Malformed;

/// A key exchange as the server answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tkey<'a> {
    /// The name of the key.
    pub(crate) name: Name,
    /// When the session ends, in seconds since 1970, modulo 2^32.
    pub(crate) until: u32,
    pub(crate) error: u16,
    pub(crate) token: &'a [u8],
}

/// The query that begins a session (RFC 3645 §3.1.2): the token stands in the additional section.
pub(crate) fn query(
    id: u16,
    name: NameRef<'_>,
    times: (u64, u64),
    token: &[u8],
) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(HEADER_LEN + 64 + token.len());
    message.extend_from_slice(&id.to_be_bytes());
    // A query with one question and one additional record.
    message.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&Rtype::TKEY.0.to_be_bytes());
    message.extend_from_slice(&Class::ANY.0.to_be_bytes());
    // RFC 2930 §2: class ANY, TTL 0.
    message.extend_from_slice(&QUESTION.to_be_bytes());
    message.extend_from_slice(&Rtype::TKEY.0.to_be_bytes());
    message.extend_from_slice(&Class::ANY.0.to_be_bytes());
    message.extend_from_slice(&[0; 4]);
    let size = u16::try_from(token.len()).ok()?;
    let length = u16::try_from(ALGORITHM.len() + FIXED_LEN + token.len()).ok()?;
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(ALGORITHM);
    for time in [times.0, times.1] {
        // RFC 2930 §2.3: as serial numbers, modulo 2^32.
        let [_, _, _, _, time @ ..] = time.to_be_bytes();
        message.extend_from_slice(&time);
    }
    message.extend_from_slice(&MODE.to_be_bytes());
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&size.to_be_bytes());
    message.extend_from_slice(token);
    message.extend_from_slice(&[0, 0]);
    (message.len() <= usize::from(u16::MAX)).then_some(message)
}

/// The key exchange in an answer, if there is one.
pub(crate) fn read(message: &[u8]) -> Result<Option<Tkey<'_>>, Malformed> {
    let header = Header::read(message).ok_or(Malformed)?;
    let [questions, answers, ..] = header.counts;
    let mut at = match questions {
        0 => HEADER_LEN,
        _ => Question::read(message).map_err(|_| Malformed)?.end(),
    };
    for _ in 0..answers {
        let record = RawRecord::read(message, at).map_err(|_| Malformed)?;
        if record.rtype == Rtype::TKEY {
            let (name, _) = Name::read(message, at).map_err(|_| Malformed)?;
            return read_data(name, message, record).map(Some);
        }
        at = record.end;
    }
    Ok(None)
}

fn read_data<'a>(name: Name, message: &[u8], record: RawRecord<'a>) -> Result<Tkey<'a>, Malformed> {
    let data = record.rdata;
    // The algorithm; some servers compress it.
    let (_, end) = Name::read(message, record.end - data.len()).map_err(|_| Malformed)?;
    let begin = end.checked_sub(record.end - data.len()).ok_or(Malformed)?;
    let rest = data.get(begin..).ok_or(Malformed)?;
    let (&[_, _, _, _, u0, u1, u2, u3, mode0, mode1, e0, e1, s0, s1], rest) =
        rest.split_first_chunk().ok_or(Malformed)?;
    let error = u16::from_be_bytes([e0, e1]);
    if error == 0 && u16::from_be_bytes([mode0, mode1]) != MODE {
        return Err(Malformed);
    }
    let size = usize::from(u16::from_be_bytes([s0, s1]));
    Ok(Tkey {
        name: name.as_ref().to_lowercase(),
        until: u32::from_be_bytes([u0, u1, u2, u3]),
        error,
        token: rest.get(..size).ok_or(Malformed)?,
    })
}

/// `gss-tsig.`
const ALGORITHM: &[u8] = b"\x08gss-tsig\x00";
/// RFC 2930 §2.5: GSS-API negotiation.
const MODE: u16 = 3;
/// A pointer to the name of the question.
const QUESTION: u16 = 0xC00C;
/// Two times, mode, error and two lengths.
const FIXED_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_exchange_is_read_as_it_is_written() {
        let name = Name::from_text(b"1.zonewright.", None).unwrap();
        let mut message = query(7, name.as_ref(), (1, 0x1_0000_0002), b"token").unwrap();
        // The server's record stands in the answer section.
        (message[2], message[7], message[11]) = (0x80, 1, 0);
        let expected = Tkey {
            name,
            until: 2,
            error: 0,
            token: b"token",
        };
        assert_eq!(read(&message), Ok(Some(expected)));
        message[7] = 0;
        assert_eq!(read(&message), Ok(None));
        assert_eq!(query(7, NameRef::ROOT, (0, 0), &[0; 65_520]), None);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(change: Vec<(usize, u8)>, cut: usize) {
            let name = Name::from_text(b"1.zonewright.", None).unwrap();
            let mut message = query(7, name.as_ref(), (1, 2), b"token").unwrap();
            (message[7], message[11]) = (1, 0);
            let length = message.len();
            for (at, byte) in change {
                message[at % length] = byte;
            }
            message.truncate(length - cut % 40);
            let _read = read(&message).is_ok();
        }
    }
}
