//! The short way answers as the long one does, to the bit.

use super::*;

/// What a request is answered, on the long way too: that takes all requests whose room ends with them.
fn both_ways(core: &Arc<Core>, transport: Transport, message: &[u8]) -> [Vec<u8>; 2] {
    [4096, message.len()].map(|room| {
        let mut slot = Slot::new(transport, room, 65_535);
        slot.client = "192.0.2.200:4000".parse().unwrap();
        // What is left of a request before must not matter.
        slot.request.fill(0x41);
        slot.reply.fill(0x42);
        slot.request[..message.len()].copy_from_slice(message);
        slot.request_len = message.len();
        let slots = std::slice::from_mut(&mut slot);
        core.worker().handle(slots, Instant::now());
        slot.reply().to_vec()
    })
}

#[test]
fn each_name_and_type_is_answered_alike_on_both_ways() {
    let core = core(CoreOptions::default());
    let names = [
        "example.",
        "mail.example.",
        "MaiL.eXample.",
        "ns.example.",
        "alias.example.",
        "nope.example.",
        "a.b.nope.example.",
        "wild.example.",
        "x.wild.example.",
        "y.x.wild.example.",
        "*.wild.example.",
        "under.example.",
        "x.under.example.",
        "sub.example.",
        "ns.sub.example.",
        "many.example.",
        "big.example.",
        "other.",
        ".",
    ];
    let long = format!("{0}.{0}.{0}.{1}.example.", "x".repeat(63), "y".repeat(52));
    for name in names.into_iter().chain([&*long]) {
        for rtype in [1, 2, 5, 6, 15, 16, 28, 33, 39, 41, 43, 46, 65, 255, 256, 0] {
            for size in [None, Some(0), Some(600), Some(1232), Some(4096)] {
                for transport in [Transport::Udp, Transport::Tcp] {
                    let message = query(name, Rtype(rtype), size.map(|size| (size, &[][..])));
                    let [short, long] = both_ways(&core, transport, &message);
                    assert_eq!(short, long, "{name} {rtype} {size:?} {transport:?}");
                    assert!(!short.is_empty());
                }
            }
        }
    }
}

#[test]
fn limited_clients_get_on_the_short_way_what_they_get_on_the_long_one() {
    let message = query("mail.example.", Rtype::A, Some((1232, &[])));
    let replies = [4096, message.len()].map(|room| {
        let core = core(CoreOptions {
            rate_limit: RateLimitOptions {
                rate: 1,
                counted: Counted::Everyone,
                ..Default::default()
            },
            ..Default::default()
        });
        let now = Instant::now();
        let mut worker = core.worker();
        let mut replies = Vec::new();
        for _ in 0..20 {
            let mut slot = Slot::new(Transport::Udp, room, 1232);
            slot.client = "192.0.2.200:4000".parse().unwrap();
            slot.request[..message.len()].copy_from_slice(&message);
            slot.request_len = message.len();
            worker.handle(std::slice::from_mut(&mut slot), now);
            replies.push(slot.reply().to_vec());
        }
        replies
    });
    assert_eq!(replies[0], replies[1]);
    assert!(
        replies[0]
            .iter()
            .any(|reply| reply.len() > 12 && reply[2] & 0x02 != 0)
    );
    assert!(replies[0].iter().any(Vec::is_empty));
}

#[test]
fn who_may_not_ask_is_refused_on_both_ways() {
    let deny = ["192.0.2.0/24".parse().unwrap()];
    let core = core(CoreOptions {
        acl: AccessList::new(&[], &deny),
        ..Default::default()
    });
    let message = query("mail.example.", Rtype::A, None);
    let [short, long] = both_ways(&core, Transport::Udp, &message);
    assert_eq!(short, long);
    assert_eq!(short[3] & 0x0F, 5);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_packet_is_answered_alike_on_both_ways(
        name in names(),
        rtype in prop_oneof![Just(1_u16), Just(16), Just(28), any::<u16>()],
        size in prop::option::of(any::<u16>()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
        transport in prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)],
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
        let [short, long] = both_ways(&core, transport, &message);
        prop_assert_eq!(short, long);
    }
}
