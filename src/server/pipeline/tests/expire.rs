//! How long a zone is good for (RFC 7314): told of zones of our own, to who asks.

use wire::Serial;

use super::super::{Following, Heard};
use super::*;
use crate::later::Deliver;
use crate::stage::who::Client;

/// Follows one zone.
#[derive(Debug)]
struct Follower(Name);

impl Following for Follower {
    fn follows(&self, zone: &Name) -> bool {
        *zone == self.0
    }

    fn notified(&self, _: &Name, _: &Client, _: Option<Serial>) -> Heard {
        Heard::NotFollowed
    }

    fn forwards(&self, _: &Name) -> bool {
        false
    }

    fn forward(&self, _: &Name, _: SocketAddr, _: Vec<u8>, deliver: Deliver) {
        deliver(&[]);
    }
}

/// Option 9, empty in a request, with the 86400 of the SOA in an answer.
const ASKS: [u8; 4] = [0, 9, 0, 0];
const TOLD: [u8; 8] = [0, 9, 0, 4, 0, 1, 0x51, 0x80];

#[test]
fn how_long_a_zone_is_good_for_stands_beside_its_soa() {
    let core = core(CoreOptions::default());
    for (name, rtype, expected) in [
        ("example.", Rtype::SOA, true),
        ("Example.", Rtype::SOA, true),
        ("example.", Rtype::A, false),
        ("example.", Rtype::ANY, false),
        ("mail.example.", Rtype::SOA, false),
        ("nope.example.", Rtype::SOA, false),
        ("other.", Rtype::SOA, false),
    ] {
        for transport in [Transport::Udp, Transport::Tcp] {
            let question = query(name, rtype, Some((1232, &ASKS)));
            let reply = ask(&core, transport, &question).unwrap();
            assert_eq!(reply.ends_with(&TOLD), expected, "{name} {rtype}");
            let question = query(name, rtype, Some((1232, &[])));
            let reply = ask(&core, transport, &question).unwrap();
            assert!(!reply.ends_with(&TOLD), "{name} {rtype} did not ask");
        }
    }
}

#[test]
fn the_time_that_a_copy_has_left_is_not_made_up() {
    let follower = Follower(Name::from_text(b"example.", None).unwrap());
    let authority = Authority {
        following: Some(Arc::new(follower)),
        ..Authority::default()
    };
    let core = Core::new(CoreOptions::default(), authority, store(), Metrics::new());
    let question = query("example.", Rtype::SOA, Some((1232, &ASKS)));
    let reply = ask(&core, Transport::Udp, &question).unwrap();
    assert_eq!((reply[3] & 15, reply.ends_with(&TOLD)), (0, false));
}
