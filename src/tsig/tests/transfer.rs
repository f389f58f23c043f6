//! Answers of several messages.

use super::*;
use crate::digest::feed_mac;
use crate::mac::Context;
use crate::sign::Fields;

/// The messages of a transfer, each signed where `signed` says so.
fn transfer(
    key: &Arc<Key>,
    signed: impl Fn(u16) -> bool,
    count: u16,
) -> (AnswerStream, Vec<Vec<u8>>) {
    let (request, verified) = verified(key);
    let mut digest = Chain::new(verified);
    let messages = (0..count).map(|number| digest.next(number, signed(number)));
    let messages = messages.collect();
    (request.into_stream(), messages)
}

/// A server that leaves messages unsigned, unlike ours.
struct Chain {
    request: Verified,
    fields: Fields,
    context: Context,
}

impl Chain {
    fn new(request: Verified) -> Self {
        Self {
            context: request.start(),
            fields: Fields::All,
            request,
        }
    }

    fn next(&mut self, number: u16, signed: bool) -> Vec<u8> {
        let (mut message, len) = answer();
        message.truncate(len);
        message[..2].copy_from_slice(&number.to_be_bytes());
        if !signed {
            self.context.feed(&message);
            return message;
        }
        message.resize(512, 0);
        let signing = self.request.signing(NOW);
        let context = self.context.clone();
        let (len, mac) = signing
            .sign(context, self.fields, &mut message, len)
            .unwrap();
        self.fields = Fields::Timers;
        self.context = self.request.key().start();
        feed_mac(&mut self.context, mac.as_bytes());
        message.truncate(len);
        message
    }
}

fn judge(mut stream: AnswerStream, messages: &[Vec<u8>]) -> Result<(), AnswerFault> {
    for message in messages {
        stream.verify(message, NOW)?;
    }
    stream.finish()
}

#[test]
fn up_to_99_messages_in_between_need_no_signature() {
    let unsigned = |rcode| Err(AnswerFault::Unsigned { rcode });
    for algorithm in Algorithm::ALL {
        let key = key(algorithm);
        let check = |signed: fn(u16) -> bool, count, expected| {
            let (stream, messages) = transfer(&key, signed, count);
            assert_eq!(judge(stream, &messages), expected, "{algorithm} {count}");
        };
        check(|_| true, 1, Ok(()));
        check(|_| true, 5, Ok(()));
        check(|number| number % 100 == 0, 201, Ok(()));
        check(
            |number| number % 100 == 0,
            202,
            Err(AnswerFault::LastUnsigned),
        );
        check(
            |number| number % 101 == 0,
            102,
            Err(AnswerFault::TooManyUnsigned),
        );
        check(|number| number != 0, 2, unsigned(wire::Rcode::NOERROR));
        check(|_| true, 0, Err(AnswerFault::LastUnsigned));
    }
}

#[test]
fn our_own_sequence_is_taken() {
    for algorithm in Algorithm::ALL {
        let (request, verified) = verified(&key(algorithm));
        let (mut stream, mut sequence) = (request.into_stream(), verified.into_sequence());
        for _ in 0..4 {
            let (mut answer, len) = answer();
            let end = sequence.sign(&mut answer, len, NOW).unwrap();
            stream.verify(&answer[..end], NOW).unwrap();
        }
        assert_eq!(stream.finish(), Ok(()));
    }
}

#[test]
fn a_transfer_with_a_message_changed_left_out_or_moved_is_refused() {
    let key = key(Algorithm::HmacSha256);
    let messages = || transfer(&key, |number| number % 3 == 0, 7);
    assert_eq!(judge(messages().0, &messages().1), Ok(()));
    let bad = Err(AnswerFault::BadSignature);
    for number in 0..7 {
        let (stream, mut changed) = messages();
        changed[number][14] ^= 1;
        assert_eq!(judge(stream, &changed), bad, "{number} changed");
        let (stream, mut fewer) = messages();
        fewer.remove(number);
        // The fourth and the last end with a signature; without the first the next has none.
        let expected = match number {
            0 => Err(AnswerFault::Unsigned {
                rcode: wire::Rcode::NOERROR,
            }),
            6 => Err(AnswerFault::LastUnsigned),
            _ => bad,
        };
        assert_eq!(judge(stream, &fewer), expected, "{number} left out");
    }
    for number in [1, 2, 4] {
        let (stream, mut swapped) = messages();
        swapped.swap(number, number + 1);
        assert!(judge(stream, &swapped).is_err(), "{number} moved");
    }
}

#[test]
fn after_a_fault_nothing_of_a_transfer_is_taken() {
    let key = key(Algorithm::HmacSha256);
    let (mut stream, messages) = transfer(&key, |_| true, 3);
    let mut changed = messages[1].clone();
    changed[14] ^= 1;
    stream.verify(&messages[0], NOW).unwrap();
    stream.verify(&changed, NOW).unwrap_err();
    stream.verify(&messages[1], NOW).unwrap_err();
    stream.verify(&messages[2], NOW).unwrap_err();
    assert_eq!(stream.finish(), Err(AnswerFault::LastUnsigned));
}
