//! The table, its cells, and the decision.

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
pub(super) struct Cell {
    /// Upper bits of the key's hash.
    pub(super) tag: u64,
    /// Until when the answers sent take up the network's rate, in ticks of 10 µs: 11 years of them.
    pub(super) busy_until: u64,
    /// Answers dropped since one was truncated.
    pub(super) slipped: u64,
}

impl Cell {
    pub(super) fn unpack(word: u64) -> Self {
        Self {
            tag: word >> (64 - TAG_BITS),
            busy_until: (word >> SLIP_BITS) & TIME_MAX,
            slipped: word & ((1 << SLIP_BITS) - 1),
        }
    }

    pub(super) fn pack(self) -> u64 {
        self.tag << (64 - TAG_BITS) | self.busy_until.min(TIME_MAX) << SLIP_BITS | self.slipped
    }

    fn is_of(self, tag: u64) -> bool {
        self.tag == tag && self.busy_until != 0
    }
}

const TAG_BITS: u32 = 14;
const SLIP_BITS: u32 = 5;
pub(super) const TIME_MAX: u64 = (1 << (64 - TAG_BITS - SLIP_BITS)) - 1;
/// Ticks of a second.
const SECOND: u64 = 100_000;
