//! What goes wrong between a provider and a host, in an order that a test or a seed says.

use std::time::Duration;

use http::Method;

use super::Request;

/// Something that goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered after this time.
    Delay(Duration),
    /// A page for people instead of an answer, with success.
    Html,
    /// Too many requests; come again after this time, if that is said.
    Limited(Option<Duration>),
    /// The same, where the time is told as a date.
    LimitedUntil(Duration),
    /// An answer of 50 MB that is none, with success.
    Long,
    /// The way to another host.
    Redirect,
    /// What the same path was answered before, whatever page is asked for.
    Repeated,
    /// It is done, and then the connection breaks.
    ResetAfter,
    /// The connection breaks, and nothing is done.
    ResetBefore,
    /// An error in the form of an answer, with success; nothing is done.
    Said,
    /// What the same address was answered before the last change.
    Stale,
    /// A status, and nothing is done.
    Status(u16),
    /// The answer ends in its middle; it is done.
    Truncated,
}

/// Which requests something goes wrong with.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// Only requests of this method.
    pub method: Option<Method>,
    /// Only requests that change something, or only others.
    pub writes: Option<bool>,
    /// Only requests with this in their address or body.
    pub part: String,
    /// How many such requests are let through first.
    pub skip: u32,
    /// How many it goes wrong with then.
    pub times: u32,
}

impl Rule {
    /// The first request that changes something.
    #[must_use]
    pub fn write(fault: Fault) -> Self {
        Self {
            fault,
            method: None,
            writes: Some(true),
            part: String::new(),
            skip: 0,
            times: 1,
        }
    }

    /// The first request that changes nothing.
    #[must_use]
    pub fn read(fault: Fault) -> Self {
        Self {
            writes: Some(false),
            ..Self::write(fault)
        }
    }

    /// After so many such requests.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// So often.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// With requests of this method.
    #[must_use]
    pub fn of(self, method: Method) -> Self {
        Self {
            method: Some(method),
            ..self
        }
    }

    /// With requests that have this in their address or body.
    #[must_use]
    pub fn with(self, part: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            ..self
        }
    }

    /// Whether it is this request's turn.
    pub(super) fn takes(&mut self, request: &Request, writes: bool) -> bool {
        let is_other = self
            .method
            .as_ref()
            .is_some_and(|it| it != request.method())
            || self.writes.is_some_and(|it| it != writes);
        if is_other || self.times == 0 || !has(request, &self.part) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// All that goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
    /// A seed, and how many of a thousand requests go wrong.
    random: Option<(Random, u64)>,
}

impl Faults {
    /// These.
    #[must_use]
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            random: None,
        }
    }

    /// With so many of a thousand requests, as a seed says.
    #[must_use]
    pub fn random(seed: u64, per_mille: u64) -> Self {
        Self {
            rules: Vec::new(),
            random: Some((Random(seed), per_mille)),
        }
    }

    /// What goes wrong with the next request.
    pub(super) fn next(&mut self, request: &Request, writes: bool) -> Option<Fault> {
        let mut rules = self.rules.iter_mut();
        if let Some(rule) = rules.find_map(|rule| rule.takes(request, writes).then_some(rule)) {
            return Some(rule.fault);
        }
        let (random, per_mille) = self.random.as_mut()?;
        if random.below(1000) >= *per_mille {
            return None;
        }
        Some(match random.below(if writes { 7 } else { 6 }) {
            0 => Fault::ResetBefore,
            1 => Fault::Limited(Some(Duration::from_secs(1 + random.below(20)))),
            2 => Fault::Status([500, 502, 503, 504][usize::try_from(random.below(4)).unwrap_or(0)]),
            3 => Fault::Html,
            4 => Fault::Truncated,
            5 if writes => Fault::ResetAfter,
            5 => Fault::ResetBefore,
            _ => Fault::Delay(Duration::from_secs(1 + random.below(10))),
        })
    }
}

fn has(request: &Request, part: &str) -> bool {
    let address = request.uri().to_string();
    let body = request.body();
    part.is_empty()
        || address.contains(part)
        || body
            .windows(part.len())
            .any(|window| window == part.as_bytes())
}

/// Numbers that only look random: the same seed gives the same ones.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next one below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    /// One of some things.
    pub fn pick<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        let at = self.below(u64::try_from(things.len()).unwrap_or(1));
        things.get(usize::try_from(at).unwrap_or(0))
    }
}
