//! Counting, and what a scrape sees of it.

use std::net::IpAddr;
use std::time::Duration;

use wire::{Rcode, Rtype};

use super::*;
use crate::slot::Transport;

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[test]
fn totals_add_up_all_workers() {
    let metrics = Metrics::new();
    let (mut one, mut two) = (metrics.worker(), metrics.worker());
    let six: IpAddr = "::1".parse().unwrap();
    one.query(Transport::Udp, CLIENT, Some(Rtype::A), Rcode::NOERROR);
    two.query(Transport::Udp, CLIENT, Some(Rtype::A), Rcode::NOERROR);
    one.query(Transport::Udp, CLIENT, Some(Rtype::A), Rcode::NXDOMAIN);
    two.query(Transport::Tcp, six, Some(Rtype(65_280)), Rcode(4000));
    two.query(Transport::Udp, six, None, Rcode::FORMERR);
    one.query(Transport::Tls, CLIENT, Some(Rtype::A), Rcode::NOERROR);
    one.truncated();
    two.dropped(DropReason::RateLimit);
    one.received(3, 100);
    one.sent(2, 200);
    two.panicked();
    let totals = metrics.totals();
    let queries: Vec<_> = totals
        .queries()
        .map(|of| (of.transport, of.family, of.qtype, of.rcode, of.count))
        .collect();
    let expected = [
        ("tcp", "ipv6", "other", "other", 1),
        ("tls", "ipv4", "A", "NOERROR", 1),
        ("udp", "ipv4", "A", "NOERROR", 2),
        ("udp", "ipv4", "A", "NXDOMAIN", 1),
        ("udp", "ipv6", "none", "FORMERR", 1),
    ];
    assert_eq!(queries, expected);
    let drops: Vec<_> = totals.drops().filter(|(_, n)| *n > 0).collect();
    assert_eq!(drops, [("rate_limit", 1)]);
    assert_eq!(
        (
            totals.received,
            totals.received_bytes,
            totals.sent,
            totals.sent_bytes
        ),
        (3, 100, 2, 200)
    );
    assert_eq!((totals.truncated, totals.panics), (1, 1));
}

#[test]
fn latency_falls_into_buckets() {
    let metrics = Metrics::new();
    let mut worker = metrics.worker();
    worker.took(0, Duration::from_secs(1));
    worker.took(32, Duration::from_micros(32));
    worker.took(1, Duration::from_secs(3));
    let latency = metrics.totals().latency();
    assert_eq!(latency.count, 33);
    assert_eq!(latency.sum, Duration::from_micros(3_000_032));
    let first = latency.buckets.iter().find(|(_, n)| *n > 0).unwrap();
    assert_eq!(*first, (Some(Duration::from_micros(1)), 32));
    assert_eq!(*latency.buckets.last().unwrap(), (None, 1));
}

#[test]
fn cell_of_an_ended_worker_counts_on() {
    let metrics = Metrics::new();
    for _ in 0..5 {
        let mut worker = metrics.worker();
        worker.query(Transport::Udp, CLIENT, Some(Rtype::A), Rcode::NOERROR);
    }
    assert_eq!(metrics.cells().all.len(), 1);
    let counts: Vec<u64> = metrics.totals().queries().map(|of| of.count).collect();
    assert_eq!(counts, [5]);
}

#[test]
fn only_living_workers_have_turns_and_none_while_they_wait() {
    let metrics = Metrics::new();
    let (mut one, two) = (metrics.worker(), metrics.worker());
    assert!(metrics.turns().is_empty());
    for turn in 1..3 {
        one.waits();
        assert_eq!(metrics.turns(), [None]);
        one.works();
        assert_eq!(metrics.turns(), [Some(turn)]);
    }
    drop((one, two));
    assert!(metrics.turns().is_empty());
}

#[test]
fn each_label_has_one_counter() {
    for (at, rtype) in RTYPES.iter().enumerate() {
        assert_eq!(label::rtype_index(*rtype), at, "{rtype}");
        assert!(rtype.mnemonic().is_some(), "{rtype}");
    }
    for (at, rcode) in RCODES.iter().enumerate() {
        assert_eq!(label::rcode_index(*rcode), at, "{rcode}");
        assert!(rcode.mnemonic().is_some(), "{rcode}");
    }
    assert_eq!(label::qtype_labels().count(), label::QTYPES);
    assert_eq!(label::rcode_labels().count(), label::CODES);
    assert_eq!(label::qtype_index(None), label::QTYPES - 1);
    for number in 0..=u16::MAX {
        assert!(label::rtype_index(Rtype(number)) <= RTYPES.len());
        assert!(label::rcode_index(Rcode(number)) <= RCODES.len());
    }
    for (at, reason) in DropReason::ALL.iter().enumerate() {
        assert_eq!(*reason as usize, at, "{}", reason.label());
    }
    assert!(LATENCY_BOUNDS.is_sorted());
}
