//! Any bytes as a request, over UDP or TCP, signed or not, from clients who may do much or nothing.
//!
//! The first byte says how the request comes; the rest is the request. What comes out is none, one
//! answer or a stream of them; each belongs to the request, keeps to the limit of its transport and
//! is a message that others can read. A zone that an update may have changed is made anew, so that
//! each input does the same whatever came before it.

#![no_main]

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hickory_proto::op::Message;
use hickory_proto::serialize::binary::BinDecodable;
use libfuzzer_sys::fuzz_target;
use server::handle::Handle;
use server::later::{Deliver, Later};
use server::metrics::Metrics;
use server::pipeline::{Authority, Core, CoreOptions, Following, Heard, Updates, Worker};
use server::slot::{Slot, Transport};
use server::stage::acl::AccessList;
use server::stage::cookie::{Secret, Secrets};
use server::stage::policy::{Names, Types, UpdateRule};
use server::stage::who::{Client, PerZone, Who};
use tsig::{Algorithm, FUDGE, Key, Keys};
use wire::{Name, Serial};
use zone::{Store, Updater};

/// Bits of the first byte.
const TCP: u8 = 1;
const SIGNED: u8 = 2;
const STRANGER: u8 = 4;
const CARRIED_OUT: u8 = 8;
const TLS: u8 = 16;

/// The largest answer over UDP, as it is set in [`CoreOptions`] unless told otherwise.
const MAX_UDP: usize = 1232;

const ZONE: &str = "\
$TTL 60
@ SOA ns hostmaster 7 3600 600 86400 300
@ NS ns
@ MX 10 mail
ns A 192.0.2.1
mail A 192.0.2.2
mail AAAA 2001:db8::2
alias CNAME mail
loop CNAME loop
*.wild TXT wildcard
under DNAME wild
sub NS ns.sub
ns.sub A 192.0.2.3
web HTTPS 1 . alpn=h2 ipv4hint=192.0.2.4
$GENERATE 0-99 many TXT number-$
$GENERATE 0-29 big NS ns$.big
$GENERATE 0-29 ns$.big A 192.0.2.9
$GENERATE 0-14 c$ CNAME c${1}
";

thread_local! {
    /// The worker of a core whose zone is as it was made.
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| {
    let Some((&how, message)) = input.split_first() else {
        return;
    };
    let mut message = message.to_vec();
    if how & SIGNED != 0 && message.len() >= 12 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock past 1970").as_secs();
        if tsig::sign_request(&mut message, &key(), now, FUDGE).is_err() {
            return;
        }
    }
    let transport = match (how & TCP, how & TLS) {
        (0, _) => Transport::Udp,
        (_, 0) => Transport::Tcp,
        _ => Transport::Tls,
    };
    let mut slot = Slot::new(transport, message.len(), 65_535);
    slot.request.copy_from_slice(&message);
    slot.request_len = message.len();
    slot.client = SocketAddr::from(match how & STRANGER {
        0 => ([192, 0, 2, 200], 4000),
        _ => ([198, 51, 100, 200], 4000),
    });
    WORKER.with_borrow_mut(|kept| {
        let worker = kept.get_or_insert_with(worker);
        worker.handle(std::slice::from_mut(&mut slot), Instant::now());
        match slot.later.take() {
            None => {
                if slot.reply_len > 0 {
                    judge(transport, &message, slot.reply());
                }
            }
            Some(Later::Stream(mut stream)) => {
                let mut bytes = Vec::new();
                while stream.next(&mut bytes) == Ok(true) {}
                let mut rest = &bytes[..];
                while let Some((length, tail)) = rest.split_first_chunk::<2>() {
                    let (reply, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
                    judge(transport, &message, reply);
                    rest = tail;
                }
                assert!(rest.is_empty(), "half a length");
            }
            Some(Later::Deferred(_)) if how & CARRIED_OUT == 0 => {}
            Some(Later::Deferred(deferred)) => {
                let (sender, reply) = mpsc::channel();
                deferred.start(move |reply| sender.send(reply.to_vec()).unwrap_or_default());
                let reply = reply.recv_timeout(Duration::from_secs(5));
                let reply = reply.expect("an answer to an update");
                if !reply.is_empty() {
                    judge(transport, &message, &reply);
                }
                *kept = None;
            }
        }
    });
});

/// What holds for any answer.
fn judge(transport: Transport, message: &[u8], reply: &[u8]) {
    assert_eq!(reply[..2], message[..2], "an answer to another request");
    assert_eq!(reply[2] & 0xF8, 0x80 | message[2] & 0x78, "not an answer");
    assert!(transport.is_connected() || reply.len() <= MAX_UDP);
    if let Err(error) = Message::from_bytes(reply) {
        panic!("{error} in {reply:02x?}");
    }
}

/// A key for all that is granted.
fn key() -> Arc<Key> {
    let secret = tsig::Secret::new(vec![7; 32]);
    Arc::new(Key::new(
        name("key.").as_ref(),
        Algorithm::HmacSha256,
        secret,
    ))
}

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).expect("a name")
}

fn worker() -> Worker {
    let loaded = zone::file::parse_str(ZONE.as_bytes(), "zone", &name("any.test."));
    let store = Arc::new(Store::new([1, 2]));
    let records = loaded.records.expect("a zone");
    store.replace_static(&records).expect("room for a zone");
    store.expect_copy(&name("copy.")).expect("room for a zone");
    let (updater, _thread) = Updater::start(Arc::clone(&store)).expect("a thread");
    let mut keys = Keys::default();
    keys.insert(key()).expect("one key");
    let rule = UpdateRule {
        grant: true,
        who: Who::AnyKey,
        names: Names::Zonesub,
        types: Types::Any,
        takeover: true,
    };
    let authority = Authority {
        keys: Arc::new(keys),
        transfers: Arc::new(PerZone::new(vec![Who::AnyKey], HashMap::new())),
        updates: Some(Updates {
            rules: Arc::new(PerZone::new(vec![rule], HashMap::new())),
            updater,
        }),
        following: Some(Arc::new(Follower)),
        ..Authority::default()
    };
    let options = CoreOptions {
        acl: AccessList::new(&["192.0.2.0/24".parse().expect("a network")], &[]),
        cookies: Some(Secrets {
            active: Secret::new([7; 16]),
            other: None,
        }),
        nsid: Some(b"node-7".to_vec()),
        ..CoreOptions::default()
    };
    Core::new(options, authority, store, Metrics::new()).worker()
}

/// Follows `copy.`, whose updates it hands on to nobody.
#[derive(Debug)]
struct Follower;

impl Following for Follower {
    fn follows(&self, zone: &Name) -> bool {
        *zone == name("copy.")
    }

    fn notified(&self, zone: &Name, by: &Client, _: Option<Serial>) -> Heard {
        match (self.follows(zone), by.key.is_some()) {
            (false, _) => Heard::NotFollowed,
            (true, false) => Heard::Stranger,
            (true, true) => Heard::Taken,
        }
    }

    fn forwards(&self, zone: &Name) -> bool {
        self.follows(zone)
    }

    fn forward(&self, _: &Name, _: SocketAddr, _: Vec<u8>, deliver: Deliver) {
        deliver(&[]);
    }
}
