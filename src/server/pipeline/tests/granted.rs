//! Signed requests, updates and transfers: what is granted, to whom, and how it is answered.

use std::collections::HashMap;
use std::sync::mpsc::channel;

use proptest::prelude::*;
use tsig::{Algorithm, AnswerFault, FUDGE, Key, Keys, RequestMac, Secret, TsigError, sign_request};
use zone::Updater;

use super::super::Updates;
use super::*;
use crate::clock::unix_time;
use crate::later::Later;
use crate::stage::policy::{Names, Types, UpdateRule};
use crate::stage::who::{PerZone, Who};

pub(super) fn key(name: &str) -> Arc<Key> {
    let name = Name::from_text(name.as_bytes(), None).unwrap();
    let secret = Secret::new(vec![7; 32]);
    Arc::new(Key::new(name.as_ref(), Algorithm::HmacSha256, secret))
}

/// A core that knows keys "one." and "two."; "one." may update and transfer.
fn core() -> Arc<Core> {
    let mut keys = Keys::default();
    keys.insert(key("one.")).unwrap();
    keys.insert(key("two.")).unwrap();
    let one = || Who::Key(Name::from_text(b"one.", None).unwrap());
    let rule = UpdateRule {
        grant: true,
        who: one(),
        names: Names::Zonesub,
        types: Types::Ordinary,
        takeover: false,
    };
    let store = store();
    let (updater, _thread) = Updater::start(Arc::clone(&store)).unwrap();
    let authority = Authority {
        keys: Arc::new(keys),
        transfers: Arc::new(PerZone::new(vec![one()], HashMap::new())),
        updates: Some(Updates {
            rules: Arc::new(PerZone::new(vec![rule], HashMap::new())),
            updater,
        }),
        ..Authority::default()
    };
    Core::new(CoreOptions::default(), authority, store, Metrics::new())
}

pub(super) fn sign(mut message: Vec<u8>, key: &Arc<Key>, shift: i64) -> (Vec<u8>, RequestMac) {
    let now = unix_time().saturating_add_signed(shift);
    let mac = sign_request(&mut message, key, now, FUDGE).unwrap();
    (message, mac)
}

/// The reply, waited for where it comes later; and whether it was a stream.
fn ask_whole(core: &Arc<Core>, transport: Transport, message: &[u8]) -> (Vec<u8>, bool) {
    let mut slot = Slot::new(transport, 4096, 65_535);
    slot.client = SocketAddr::from(([192, 0, 2, 200], 4000));
    slot.request[..message.len()].copy_from_slice(message);
    slot.request_len = message.len();
    let slots = std::slice::from_mut(&mut slot);
    core.worker().handle(slots, Instant::now());
    match slot.later.take() {
        None => (slot.reply().to_vec(), false),
        Some(Later::Deferred(deferred)) => {
            assert_eq!(slot.reply_len, 0);
            let (sender, reply) = channel();
            deferred.start(move |answer| sender.send(answer.to_vec()).unwrap());
            (reply.recv().unwrap(), false)
        }
        Some(Later::Stream(mut stream)) => {
            let mut bytes = Vec::new();
            while stream.next(&mut bytes).unwrap() {}
            (bytes[2..].to_vec(), true)
        }
    }
}

/// An UPDATE of a zone that adds an address.
fn update(zone: &str, owner: &str) -> Vec<u8> {
    let mut message = vec![9, 9, 0x28, 0, 0, 1, 0, 0, 0, 1, 0, 0];
    let name = |text: &str| Name::from_text(text.as_bytes(), None).unwrap();
    message.extend(name(zone).as_bytes());
    message.extend([0, 6, 0, 1]);
    message.extend(name(owner).as_bytes());
    message.extend([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77]);
    message
}

fn rcode(reply: &[u8]) -> u8 {
    reply[3] & 0x0F
}

#[test]
fn signed_questions_get_signed_answers() {
    let core = core();
    for (name, transport) in [("mail", Transport::Udp), ("none", Transport::Tcp)] {
        let question = query(&format!("{name}.example."), Rtype::A, Some((1232, &[])));
        let (question, mac) = sign(question, &key("two."), 0);
        let (reply, _) = ask_whole(&core, transport, &question);
        mac.verify_answer(&reply, unix_time()).unwrap();
    }
}

#[test]
fn signatures_that_are_not_accepted_are_answered_as_such() {
    let core = core();
    let other = Key::new(
        key("one.").name().as_ref(),
        Algorithm::HmacSha256,
        Secret::new(vec![8; 32]),
    );
    let cases = [
        (key("three."), 0, TsigError::BADKEY),
        (Arc::new(other), 0, TsigError::BADSIG),
        (key("one."), -1000, TsigError::BADTIME),
    ];
    for (key, shift, expected) in cases {
        for message in [
            query("mail.example.", Rtype::A, None),
            query("example.", Rtype::AXFR, None),
            update("example.", "new.example."),
        ] {
            let (message, mac) = sign(message, &key, shift);
            let (reply, stream) = ask_whole(&core, Transport::Tcp, &message);
            assert_eq!((rcode(&reply), stream), (9, false));
            let fault = mac.verify_answer(&reply, unix_time()).unwrap_err();
            let fits = match &fault {
                AnswerFault::BadTime { .. } => expected == TsigError::BADTIME,
                AnswerFault::Refused { error, .. } => *error == expected,
                _ => false,
            };
            assert!(fits, "{fault:?}, not {expected:?}");
        }
    }
    let (again, _) = ask_whole(
        &core,
        Transport::Tcp,
        &query("new.example.", Rtype::A, None),
    );
    assert_eq!(rcode(&again), 3);
}

#[test]
fn updates_are_carried_out_for_whom_they_are_granted_to() {
    let core = core();
    for transport in [Transport::Udp, Transport::Tcp] {
        let owner = format!("{transport:?}.example.");
        let message = update("Example.", &owner);
        assert_eq!(rcode(&ask_whole(&core, transport, &message).0), 5);
        let (foreign, mac) = sign(message.clone(), &key("two."), 0);
        let (reply, _) = ask_whole(&core, transport, &foreign);
        assert_eq!(rcode(&reply), 5);
        mac.verify_answer(&reply, unix_time()).unwrap();
        let (message, mac) = sign(message, &key("one."), 0);
        let (reply, _) = ask_whole(&core, transport, &message);
        assert_eq!((rcode(&reply), reply[2] & 0xF8), (0, 0xA8));
        mac.verify_answer(&reply, unix_time()).unwrap();
        let (found, _) = ask_whole(&core, Transport::Udp, &query(&owner, Rtype::A, None));
        assert_eq!((rcode(&found), found[7]), (0, 1));
    }
    let cases = [
        (update("other.", "new.other."), 9),
        (update("mail.example.", "new.mail.example."), 9),
        (update("example.", "new.other."), 10),
        (update("example.", "example.")[..40].to_vec(), 1),
    ];
    for (message, expected) in cases {
        let whole = expected != 1;
        let message = if whole {
            sign(message, &key("one."), 0).0
        } else {
            message
        };
        assert_eq!(
            rcode(&ask_whole(&core, Transport::Tcp, &message).0),
            expected
        );
    }
    let nobody = super::core(CoreOptions::default());
    let message = update("example.", "new.example.");
    assert_eq!(rcode(&ask_whole(&nobody, Transport::Tcp, &message).0), 5);
}

#[test]
fn transfers_go_over_tcp_to_whom_they_are_granted_to() {
    let core = core();
    let whole = || query("example.", Rtype::AXFR, None);
    assert_eq!(rcode(&ask_whole(&core, Transport::Tcp, &whole()).0), 5);
    let (foreign, _) = sign(whole(), &key("two."), 0);
    assert_eq!(rcode(&ask_whole(&core, Transport::Tcp, &foreign).0), 5);
    let (granted, _) = sign(whole(), &key("one."), 0);
    assert_eq!(rcode(&ask_whole(&core, Transport::Udp, &granted).0), 4);
    let (granted, mac) = sign(whole(), &key("one."), 0);
    let (reply, stream) = ask_whole(&core, Transport::Tcp, &granted);
    assert!(stream && rcode(&reply) == 0);
    let len = reply.len();
    assert!(len > 1000, "{len}");
    drop(mac);
    // Steps need the serial that the client has.
    let (steps, _) = sign(query("example.", Rtype::IXFR, None), &key("one."), 0);
    assert_eq!(rcode(&ask_whole(&core, Transport::Tcp, &steps).0), 1);
    let (reply, _) = ask_whole(&core, Transport::Udp, &steps);
    assert_eq!((rcode(&reply), reply[7]), (0, 1));
    let (foreign, _) = sign(query("mail.example.", Rtype::AXFR, None), &key("one."), 0);
    assert_eq!(rcode(&ask_whole(&core, Transport::Tcp, &foreign).0), 9);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Whatever is signed, and however long the key's name is, the answer stays within its limit.
    #[test]
    fn signed_answers_stay_within_their_limit(
        name in names(),
        labels in 1..30_usize,
        size in prop::option::of(0..5000_u16),
    ) {
        let long = Arc::new(Key::new(
            Name::from_text("label67.".repeat(labels).as_bytes(), None).unwrap().as_ref(),
            Algorithm::HmacSha512,
            Secret::new(vec![7; 32]),
        ));
        let mut keys = Keys::default();
        keys.insert(Arc::clone(&long)).unwrap();
        let authority = Authority { keys: Arc::new(keys), ..Authority::default() };
        let core = Core::new(CoreOptions::default(), authority, store(), Metrics::new());
        let question = query(&name, Rtype::TXT, size.map(|size| (size, &[][..])));
        let (question, mac) = sign(question, &long, 0);
        let (reply, _) = ask_whole(&core, Transport::Udp, &question);
        prop_assert!(reply.len() <= 1232);
        mac.verify_answer(&reply, unix_time()).unwrap();
    }

    #[test]
    fn broken_updates_break_nothing(
        place in 0..60_usize,
        byte in any::<u8>(),
        cut in 0..60_usize,
    ) {
        let core = core();
        let mut message = update("example.", "new.example.");
        if let Some(slot) = message.get_mut(place) {
            *slot = byte;
        }
        message.truncate(message.len() - cut % message.len());
        let mut slot = Slot::new(Transport::Udp, 4096, 1232);
        slot.client = SocketAddr::from(([192, 0, 2, 200], 4000));
        slot.request[..message.len()].copy_from_slice(&message);
        slot.request_len = message.len();
        core.worker().handle(std::slice::from_mut(&mut slot), Instant::now());
        // Nobody signed it.
        prop_assert!(slot.later.is_none());
    }
}
