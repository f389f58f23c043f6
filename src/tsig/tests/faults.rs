//! Requests and answers that are refused, and how.

use wire::Rcode;

use super::*;

/// Changes a signed request, and says how it is judged.
fn judge(key: &Arc<Key>, now: u64, change: impl Fn(&mut Vec<u8>)) -> Result<Verified, Refusal> {
    let mut message = request();
    sign_request(&mut message, key, NOW, FUDGE).unwrap();
    change(&mut message);
    verify(&message, request().len(), &keys(key), now)
}

/// Puts a MAC of this length in the place of the one of a key of 32 bytes.
fn cut_mac(message: &mut Vec<u8>, len: usize) {
    let at = request().len();
    // Behind the owner and the head; algorithm, time and fudge come before the MAC.
    let data = at + 13 + 10;
    let mac = data + 13 + 8;
    let old = usize::from(u16::from_be_bytes([message[mac], message[mac + 1]]));
    let mut bytes = message[mac + 2..mac + 2 + old].to_vec();
    bytes.resize(len, 0);
    message.splice(mac + 2..mac + 2 + old, bytes);
    message[mac + 1] = u8::try_from(len).unwrap();
    let length = u8::try_from(message.len() - data).unwrap();
    message[data - 1] = length;
}

#[test]
fn each_fault_of_a_request_has_its_answer() {
    let key = key(Algorithm::HmacSha256);
    let at = request().len();
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, u64, Change, Rcode, TsigError); 14] = [
        (
            "other key",
            NOW,
            |m| m[30] = b'x',
            Rcode::NOTAUTH,
            TsigError::BADKEY,
        ),
        (
            "other algorithm",
            NOW,
            |m| m[61] = b'5',
            Rcode::NOTAUTH,
            TsigError::BADKEY,
        ),
        (
            "class IN",
            NOW,
            |m| m[45] = 1,
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        ("TTL 1", NOW, |m| m[49] = 1, Rcode::FORMERR, TsigError::NONE),
        (
            "other type",
            NOW,
            |m| m[43] = 251,
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "bytes behind",
            NOW,
            |m| m.push(0),
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "short",
            NOW,
            |m| m.truncate(m.len() - 1),
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "no MAC",
            NOW,
            |m| cut_mac(m, 0),
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "MAC of 15",
            NOW,
            |m| cut_mac(m, 15),
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "MAC of 33",
            NOW,
            |m| cut_mac(m, 33),
            Rcode::FORMERR,
            TsigError::NONE,
        ),
        (
            "MAC of 16",
            NOW,
            |m| cut_mac(m, 16),
            Rcode::NOTAUTH,
            TsigError::BADTRUNC,
        ),
        (
            "changed",
            NOW,
            |m| m[3] = 1,
            Rcode::NOTAUTH,
            TsigError::BADSIG,
        ),
        (
            "late",
            NOW + 301,
            |_| {},
            Rcode::NOTAUTH,
            TsigError::BADTIME,
        ),
        (
            "early",
            NOW - 301,
            |_| {},
            Rcode::NOTAUTH,
            TsigError::BADTIME,
        ),
    ];
    assert_eq!(&request()[..at].len(), &29);
    for (what, now, change, rcode, error) in cases {
        let refusal = judge(&key, now, change).expect_err(what);
        assert_eq!((refusal.rcode(), refusal.error()), (rcode, error), "{what}");

        let (mut answer, len) = answer();
        let end = refusal.append(&mut answer, len, now).unwrap();
        assert_eq!(end, len + refusal.record_len(), "{what}");
        if error == TsigError::NONE {
            assert_eq!(end, len, "{what}");
            continue;
        }
        let record = TsigRecord::read(&answer[..end], len).unwrap();
        assert_eq!(refusal.key_name(), Some(&record.name), "{what}");
        assert_eq!(
            (record.error, record.original_id),
            (error, 0x1234),
            "{what}"
        );
        let signed = matches!(error, TsigError::BADTIME | TsigError::BADTRUNC);
        assert_eq!(!record.mac.is_empty(), signed, "{what}");
        let times = (record.time_signed, record.server_time());
        match error {
            TsigError::BADTIME => assert_eq!(times, (NOW, Some(now)), "{what}"),
            _ => assert_eq!(times, (now, None), "{what}"),
        }
    }
}

#[test]
fn the_key_is_looked_at_first_and_the_time_before_the_truncation() {
    let key = key(Algorithm::HmacSha256);
    let error = |now, change: fn(&mut Vec<u8>)| judge(&key, now, change).unwrap_err().error();
    let late = NOW + 5000;
    assert_eq!(error(late, |m| m[30] = b'x'), TsigError::BADKEY);
    assert_eq!(error(late, |m| m[3] = 1), TsigError::BADSIG);
    assert_eq!(error(late, |m| cut_mac(m, 20)), TsigError::BADTIME);
    let cut_and_changed = error(NOW, |m| {
        cut_mac(m, 20);
        m[3] = 1;
    });
    assert_eq!(cut_and_changed, TsigError::BADSIG);
}

#[test]
fn every_bit_of_a_signed_request_counts() {
    for algorithm in Algorithm::ALL {
        let key = key(algorithm);
        let mut signed = request();
        sign_request(&mut signed, &key, NOW, FUDGE).unwrap();
        let at = request().len();
        let names = at..at + 13 + 10 + algorithm.wire_name().len();
        // The number may change on its way (RFC 8945 §5.2).
        for (place, bit) in (2..signed.len()).flat_map(|place| (0..8).map(move |bit| (place, bit)))
        {
            let mut changed = signed.clone();
            changed[place] ^= 1 << bit;
            let is_other_case = names.contains(&place)
                && bit == 5
                && changed[place].is_ascii_alphabetic()
                && !(at + 13..at + 23).contains(&place);
            let judged = verify(&changed, at, &keys(&key), NOW);
            assert_eq!(judged.is_ok(), is_other_case, "{algorithm} {place} {bit}");
        }
    }
}

#[test]
fn the_number_of_a_request_may_change_on_its_way() {
    let key = key(Algorithm::HmacSha256);
    let verified = judge(&key, NOW, |m| m[0] = 0xFF).unwrap();
    assert_eq!(verified.key().name(), &name("key.example."));
}

#[test]
fn a_truncating_key_takes_either_name_of_its_algorithm() {
    for (algorithm, other) in [
        (Algorithm::HmacSha256_128, Algorithm::HmacSha384_192),
        (Algorithm::HmacSha384_192, Algorithm::HmacSha512_256),
        (Algorithm::HmacSha512_256, Algorithm::HmacSha256_128),
    ] {
        let secret = || Secret::new(vec![7; 20]);
        let owner = name("k.");
        let registered = Arc::new(Key::new(owner.as_ref(), algorithm, secret()));
        let bind = Key::new(owner.as_ref(), algorithm, secret()).sent_as_bind_does();
        let whole = Key::new(owner.as_ref(), algorithm.untruncated(), secret());
        let wrong = Key::new(owner.as_ref(), other, secret());
        for (sender, is_taken) in [(bind, true), (whole, true), (wrong, false)] {
            let sender = Arc::new(sender);
            let mut message = request();
            let mac = sign_request(&mut message, &sender, NOW, FUDGE).unwrap();
            let judged = verify(&message, request().len(), &keys(&registered), NOW);
            assert_eq!(judged.is_ok(), is_taken, "{algorithm} {sender:?}");
            let Ok(verified) = judged else { continue };
            let (mut answer, len) = answer();
            let end = verified.sign(&mut answer, len, NOW).unwrap();
            assert_eq!(end, len + verified.record_len());
            let record = TsigRecord::read(&answer[..end], len).unwrap();
            assert_eq!(record.algorithm, algorithm.untruncated().wire_name());
            assert_eq!(record.mac.len(), algorithm.mac_len());
            let judged = mac.verify_answer(&answer[..end], NOW);
            // Whoever signs with all of it does not take less.
            let expected = match sender.algorithm() == algorithm {
                true => Ok(()),
                false => Err(AnswerFault::MacLength),
            };
            assert_eq!(judged, expected, "{algorithm}");
        }
    }
}

#[test]
fn each_fault_of_an_answer_is_told_apart() {
    let key = key(Algorithm::HmacSha256);
    let (mac, verified) = verified(&key);
    let (mut answer, len) = answer();
    let end = verified.sign(&mut answer, len, NOW).unwrap();
    answer.truncate(end);
    assert_eq!(mac.verify_answer(&answer, NOW), Ok(()));
    let judge = |now, change: fn(&mut Vec<u8>)| {
        let mut changed = answer.clone();
        change(&mut changed);
        mac.verify_answer(&changed, now).unwrap_err()
    };
    let unsigned = judge(NOW, |m| {
        m.truncate(29);
        m[3] = 5;
        m[11] = 0;
    });
    let rcode = Rcode::REFUSED;
    assert_eq!(unsigned, AnswerFault::Unsigned { rcode });
    assert_eq!(judge(NOW, |m| m[3] = 1), AnswerFault::BadSignature);
    assert_eq!(judge(NOW, |m| m[30] = b'x'), AnswerFault::WrongKey);
    assert_eq!(judge(NOW, |m| m[61] = b'5'), AnswerFault::WrongAlgorithm);
    assert_eq!(judge(NOW, |m| cut_mac(m, 16)), AnswerFault::MacLength);
    assert_eq!(judge(NOW, |m| cut_mac(m, 0)), AnswerFault::MacLength);
    let stale = AnswerFault::Stale { time_signed: NOW };
    assert_eq!(judge(NOW + 301, |_| {}), stale);
    assert_eq!(judge(NOW - 301, |_| {}), stale);
    for change in [
        (|m| m.truncate(11)) as fn(&mut Vec<u8>),
        |m| m.push(0),
        |m| m[7] = 1,
        |m| m[5] = 9,
        |m| m[45] = 1,
        |m| m[11] = 2,
    ] {
        assert!(matches!(judge(NOW, change), AnswerFault::Format(_)));
    }
}

#[test]
fn refusals_reach_the_client_with_their_reason() {
    let ours = key(Algorithm::HmacSha256);
    let other = Key::new(
        name("key.example.").as_ref(),
        Algorithm::HmacSha256,
        Secret::new(vec![1]),
    );
    let md5 = key(Algorithm::HmacMd5);
    let refused = |error, signed| AnswerFault::Refused {
        error,
        rcode: Rcode::NOTAUTH,
        signed,
    };
    let server_time = NOW + 1000;
    let cases: [(Keys, u64, Option<usize>, AnswerFault); 5] = [
        (
            Keys::default(),
            NOW,
            None,
            refused(TsigError::BADKEY, false),
        ),
        (keys(&md5), NOW, None, refused(TsigError::BADKEY, false)),
        (
            keys(&Arc::new(other)),
            NOW,
            None,
            refused(TsigError::BADSIG, false),
        ),
        (
            keys(&ours),
            server_time,
            None,
            AnswerFault::BadTime {
                server_time: Some(server_time),
                signed: true,
            },
        ),
        // What was cut on its way is answered over what came.
        (keys(&ours), NOW, Some(16), AnswerFault::BadSignature),
    ];
    for (keys, now, cut, expected) in cases {
        let mut message = request();
        let mac = sign_request(&mut message, &ours, NOW, FUDGE).unwrap();
        if let Some(len) = cut {
            cut_mac(&mut message, len);
        }
        let refusal = verify(&message, request().len(), &keys, now).unwrap_err();
        let (mut answer, len) = answer();
        answer[3] = 9;
        let end = refusal.append(&mut answer, len, now).unwrap();
        assert_eq!(mac.verify_answer(&answer[..end], NOW), Err(expected));
        let signed = matches!(expected, AnswerFault::BadTime { .. });
        assert_eq!(expected.is_signed(), signed);
    }
}

#[test]
fn a_badtime_without_a_signature_is_told_as_one() {
    let key = key(Algorithm::HmacSha256);
    let (mac, _) = verified(&key);
    let refusal = judge(&key, NOW, |m| m[3] = 1).unwrap_err();
    let (mut answer, len) = answer();
    let end = refusal.append(&mut answer, len, NOW).unwrap();
    // The error stands before the length of no other data.
    answer[end - 3] = 18;
    let fault = mac.verify_answer(&answer[..end], NOW).unwrap_err();
    let expected = AnswerFault::BadTime {
        server_time: None,
        signed: false,
    };
    assert_eq!(fault, expected);
    assert!(!fault.is_signed());
    let told = "the server refuses the time of the request: BADTIME";
    assert_eq!(fault.to_string(), told);
}

#[test]
fn what_has_no_room_stays_as_it_was() {
    let key = key(Algorithm::HmacSha256);
    let (_, verified) = verified(&key);
    let (mut answer, len) = answer();
    answer.truncate(len + verified.record_len() - 1);
    let before = answer.clone();
    assert_eq!(verified.sign(&mut answer, len, NOW), Err(NoRoom));
    assert_eq!(verified.sign(&mut answer, 600, NOW), Err(NoRoom));
    assert_eq!(verified.sign(&mut answer, 11, NOW), Err(NoRoom));
    assert_eq!(answer, before);
    let refusal = judge(&key, NOW + 301, |_| {}).unwrap_err();
    assert_eq!(refusal.append(&mut answer, len, NOW), Err(NoRoom));
    let refusal = judge(&key, NOW, |m| m[30] = b'x').unwrap_err();
    let room = len + refusal.record_len() - 1;
    assert_eq!(refusal.append(&mut answer[..room], len, NOW), Err(NoRoom));
    assert_eq!(answer, before);

    let mut full = request();
    full[10..12].fill(0xFF);
    for mut message in [vec![0; 11], vec![0; 65_500], full] {
        let before = message.clone();
        let signed = sign_request(&mut message, &key, NOW, FUDGE);
        assert_eq!(signed.unwrap_err(), NoRoom);
        assert_eq!(message, before);
    }
}

#[test]
fn nothing_shows_a_secret() {
    let key = Key::from_short("hmac-sha256:k:c2VjcmV0LXNlY3JldA==").unwrap();
    let key = Arc::new(key);
    let (mac, verified) = verified(&key);
    let stream = mac.clone().into_stream();
    let shown = format!("{key:?} {:?} {mac:?} {verified:?} {stream:?}", key.secret());
    for trace in ["secret-secret", "c2VjcmV0", "115, 101, 99", "73656372"] {
        assert!(!shown.contains(trace), "{shown}");
    }
}
