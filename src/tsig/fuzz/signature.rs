//! Signed requests and answers, and messages to be signed; the first byte chooses the algorithm.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use tsig::{Algorithm, FUDGE, Key, Keys, Refusal, Secret, TsigRecord, Verified};
use wire::Name;

/// The seeds are signed at this time.
const NOW: u64 = 1_700_000_000;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, message)) = input.split_first() else {
        return;
    };
    let algorithm = Algorithm::ALL[usize::from(choice) % Algorithm::ALL.len()];
    let name = Name::from_text(b"key.example.", None).expect("a name");
    let secret = Secret::new((0..32).collect());
    let key = Arc::new(Key::new(name.as_ref(), algorithm, secret));
    let mut keys = Keys::default();
    keys.insert(Arc::clone(&key)).expect("the only key");

    if let Ok(Some(at)) = TsigRecord::find(message) {
        assert!(at < message.len());
        if let Ok(verified) = judge(message, at, &keys) {
            // A number may change on the way, the flags may not.
            let mut changed = message.to_vec();
            changed[0] ^= 0xFF;
            assert!(tsig::verify(&changed, at, &keys, NOW).is_ok());
            changed[3] ^= 1;
            assert!(tsig::verify(&changed, at, &keys, NOW).is_err());
            answer(&verified);
        }
    }
    let anywhere = usize::from(choice) * message.len() / 256;
    let _ = judge(message, anywhere, &keys).map(|verified| answer(&verified));

    let mut signed = message.to_vec();
    let Ok(mac) = tsig::sign_request(&mut signed, &key, NOW, FUDGE) else {
        assert_eq!(signed, message);
        return;
    };
    assert!(tsig::verify(&signed, message.len(), &keys, NOW).is_ok());
    assert!(mac.verify_answer(message, NOW).is_err());
    let mut stream = mac.into_stream();
    assert!(stream.verify(message, NOW).is_err());
    assert!(stream.verify(&signed, NOW).is_err());
    assert!(stream.finish().is_err());
});

/// Judges a request and answers it if it is refused.
fn judge(message: &[u8], at: usize, keys: &Keys) -> Result<Verified, Refusal> {
    let judged = tsig::verify(message, at, keys, NOW);
    if let Err(refusal) = &judged {
        let mut room = [0; 1024];
        let end = refusal.append(&mut room, 12, NOW);
        assert_eq!(end, Ok(12 + refusal.record_len()));
        if refusal.record_len() > 0 {
            let record = TsigRecord::read(&room[..12 + refusal.record_len()], 12);
            assert_eq!(record.expect("one of ours").error, refusal.error());
        }
    }
    judged
}

fn answer(verified: &Verified) {
    let mut room = [0; 1024];
    let end = verified.sign(&mut room, 12, NOW);
    assert_eq!(end, Ok(12 + verified.record_len()));
    assert_eq!(TsigRecord::find(&room[..12 + verified.record_len()]), Ok(Some(12)));
}
