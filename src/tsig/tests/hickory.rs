//! Beside hickory's implementation, in the algorithms it has.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{self, RecordType, TSigner};

use super::*;

fn pairs() -> impl Iterator<Item = (Arc<Key>, TSigner)> {
    [
        (Algorithm::HmacSha256, TsigAlgorithm::HmacSha256),
        (Algorithm::HmacSha384, TsigAlgorithm::HmacSha384),
        (Algorithm::HmacSha512, TsigAlgorithm::HmacSha512),
    ]
    .into_iter()
    .map(|(algorithm, theirs)| {
        let secret = (0..32).collect();
        let owner = rr::Name::from_ascii("key.example.").unwrap();
        (
            key(algorithm),
            TSigner::new(secret, theirs, owner, FUDGE).unwrap(),
        )
    })
}

#[test]
fn what_we_sign_they_take() {
    for (key, signer) in pairs() {
        let mut message = request();
        sign_request(&mut message, &key, NOW, FUDGE).unwrap();
        let (mac, time, _) = signer.verify_message_byte(&message, None, true).unwrap();
        assert_eq!(time, NOW);
        let verified = verify(&message, tsig_at(&message), &keys(&key), NOW).unwrap();
        let mut sequence = verified.into_sequence();
        let mut previous = mac;
        for number in 0..3 {
            let (mut answer, len) = answer();
            let end = sequence.sign(&mut answer, len, NOW + number).unwrap();
            let judged = signer.verify_message_byte(&answer[..end], Some(&previous), number == 0);
            previous = judged.unwrap().0;
        }
    }
}

#[test]
fn what_they_sign_we_take() {
    for (key, signer) in pairs() {
        let mut message = Message::new(77, MessageType::Query, OpCode::Update);
        let zone = rr::Name::from_ascii("example.org.").unwrap();
        message.add_query(Query::query(zone, RecordType::SOA));
        message.finalize(&signer, NOW).unwrap();
        let bytes = message.to_vec().unwrap();
        let judged = verify(&bytes, tsig_at(&bytes), &keys(&key), NOW + 1);
        assert_eq!(judged.unwrap().key().name(), key.name());
        let other = Key::new(key.name().as_ref(), key.algorithm(), Secret::new(vec![1]));
        let judged = verify(&bytes, tsig_at(&bytes), &keys(&Arc::new(other)), NOW + 1);
        assert_eq!(judged.unwrap_err().error(), TsigError::BADSIG);
    }
}
