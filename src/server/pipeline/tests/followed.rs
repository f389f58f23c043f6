//! Zones of other servers: who is heard, what is handed on, and what is answered before there is
//! anything to answer from.

use std::sync::Mutex;

use wire::{Rcode, Serial};

use super::super::{Following, Heard};
use super::*;
use crate::later::{Deliver, Later};
use crate::stage::who::Client;

/// Follows "copy." from 192.0.2.1, and remembers what it is told.
#[derive(Debug, Default)]
struct Follower {
    told: Mutex<Vec<Option<Serial>>>,
    forwards: bool,
}

fn copy() -> Name {
    Name::from_text(b"copy.", None).unwrap()
}

impl Following for Follower {
    fn follows(&self, zone: &Name) -> bool {
        *zone == copy()
    }

    fn notified(&self, zone: &Name, by: &Client, serial: Option<Serial>) -> Heard {
        if !self.follows(zone) {
            return Heard::NotFollowed;
        }
        if by.address != IpAddr::from([192, 0, 2, 1]) {
            return Heard::Stranger;
        }
        self.told.lock().unwrap().push(serial);
        Heard::Taken
    }

    fn forwards(&self, zone: &Name) -> bool {
        self.forwards && self.follows(zone)
    }

    fn forward(&self, _: &Name, _: SocketAddr, message: Vec<u8>, deliver: Deliver) {
        deliver(&message[..2]);
    }
}

fn core(follower: &Arc<Follower>, options: CoreOptions) -> Arc<Core> {
    let store = store();
    store.expect_copy(&copy()).unwrap();
    let authority = Authority {
        following: Some(Arc::clone(follower) as _),
        ..Authority::default()
    };
    Core::new(options, authority, store, Metrics::new())
}

/// A request of another kind than a question, with the SOA of a serial in its second section.
fn request(opcode: u8, zone: &str, rtype: Rtype, serial: Option<u32>) -> Vec<u8> {
    let mut message = vec![7, 7, opcode << 3, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    message[7] = u8::from(serial.is_some());
    message.extend(Name::from_text(zone.as_bytes(), None).unwrap().as_bytes());
    message.extend(rtype.0.to_be_bytes());
    message.extend([0, 1]);
    if let Some(serial) = serial {
        message.extend([0xC0, 12, 0, 6, 0, 1, 0, 0, 0, 9, 0, 22, 0, 0]);
        message.extend(serial.to_be_bytes());
        message.extend([0; 16]);
    }
    message
}

#[test]
fn primaries_are_heard_and_others_told_why_not() {
    let follower = Arc::new(Follower::default());
    // Who may not ask may tell.
    let nobody = CoreOptions {
        acl: AccessList::new(&["127.0.0.1/32".parse().unwrap()], &[]),
        ..CoreOptions::default()
    };
    let core = core(&follower, nobody);
    let cases = [
        ("copy.", [192, 0, 2, 1], Rtype::SOA, None, Rcode::NOERROR),
        (
            "Copy.",
            [192, 0, 2, 1],
            Rtype::SOA,
            Some(77),
            Rcode::NOERROR,
        ),
        (
            "copy.",
            [192, 0, 2, 2],
            Rtype::SOA,
            Some(78),
            Rcode::REFUSED,
        ),
        ("copy.", [192, 0, 2, 1], Rtype::A, None, Rcode::NOTIMP),
        ("example.", [192, 0, 2, 1], Rtype::SOA, None, Rcode::NOTAUTH),
        ("x.copy.", [192, 0, 2, 1], Rtype::SOA, None, Rcode::NOTAUTH),
    ];
    for (zone, from, rtype, serial, expected) in cases {
        let message = request(4, zone, rtype, serial);
        let reply = ask_from(from.into(), &core, Transport::Udp, &message).unwrap();
        assert_eq!(
            u16::from(reply[3] & 15),
            expected.0,
            "{zone} {from:?} {rtype}"
        );
        let authoritative = reply[2] & 4 != 0;
        assert_eq!(authoritative, expected == Rcode::NOERROR, "{zone}");
        assert_eq!(reply[2] & 0xF8, 0xA0, "an answer to a NOTIFY");
    }
    let told = follower.told.lock().unwrap();
    assert_eq!(*told, [None, Some(Serial(77))]);
}

#[test]
fn nothing_is_answered_from_a_copy_that_is_not_there() {
    let core = core(&Arc::new(Follower::default()), CoreOptions::default());
    for (name, rtype) in [
        ("copy.", Rtype::SOA),
        ("a.copy.", Rtype::A),
        ("copy.", Rtype::NS),
    ] {
        let question = query(name, rtype, Some((1232, &[])));
        let reply = ask(&core, Transport::Udp, &question).unwrap();
        assert_eq!((reply[3] & 15, reply[2] & 4), (2, 0), "{name}");
        assert_eq!(reply[6..10], [0; 4], "{name}");
        // RFC 8914: option 15 with code 14, not ready.
        assert!(reply.ends_with(&[0, 15, 0, 2, 0, 14]), "{reply:?}");
    }
}

#[test]
fn updates_of_copies_are_handed_on_or_refused() {
    // What nobody has signed is not handed on; what somebody has, is, whether we know the key or not.
    for (forwards, signed, expected) in [(false, false, 9), (true, false, 5), (true, true, 0)] {
        let follower = Follower {
            forwards,
            ..Follower::default()
        };
        let core = core(&Arc::new(follower), CoreOptions::default());
        let mut slot = Slot::new(Transport::Tcp, 4096, 65_535);
        let mut message = request(5, "copy.", Rtype::SOA, None);
        if signed {
            message = granted::sign(message, &granted::key("theirs."), 0).0;
        }
        slot.request[..message.len()].copy_from_slice(&message);
        slot.request_len = message.len();
        slot.client = SocketAddr::from(([192, 0, 2, 200], 4000));
        let slots = std::slice::from_mut(&mut slot);
        core.worker().handle(slots, Instant::now());
        match slot.later.take() {
            None => assert_eq!(slot.reply()[3] & 15, expected),
            Some(Later::Deferred(deferred)) => {
                let (sender, reply) = std::sync::mpsc::channel();
                deferred.start(move |answer| sender.send(answer.to_vec()).unwrap());
                assert!(signed && reply.recv().unwrap() == message[..2]);
            }
            Some(Later::Stream(_)) => panic!("a stream"),
        }
    }
}
