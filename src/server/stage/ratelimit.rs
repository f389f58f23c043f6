//! Response rate limiting: a forged client must not get more answers than a network can bear.
//!
//! In goes who is answered and with what kind of answer, out comes whether the answer is sent,
//! sent truncated (a true client then comes back over TCP, a forged one cannot) or dropped.
//! Answers are counted per network and class over a table of fixed size that all workers share.
//!
//! Each cell is one word: a tag of the key and the *theoretical arrival time* of the generic cell
//! rate algorithm (ITU-T I.371). A network may be a second's worth of answers ahead of its rate.
//! Invariants: no lock, no allocation, and no more than one cache line is touched a decision. Losing
//! a race between workers costs one answer's count, never more.

use std::hash::Hasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use ipnet::IpNet;
use siphasher::sip::SipHasher13;

use crate::address::{self, AddressSet};

/// Kinds of answers that are counted apart, so that a flood of one leaves the others alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseClass {
    /// To a question for ANY type.
    Any,
    /// FORMERR, SERVFAIL, REFUSED and the like.
    Error,
    /// The name exists, the type does not.
    Nodata,
    /// The name does not exist.
    Nxdomain,
    /// With the records asked for.
    Positive,
    /// To a delegated zone.
    Referral,
    /// Made from a wildcard.
    Wildcard,
}

/// What to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Send nothing.
    Drop,
    /// Send it.
    Send,
    /// Send an empty answer with the TC bit.
    Truncate,
}

/// Whose answers are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Those to any address.
    Everyone,
    /// Those to addresses of the internet at large: inside a cluster nobody forges.
    Global,
}

/// Settings of the rate limit.
#[derive(Clone, Debug)]
pub struct RateLimitOptions {
    /// Answers a second for each network and class; 0 switches the limit off.
    pub rate: u32,
    /// Of the answers over the limit each `slip`-th is truncated, the others are dropped; 1
    /// truncates all of them, 0 drops all of them. At most 31.
    pub slip: u8,
    /// Networks that are never limited.
    pub exempt: Vec<IpNet>,
    /// Whose answers are counted.
    pub counted: Counted,
    /// Leading bits of an IPv4 address that make a network.
    pub v4_bits: u8,
    /// Leading bits of an IPv6 address that make a network.
    pub v6_bits: u8,
    /// How many networks are remembered; made a power of two. Each takes 8 bytes.
    pub networks: usize,
    /// Key of the table's hash, random per process: who can't guess it can't aim at a cell.
    pub key: [u8; 16],
}

impl Default for RateLimitOptions {
    fn default() -> Self {
        Self {
            rate: 200,
            slip: 2,
            exempt: Vec::new(),
            counted: Counted::Global,
            v4_bits: 24,
            v6_bits: 56,
            networks: 1 << 17,
            key: [0; 16],
        }
    }
}

/// The table; one for all workers.
#[derive(Debug)]
pub struct RateLimit {
    lines: Box<[Line]>,
    options: RateLimitOptions,
    exempt: AddressSet,
    start: Instant,
    /// Ticks that one answer takes of a network's time.
    cost: u64,
}

/// The cells that a key may be in: one cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; 8]);

impl RateLimit {
    /// An empty table; `now` is the zero of its time.
    #[must_use]
    pub fn new(options: RateLimitOptions, now: Instant) -> Self {
        let lines = match options.rate {
            0 => 0,
            _ => options
                .networks
                .div_ceil(8)
                .clamp(1, 1 << 24)
                .next_power_of_two(),
        };
        Self {
            lines: (0..lines).map(|_| Line::default()).collect(),
            exempt: AddressSet::new(&options.exempt),
            start: now,
            cost: (SECOND / u64::from(options.rate.max(1))).max(1),
            options,
        }
    }

    /// Whether anything is limited at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Counts an answer and says what to do with it.
    #[must_use]
    pub fn decide(&self, now: Instant, client: IpAddr, class: ResponseClass) -> Verdict {
        let exempt = self.options.counted == Counted::Global && !address::is_global(client)
            || !self.exempt.is_empty() && self.exempt.contains(client);
        if exempt || !self.is_on() {
            return Verdict::Send;
        }
        let network = address::network(client, self.options.v4_bits, self.options.v6_bits);
        let mut hasher = SipHasher13::new_with_key(&self.options.key);
        hasher.write(&network.to_ne_bytes());
        hasher.write_u8(class as u8);
        self.count(hasher.finish(), self.ticks(now))
    }

    fn count(&self, hash: u64, now: u64) -> Verdict {
        // The length is a power of two: the mask keeps the index inside.
        let index = usize::try_from(hash & (self.lines.len() as u64 - 1)).unwrap_or_default();
        let Some(Line(cells)) = self.lines.get(index) else {
            return Verdict::Send;
        };
        let tag = hash >> (64 - TAG_BITS);
        let cell = find(cells, tag);
        let old = Cell::unpack(cell.load(Relaxed));
        // A cell of another network counts as new: it was the one with the least to remember.
        let (busy_until, slipped) = match old {
            Cell { tag: owner, .. } if owner != tag => (now, 0),
            Cell {
                busy_until,
                slipped,
                ..
            } => (busy_until.max(now), slipped),
        };
        // All but the answer in hand may be ahead of time by one second.
        if busy_until.saturating_add(self.cost) <= now.saturating_add(SECOND) {
            let busy_until = busy_until.saturating_add(self.cost);
            cell.store(
                Cell {
                    tag,
                    busy_until,
                    slipped,
                }
                .pack(),
                Relaxed,
            );
            return Verdict::Send;
        }
        let slip = u64::from(self.options.slip.min(31));
        if slip == 0 {
            return Verdict::Drop;
        }
        let turn = slipped + 1 >= slip;
        let slipped = if turn { 0 } else { slipped + 1 };
        cell.store(
            Cell {
                tag,
                busy_until,
                slipped,
            }
            .pack(),
            Relaxed,
        );
        if turn {
            Verdict::Truncate
        } else {
            Verdict::Drop
        }
    }

    fn ticks(&self, now: Instant) -> u64 {
        let micros = now.saturating_duration_since(self.start).as_micros() / 10;
        // Zero is the mark of an empty cell, so that time starts at one.
        u64::try_from(micros).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// The cell of a tag, or the one whose network has been quiet for longest.
fn find(cells: &[AtomicU64; 8], tag: u64) -> &AtomicU64 {
    let [first, rest @ ..] = cells;
    let mut oldest = (first, Cell::unpack(first.load(Relaxed)));
    if oldest.1.is_of(tag) {
        return first;
    }
    for cell in rest {
        let seen = Cell::unpack(cell.load(Relaxed));
        if seen.is_of(tag) {
            return cell;
        }
        if seen.busy_until < oldest.1.busy_until {
            oldest = (cell, seen);
        }
    }
    oldest.0
}

/// One network's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// Upper bits of the key's hash.
    tag: u64,
    /// Until when the answers sent take up the network's rate, in ticks of 10 µs: 11 years of them.
    busy_until: u64,
    /// Answers dropped since one was truncated.
    slipped: u64,
}

impl Cell {
    fn unpack(word: u64) -> Self {
        Self {
            tag: word >> (64 - TAG_BITS),
            busy_until: (word >> SLIP_BITS) & TIME_MAX,
            slipped: word & ((1 << SLIP_BITS) - 1),
        }
    }

    fn pack(self) -> u64 {
        self.tag << (64 - TAG_BITS) | self.busy_until.min(TIME_MAX) << SLIP_BITS | self.slipped
    }

    fn is_of(self, tag: u64) -> bool {
        self.tag == tag && self.busy_until != 0
    }
}

const TAG_BITS: u32 = 14;
const SLIP_BITS: u32 = 5;
const TIME_MAX: u64 = (1 << (64 - TAG_BITS - SLIP_BITS)) - 1;
/// Ticks of a second.
const SECOND: u64 = 100_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
            assert_eq!(seen[0], sent, "{client} with {:?}", limit.options);
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
}
