//! The rate limit over pretended time.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::limit::{Cell, TIME_MAX};
use super::{Counted, RateLimit, RateLimitOptions, ResponseClass, Verdict};

const CLIENT: &str = "8.8.8.8";

fn limit(rate: u32, slip: u8) -> (RateLimit, Instant) {
    let now = Instant::now();
    let options = RateLimitOptions {
        rate,
        slip,
        ..RateLimitOptions::default()
    };
    (RateLimit::new(options, now), now)
}

/// How many of so many answers are sent, truncated, dropped.
fn burst(
    limit: &RateLimit,
    now: Instant,
    client: &str,
    class: ResponseClass,
    n: usize,
) -> [usize; 3] {
    let mut seen = [0; 3];
    for _ in 0..n {
        match limit.decide(now, client.parse().unwrap(), class) {
            Verdict::Send => seen[0] += 1,
            Verdict::Truncate => seen[1] += 1,
            Verdict::Drop => seen[2] += 1,
        }
    }
    seen
}

#[test]
fn second_of_answers_is_sent_and_the_rest_slips() {
    for (slip, truncated, dropped) in [(0, 0, 100), (1, 100, 0), (2, 50, 50), (10, 10, 90)] {
        let (limit, now) = limit(200, slip);
        let seen = burst(&limit, now, CLIENT, ResponseClass::Positive, 300);
        assert_eq!(seen, [200, truncated, dropped], "slip {slip}");
    }
}

#[test]
fn rate_is_given_back_with_time() {
    let (limit, now) = limit(200, 1);
    burst(&limit, now, CLIENT, ResponseClass::Positive, 500);
    for (after, sent) in [(0, 0), (100, 20), (200, 20), (5_000, 200)] {
        let later = now + Duration::from_millis(after);
        let seen = burst(&limit, later, CLIENT, ResponseClass::Positive, 500);
        assert_eq!(seen[0], sent, "after {after} ms");
    }
}

#[test]
fn networks_and_classes_count_apart() {
    let (limit, now) = limit(10, 1);
    burst(&limit, now, CLIENT, ResponseClass::Positive, 10);
    let cases = [
        (CLIENT, ResponseClass::Positive, 0),
        ("8.8.8.200", ResponseClass::Positive, 0),
        ("8.8.9.8", ResponseClass::Positive, 10),
        (CLIENT, ResponseClass::Nxdomain, 10),
        ("2a00:1450:0:100::1", ResponseClass::Positive, 10),
        ("2a00:1450:0:1ff::1", ResponseClass::Positive, 0),
        ("2a00:1450:0:200::1", ResponseClass::Positive, 10),
    ];
    for (client, class, sent) in cases {
        let seen = burst(&limit, now, client, class, 20);
        assert_eq!(seen[0], sent, "{client} {class:?}");
    }
}

#[test]
fn private_exempt_and_unlimited_clients_are_always_answered() {
    let now = Instant::now();
    let build = |options| RateLimit::new(options, now);
    let base = RateLimitOptions {
        rate: 1,
        ..RateLimitOptions::default()
    };
    let exempt = RateLimitOptions {
        exempt: vec!["8.8.0.0/16".parse().unwrap()],
        ..base.clone()
    };
    let off = RateLimitOptions {
        rate: 0,
        ..base.clone()
    };
    let everyone = RateLimitOptions {
        counted: Counted::Everyone,
        ..base.clone()
    };
    let cases = [
        (base.clone(), "10.0.0.1", 20),
        (base.clone(), "127.0.0.1", 20),
        (base, CLIENT, 1),
        (exempt, CLIENT, 20),
        (off, CLIENT, 20),
        (everyone, "127.0.0.1", 1),
    ];
    for (options, client, sent) in cases {
        let limit = build(options);
        let seen = burst(&limit, now, client, ResponseClass::Error, 20);
        assert_eq!(seen[0], sent, "{client}");
    }
}

#[test]
fn flood_from_more_networks_than_fit_leaves_others_their_answers() {
    let now = Instant::now();
    let options = RateLimitOptions {
        rate: 10,
        slip: 1,
        networks: 64,
        ..RateLimitOptions::default()
    };
    let limit = RateLimit::new(options, now);
    for net in 0..10_000_u32 {
        let client = IpAddr::from((0x0800_0000 + (net << 8)).to_be_bytes());
        assert_eq!(
            limit.decide(now, client, ResponseClass::Positive),
            Verdict::Send
        );
    }
}

#[test]
fn extreme_rates_and_times_hold() {
    let (fast, now) = limit(u32::MAX, 2);
    assert_eq!(
        burst(&fast, now, CLIENT, ResponseClass::Positive, 1000)[0],
        1000
    );
    let (slow, now) = limit(1, 31);
    let years = now + Duration::from_secs(20 * 365 * 86_400);
    assert_eq!(
        burst(&slow, years, CLIENT, ResponseClass::Positive, 1)[0],
        1
    );
    let cell = Cell {
        tag: 5,
        busy_until: u64::MAX,
        slipped: 31,
    };
    assert_eq!(
        Cell::unpack(cell.pack()),
        Cell {
            busy_until: TIME_MAX,
            ..cell
        }
    );
}
