//! The pipeline from bytes to bytes, without sockets. What answers must contain is judged beside
//! real servers; here stand the promises that hold for any packet.

mod catalog;
mod expire;
mod followed;
mod granted;
mod quick;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use hickory_proto::op::Message;
use hickory_proto::serialize::binary::BinDecodable;
use proptest::prelude::*;
use wire::text::Token;
use wire::{Name, Rtype, Ttl};
use zone::Store;
use zone::records::{Place, Records};

use super::{Authority, Core, CoreOptions};
use crate::handle::Handle;
use crate::metrics::Metrics;
use crate::query::Chaos;
use crate::slot::{Slot, Transport};
use crate::stage::acl::AccessList;
use crate::stage::cookie::{Secret, Secrets};
use crate::stage::ratelimit::{Counted, RateLimitOptions};

const ZONE: &[(&str, &str)] = &[
    ("@", "SOA ns hostmaster 7 3600 600 86400 300"),
    ("@", "NS ns"),
    ("@", "MX 10 mail"),
    ("ns", "A 192.0.2.1"),
    ("mail", "A 192.0.2.2"),
    ("mail", "AAAA 2001:db8::2"),
    ("alias", "CNAME mail"),
    ("loop", "CNAME loop"),
    ("*.wild", "TXT wildcard"),
    ("under", "DNAME wild"),
    ("sub", "NS ns.sub"),
    ("ns.sub", "A 192.0.2.3"),
    ("many", "TXT 1"),
];

fn store() -> Arc<Store> {
    let apex = Name::from_text(b"example.", None).unwrap();
    let mut records = Records::new(apex.clone());
    let mut push = |owner: &str, text: &str| {
        let owner = Name::from_text(owner.as_bytes(), Some(apex.as_ref())).unwrap();
        let mut words = text.split(' ');
        let rtype = Rtype::from_text(words.next().unwrap().as_bytes()).unwrap();
        let tokens: Vec<Token<'_>> = words
            .map(|word| Token {
                text: word.as_bytes(),
                quoted: false,
            })
            .collect();
        let mut rdata = Vec::new();
        wire::rdata::parse(rtype, &tokens, Some(apex.as_ref()), &mut rdata).unwrap();
        records.push(
            owner.as_ref(),
            rtype,
            Ttl::from_secs(60),
            &rdata,
            Place::default(),
        );
    };
    for (owner, text) in ZONE {
        push(owner, text);
    }
    for number in 0..120 {
        push("many", &format!("TXT number-{number}"));
        push("big", &format!("NS ns{number}.big"));
        push(&format!("ns{number}.big"), "A 192.0.2.9");
        push(&format!("c{number}"), &format!("CNAME c{}", number + 1));
    }
    records.sort();
    records.dedup();
    let store = Store::new([1, 2]);
    store.replace_static(&records).unwrap();
    Arc::new(store)
}

fn core(options: CoreOptions) -> Arc<Core> {
    Core::new(options, Authority::default(), store(), Metrics::new())
}

fn ask(core: &Arc<Core>, transport: Transport, message: &[u8]) -> Option<Vec<u8>> {
    ask_from("192.0.2.200".parse().unwrap(), core, transport, message)
}

fn ask_from(
    client: IpAddr,
    core: &Arc<Core>,
    transport: Transport,
    message: &[u8],
) -> Option<Vec<u8>> {
    let mut slot = Slot::new(transport, 4096, 65_535);
    slot.client = SocketAddr::new(client, 4000);
    slot.request[..message.len()].copy_from_slice(message);
    slot.request_len = message.len();
    core.worker()
        .handle(std::slice::from_mut(&mut slot), Instant::now());
    if slot.reply_len == 0 {
        None
    } else {
        Some(slot.reply().to_vec())
    }
}

fn query(name: &str, rtype: Rtype, edns: Option<(u16, &[u8])>) -> Vec<u8> {
    let mut message = vec![
        0xAB,
        0xCD,
        1,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        u8::from(edns.is_some()),
    ];
    message.extend_from_slice(Name::from_text(name.as_bytes(), None).unwrap().as_bytes());
    message.extend_from_slice(&rtype.0.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    if let Some((size, options)) = edns {
        let [high, low] = size.to_be_bytes();
        message.extend_from_slice(&[0, 0, 41, high, low, 0, 0, 0, 0, 0]);
        message.push(u8::try_from(options.len()).unwrap());
        message.extend_from_slice(options);
    }
    message
}

#[test]
fn answers_that_do_not_fit_are_cut_between_rrsets_and_say_so() {
    let core = core(CoreOptions::default());
    for (name, rtype) in [("many.example.", Rtype::TXT), ("x.big.example.", Rtype::A)] {
        for (size, limit) in [
            (None, 512),
            (Some(100), 512),
            (Some(900), 900),
            (Some(4096), 1232),
        ] {
            let edns = size.map(|size| (size, &[][..]));
            let reply = ask(&core, Transport::Udp, &query(name, rtype, edns)).unwrap();
            assert!(reply.len() <= limit, "{name} {size:?}: {}", reply.len());
            let reply = Message::from_bytes(&reply).unwrap();
            assert!(reply.metadata.truncation, "{name} {size:?}");
            assert!(reply.answers.is_empty(), "half an RRset: {name} {size:?}");
        }
        let reply = ask(&core, Transport::Tcp, &query(name, rtype, None)).unwrap();
        let reply = Message::from_bytes(&reply).unwrap();
        assert!(!reply.metadata.truncation);
        assert!(reply.answers.len() + reply.authorities.len() >= 120);
    }
}

#[test]
fn what_is_no_question_gets_no_answer_or_an_error() {
    let core = core(CoreOptions::default());
    let question = query("mail.example.", Rtype::A, None);
    let rcode = |message: &[u8]| ask(&core, Transport::Udp, message).map(|reply| reply[3] & 0x0F);
    assert_eq!(rcode(&[]), None);
    assert_eq!(rcode(&question[..11]), None);
    let mut answer = question.clone();
    answer[2] |= 0x80;
    assert_eq!(rcode(&answer), None);
    assert_eq!(rcode(&question[..12]), Some(1));
    assert_eq!(rcode(&question[..20]), Some(1));
    assert_eq!(rcode(&[&question[..], &[0]].concat()), Some(1));
    let mut status = question.clone();
    status[2] = 2 << 3;
    assert_eq!(rcode(&status), Some(4));
    assert_eq!(rcode(&query("other.", Rtype::A, None)), Some(5));
    assert_eq!(rcode(&question), Some(0));
}

#[test]
fn cookies_are_handed_out_and_recognized() {
    let secrets = Secrets {
        active: Secret::new([7; 16]),
        other: None,
    };
    let limit = RateLimitOptions {
        rate: 1,
        counted: Counted::Everyone,
        ..Default::default()
    };
    let core = core(CoreOptions {
        cookies: Some(secrets),
        rate_limit: limit,
        ..Default::default()
    });
    let option = |cookie: &[u8]| {
        let mut option = vec![0, 10, 0, u8::try_from(cookie.len()).unwrap()];
        option.extend_from_slice(cookie);
        option
    };
    let ask_with = |cookie: &[u8]| {
        let options = option(cookie);
        ask(
            &core,
            Transport::Udp,
            &query("mail.example.", Rtype::A, Some((1232, &options))),
        )
    };
    let first = ask_with(b"8 bytes.").unwrap();
    let cookie = first[first.len() - 24..].to_vec();
    assert!(cookie.starts_with(b"8 bytes."));
    // Over the limit, who has our cookie is still answered; who has none is cut or dropped.
    for _ in 0..20 {
        let reply = ask_with(&cookie).unwrap();
        assert_eq!(reply[2] & 0x02, 0);
    }
    let unproven: Vec<_> = (0..20).map(|_| ask_with(b"8 bytes.")).collect();
    assert!(unproven.iter().any(Option::is_none));
    assert!(unproven.iter().flatten().any(|reply| reply[2] & 0x02 != 0));
    assert_eq!(ask_with(b"seven..").unwrap()[3] & 0x0F, 1);
}

#[test]
fn server_questions_and_refusals_are_as_set() {
    let chaos = Chaos {
        version: Some("one".to_owned()),
        hostname: None,
        id: Some("a".repeat(300)),
    };
    let deny = ["198.51.100.0/24".parse().unwrap()];
    let core = core(CoreOptions {
        chaos,
        acl: AccessList::new(&[], &deny),
        nsid: Some(b"node-7".to_vec()),
        ..Default::default()
    });
    let chaos = |name: &str| {
        let mut message = query(name, Rtype::TXT, None);
        *message.last_mut().unwrap() = 3;
        let reply = ask(&core, Transport::Udp, &message).unwrap();
        (
            reply[3] & 0x0F,
            Message::from_bytes(&reply).unwrap().answers.len(),
        )
    };
    assert_eq!(chaos("version.bind."), (0, 1));
    assert_eq!(chaos("VERSION.server."), (0, 1));
    assert_eq!(chaos("id.server."), (0, 1));
    assert_eq!(chaos("hostname.bind."), (5, 0));
    assert_eq!(chaos("mail.example."), (5, 0));
    let nsid = query("mail.example.", Rtype::A, Some((1232, &[0, 3, 0, 0])));
    let reply = ask(&core, Transport::Udp, &nsid).unwrap();
    assert!(reply.ends_with(b"\x00\x03\x00\x06node-7"));
    let refused = ask_from(
        "198.51.100.9".parse().unwrap(),
        &core,
        Transport::Udp,
        &nsid,
    )
    .unwrap();
    assert_eq!(refused[3] & 0x0F, 5);
    assert!(
        refused.ends_with(&[0, 15, 0, 2, 0, 18]),
        "the client is told why: {refused:?}"
    );
}

#[test]
fn who_pads_gets_it_padded_where_nobody_else_hears() {
    let core = core(CoreOptions::default());
    let padded = b"\x00\x0C\x00\x03\x00\x00\x00";
    for (name, rtype, transport, options, expected) in [
        ("mail.example.", Rtype::A, Transport::Tls, &padded[..], true),
        ("many.example.", Rtype::A, Transport::Tls, &padded[..], true),
        ("nope.example.", Rtype::A, Transport::Tls, &padded[..], true),
        ("mail.example.", Rtype::A, Transport::Tls, &[][..], false),
        (
            "mail.example.",
            Rtype::A,
            Transport::Tcp,
            &padded[..],
            false,
        ),
        (
            "mail.example.",
            Rtype::A,
            Transport::Udp,
            &padded[..],
            false,
        ),
    ] {
        let reply = ask(&core, transport, &query(name, rtype, Some((1232, options)))).unwrap();
        assert_eq!(
            reply.len().is_multiple_of(468),
            expected,
            "{name} {transport:?}"
        );
        assert!(Message::from_bytes(&reply).is_ok());
    }
}

#[test]
fn a_chain_of_aliases_that_is_cut_says_so() {
    let core = core(CoreOptions::default());
    for (name, links, cut) in [("c0.example.", 12, true), ("c110.example.", 10, false)] {
        let question = query(name, Rtype::A, Some((1232, &[])));
        let reply = ask(&core, Transport::Udp, &question).unwrap();
        let said = reply.ends_with(b"\0\0too many aliases in a row, ask for the last one");
        assert_eq!(said, cut, "{name}");
        let reply = Message::from_bytes(&reply).unwrap();
        assert_eq!(reply.answers.len(), links, "{name}");
    }
}

#[test]
fn a_batch_answers_like_single_requests() {
    let core = core(CoreOptions::default());
    let names = [
        "mail", "nope", "x.wild", "a.under", "www.sub", "alias", "loop", "ns", "many",
    ];
    let questions: Vec<Vec<u8>> = (0..70)
        .map(|number: usize| {
            let name = format!("{}.example.", names[number % names.len()]);
            let rtype = if number.is_multiple_of(2) {
                Rtype::A
            } else {
                Rtype::TXT
            };
            query(
                &name,
                rtype,
                number.is_multiple_of(3).then_some((1232, &[][..])),
            )
        })
        .collect();
    let mut slots: Vec<Slot> = questions
        .iter()
        .map(|question| {
            let mut slot = Slot::new(Transport::Udp, 512, 1232);
            slot.request[..question.len()].copy_from_slice(question);
            slot.request_len = question.len();
            slot
        })
        .collect();
    core.worker().handle(&mut slots, Instant::now());
    for (slot, question) in slots.iter().zip(&questions) {
        assert_eq!(
            Some(slot.reply().to_vec()),
            ask(&core, Transport::Udp, question)
        );
    }
}

fn names() -> impl Strategy<Value = String> {
    let label = prop_oneof![
        Just("mail"),
        Just("alias"),
        Just("wild"),
        Just("under"),
        Just("sub"),
        Just("big"),
        Just("*"),
        Just("x"),
        Just("ns"),
        Just("LOOP"),
    ];
    prop::collection::vec(label, 0..4).prop_map(|labels| {
        format!("{}.example.", labels.join("."))
            .trim_start_matches('.')
            .to_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes in: no panic, and an answer is one to the request, within its limit, and a
    /// message that others can read.
    #[test]
    fn any_packet_gets_a_sound_answer_or_none(
        name in names(),
        rtype in prop_oneof![Just(1_u16), Just(255), Just(43), Just(5), Just(39), any::<u16>()],
        size in prop::option::of(any::<u16>()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
        transport in prop_oneof![Just(Transport::Udp), Just(Transport::Tcp), Just(Transport::Tls)],
    ) {
        let core = core(CoreOptions::default());
        let mut message = query(&name, Rtype(rtype), size.map(|size| (size, &[][..])));
        for (index, byte) in damage {
            let at = index.index(message.len());
            message[at] = byte;
        }
        if let Some(cut) = cut {
            message.truncate(cut.index(message.len()));
        }
        if let Some(reply) = ask(&core, transport, &message) {
            prop_assert_eq!(&reply[..2], &message[..2]);
            prop_assert_eq!(reply[2] & 0xF8, 0x80 | message[2] & 0x78);
            if transport == Transport::Udp {
                prop_assert!(reply.len() <= 1232);
            }
            let read = Message::from_bytes(&reply);
            prop_assert!(read.is_ok(), "{:?} for {:?}", read, reply);
        }
    }
}
