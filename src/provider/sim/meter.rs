//! How many requests a host takes in a time: counted by the runtime's clock, told in headers where
//! the host does so, and answered with 429 beyond.

use std::collections::VecDeque;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use super::Response;

/// A rate, by a host's own documentation.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Whether requests that change something count, or the others; both without.
    writes: Option<bool>,
    /// How it is counted.
    kind: RateKind,
    /// The headers that tell of it: all, those that are left, when the first comes back.
    told: Option<[&'static str; 3]>,
}

impl Rate {
    /// So many in any such time.
    #[must_use]
    pub fn window(requests: u32, time: Duration) -> Self {
        let (writes, told) = (None, None);
        let kind = RateKind::Window(requests, time);
        Self { writes, kind, told }
    }

    /// So many at once, and a second gives so many back.
    #[must_use]
    pub fn bucket(size: u32, refill: u32) -> Self {
        let (writes, told) = (None, None);
        let kind = RateKind::Bucket(size, refill);
        Self { writes, kind, told }
    }

    /// Only for requests that change something, or only for others.
    #[must_use]
    pub fn of(self, writes: bool) -> Self {
        let writes = Some(writes);
        Self { writes, ..self }
    }

    /// Told in headers of these names.
    #[must_use]
    pub fn told(self, names: [&'static str; 3]) -> Self {
        let told = Some(names);
        Self { told, ..self }
    }
}

/// How a host counts.
#[derive(Clone, Copy, Debug)]
enum RateKind {
    /// So many at once, and a second gives so many back.
    Bucket(u32, u32),
    /// So many in any such time.
    Window(u32, Duration),
}

/// Counts requests against rates.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Of each rate, when what was taken is there again.
    counted: Vec<(Rate, VecDeque<Instant>)>,
    /// How many requests were too many.
    pub(super) breaches: usize,
}

impl Meter {
    pub(super) fn new(rates: &[Rate]) -> Self {
        let counted = rates.iter().map(|rate| (*rate, VecDeque::new()));
        Self {
            counted: counted.collect(),
            breaches: 0,
        }
    }

    /// Counts a request; gives how long to wait if it is one too many.
    pub(super) fn count(&mut self, now: Instant, writes: bool) -> Option<Duration> {
        let mut wait = None;
        for (rate, taken) in &mut self.counted {
            if rate.writes.is_some_and(|counts| counts != writes) {
                continue;
            }
            while taken.front().is_some_and(|back| *back <= now) {
                taken.pop_front();
            }
            let (most, back) = match rate.kind {
                // Each that was taken comes back in its turn.
                RateKind::Bucket(size, refill) => {
                    let last = taken.back().map_or(now, |last| (*last).max(now));
                    (size, last + Duration::from_secs(1) / refill.max(1))
                }
                RateKind::Window(most, time) => (most, now + time),
            };
            match taken.front() {
                Some(first) if taken.len() >= usize::try_from(most).unwrap_or(usize::MAX) => {
                    wait = wait.max(Some(*first - now));
                }
                _ => taken.push_back(back),
            }
        }
        if wait.is_some() {
            self.breaches += 1;
        }
        wait
    }

    /// Adds what a host tells of its rates; `unix` is its time.
    pub(super) fn tell(&self, answer: &mut Response, now: Instant, unix: i64) {
        for (rate, taken) in &self.counted {
            let Some(names) = rate.told else { continue };
            let (RateKind::Bucket(most, _) | RateKind::Window(most, _)) = rate.kind;
            let left = most.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
            let reset = taken.front().map_or(Duration::ZERO, |first| *first - now);
            let reset = unix.saturating_add_unsigned(reset.as_secs() + 1);
            let values = [most.to_string(), left.to_string(), reset.to_string()];
            for (name, value) in names.into_iter().zip(values) {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    let headers = answer.headers_mut();
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_too_many_is_told() {
        let second = Duration::from_secs(1);
        let begin = Instant::now();
        for (rate, times, expected) in [
            (
                Rate::window(2, second),
                [0, 100, 200, 1000],
                [false, false, true, false],
            ),
            (
                Rate::bucket(2, 10),
                [0, 0, 50, 100],
                [false, false, true, false],
            ),
        ] {
            let mut meter = Meter::new(&[rate]);
            let told = times.map(|time| {
                let now = begin + Duration::from_millis(time);
                meter.count(now, true).is_some()
            });
            assert_eq!(told, expected, "{rate:?}");
            assert_eq!(meter.breaches, 1);
        }
    }
}
