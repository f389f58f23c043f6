//! What holds for any message.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A message: a header, one question, records of no known type.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let record = proptest::collection::vec(any::<u8>(), 0..40);
    let records = proptest::collection::vec(record, 0..6);
    (any::<u16>(), any::<u16>(), records).prop_map(|(id, flags, records)| {
        let mut message = message(flags);
        message[..2].copy_from_slice(&id.to_be_bytes());
        message[11] = u8::try_from(records.len()).unwrap();
        for data in records {
            message.extend_from_slice(b"\x01x\x00\xFF\x01\x00\x01\x00\x00\x00\x05");
            message.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            message.extend_from_slice(&data);
        }
        message
    })
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    select(&Algorithm::ALL[..])
}

/// The bytes of a signed message that another case leaves what they are: the key's name (its labels
/// and the algorithm's have letters only), and the number, which may change on its way.
fn means_the_same(changed: &[u8], original: &[u8], at: usize) -> bool {
    let record = TsigRecord::read(original, tsig_at(original)).unwrap();
    let begin = tsig_at(original);
    let names = record.name.as_bytes().len();
    let algorithm = begin + names + 10;
    let in_a_name = (begin..begin + names).contains(&at)
        || (algorithm..algorithm + record.algorithm.len()).contains(&at);
    at < 2 || in_a_name && changed[at].eq_ignore_ascii_case(&original[at])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_taken_on_both_sides(
        mut request in messages(),
        mut answer in messages(),
        algorithm in algorithms(),
        now in 0_u64..1 << 48,
        fudge in any::<u16>(),
    ) {
        let key = key(algorithm);
        let before = request.clone();
        let mac = sign_request(&mut request, &key, now, fudge).unwrap();
        let at = tsig_at(&request);
        prop_assert_eq!(at, before.len());
        let record = TsigRecord::read(&request, at).unwrap();
        prop_assert_eq!(record.time_signed, now);
        prop_assert_eq!(record.fudge, fudge);
        let verified = verify(&request, at, &keys(&key), now + u64::from(fudge)).unwrap();
        let len = answer.len();
        answer.resize(len + verified.record_len(), 0);
        prop_assert_eq!(verified.sign(&mut answer, len, now), Ok(answer.len()));
        prop_assert_eq!(mac.verify_answer(&answer, now), Ok(()));
    }

    #[test]
    fn a_changed_byte_is_never_taken(
        mut answer in messages(),
        algorithm in algorithms(),
        place in any::<prop::sample::Index>(),
        bits in 1_u8..=255,
    ) {
        let key = key(algorithm);
        let mut request = request();
        let mac = sign_request(&mut request, &key, NOW, FUDGE).unwrap();
        let verified = verify(&request, tsig_at(&request), &keys(&key), NOW).unwrap();
        let len = answer.len();
        answer.resize(len + verified.record_len(), 0);
        verified.sign(&mut answer, len, NOW).unwrap();
        for (original, is_request) in [(request, true), (answer, false)] {
            let at = place.index(original.len());
            let mut changed = original.clone();
            changed[at] ^= bits;
            if means_the_same(&changed, &original, at) {
                continue;
            }
            if is_request {
                let begin = tsig_at(&original);
                prop_assert!(verify(&changed, begin, &keys(&key), NOW).is_err());
            } else {
                prop_assert!(mac.verify_answer(&changed, NOW).is_err());
            }
        }
    }

    #[test]
    fn no_bytes_do_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        mut near in messages(),
        at in 0_usize..250,
        cut in any::<prop::sample::Index>(),
        algorithm in algorithms(),
    ) {
        let key = key(algorithm);
        let mac = sign_request(&mut near, &key, NOW, FUDGE).unwrap();
        let place = tsig_at(&near);
        let near = [&near[..cut.index(near.len())], &bytes].concat();
        for message in [bytes, near] {
            for at in [at, place] {
                let Err(refusal) = verify(&message, at, &keys(&key), NOW) else { continue };
                let (mut answer, len) = answer();
                prop_assert!(refusal.append(&mut answer, len, NOW).is_ok());
            }
            if let Ok(Some(found)) = TsigRecord::find(&message) {
                prop_assert!(found < message.len());
            }
            prop_assert!(mac.verify_answer(&message, NOW).is_err());
            let mut stream = mac.clone().into_stream();
            prop_assert!(stream.verify(&message, NOW).is_err());
            prop_assert!(stream.finish().is_err());
        }
    }

    #[test]
    fn keys_read_back_as_they_are_printed(
        label in proptest::collection::vec(any::<u8>(), 1..20),
        secret in proptest::collection::vec(any::<u8>(), 1..70),
        algorithm in algorithms(),
    ) {
        let owner = Name::root().child(&label).unwrap();
        let text = Key::new(owner.as_ref(), algorithm, Secret::new(secret)).to_text();
        let keys = Keys::from_text(&text).unwrap();
        let key = keys.get(&owner).unwrap();
        prop_assert_eq!(key.algorithm(), algorithm);
        prop_assert_eq!(key.to_text(), text);
    }

    #[test]
    fn no_text_of_keys_does_harm(text in "(key|algorithm|secret|[ {};\"a/*#\\\\\n]){0,30}") {
        for key in Keys::from_text(&text).iter().flat_map(Keys::iter) {
            prop_assert!(Keys::from_text(&key.to_text()).is_ok());
        }
        prop_assert!(Key::from_short(&text).is_err());
    }
}
