//! How many requests a provider takes in a time, and waiting for our turn.
//!
//! ```text
//! settings → rate ─┐
//! headers → learn ─┴→ Limiter ─ admit → the moment when the next request may go
//! ```
//!
//! All times are the runtime's, so a test's clock may stand still.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::learn::Learned;

/// A fixed rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// How many requests, in what time.
    rate: (u32, Duration),
    /// The time between two requests, once those that may go at once are gone.
    interval: Duration,
    /// How many may go at once after a quiet time.
    burst: u32,
}

impl Limit {
    /// No rate but what answers tell.
    pub const NONE: Self = Self {
        rate: (0, Duration::ZERO),
        interval: Duration::ZERO,
        burst: 1,
    };

    /// So many requests in any such time, one after the other.
    #[must_use]
    pub fn per(requests: u32, time: Duration) -> Self {
        Self {
            rate: (requests, time),
            interval: time / requests.max(1),
            burst: 1,
        }
    }

    /// With so many of them at once after a quiet time; then the others are spread over what is left.
    #[must_use]
    pub fn burst(self, burst: u32) -> Self {
        let (requests, time) = self.rate;
        let burst = burst.clamp(1, requests.max(1));
        Self {
            burst,
            // Whatever time one looks at, those at once and those after them are no more.
            interval: time / (requests - burst.min(requests) + 1),
            ..self
        }
    }

    /// With so many beside the rate after a quiet time, for hosts that count by a bucket that the rate
    /// fills.
    #[must_use]
    pub fn bucket(self, size: u32) -> Self {
        Self {
            burst: size.max(1),
            ..self
        }
    }
}

/// Lets requests through one by one; shared by all that count against the same limit.
#[derive(Clone, Debug, Default)]
pub struct Limiter(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    limit: Limit,
    /// When the next request would be due if all went at the mean rate.
    due: Option<Instant>,
    /// The slower rate that answers ask for, and until when.
    paced: Option<(Duration, Instant)>,
    /// When the other side takes requests again.
    closed: Option<Instant>,
}

impl Limiter {
    /// One of this rate.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        let state = State {
            limit,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits until a request may go. The error is how long that would be, if it is longer than we
    /// would wait.
    pub(super) async fn admit(&self, patience: Duration) -> Result<(), Duration> {
        let last = Instant::now() + patience;
        loop {
            let now = Instant::now();
            let slot = self.lock().book(now, last);
            let slot = slot.map_err(|slot| slot.saturating_duration_since(now))?;
            if slot > now {
                sleep_until(slot).await;
            }
            // An answer that came in the meantime may have closed the way.
            let now = Instant::now();
            match self.lock().closed {
                Some(closed) if closed > now => {}
                _ => return Ok(()),
            }
        }
    }

    /// Takes in what an answer says about the rate.
    pub(super) fn learn(&self, learned: &Learned) {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(after) = learned.after {
            state.close(now + after);
        }
        let (Some(remaining), Some(reset)) = (learned.remaining, learned.reset) else {
            return;
        };
        if remaining == 0 {
            state.close(now + reset.min(LONGEST));
        } else if learned.limit.is_none_or(|limit| remaining <= limit / 4) {
            // What is left is spread over the time that is left.
            let gap = reset / u32::try_from(remaining).unwrap_or(u32::MAX);
            state.paced = Some((gap.min(LONGEST), now + reset.min(LONGEST)));
        } else {
            state.paced = None;
        }
    }

    /// Nothing goes before then.
    pub(super) fn close_for(&self, time: Duration) {
        self.lock().close(Instant::now() + time.min(LONGEST));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close(&mut self, until: Instant) {
        self.closed = self.closed.max(Some(until));
    }

    /// The moment of the next request; an error if it is too late.
    fn book(&mut self, now: Instant, last: Instant) -> Result<Instant, Instant> {
        let open = self.closed.map_or(now, |closed| closed.max(now));
        let paced = self.paced.filter(|(_, until)| *until > open);
        let (interval, early) = match paced {
            Some((gap, _)) if gap > self.limit.interval => (gap, Duration::ZERO),
            _ => {
                let interval = self.limit.interval;
                (interval, interval * self.limit.burst.saturating_sub(1))
            }
        };
        let due = self.due.map_or(open, |due| due.max(open));
        let slot = due.checked_sub(early).map_or(open, |slot| slot.max(open));
        if slot > last {
            return Err(slot);
        }
        self.due = Some(due + interval);
        Ok(slot)
    }
}

/// What an answer may ask for at most; a wrong clock over there would stop us for years.
const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(600);

    async fn times(limiter: &Limiter, requests: usize) -> Vec<u128> {
        let begin = Instant::now();
        let mut times = Vec::new();
        for _ in 0..requests {
            limiter.admit(PATIENCE).await.unwrap();
            times.push(begin.elapsed().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn requests_keep_to_the_rate() {
        let limiter = Limiter::new(Limit::per(5, Duration::from_secs(1)));
        assert_eq!(times(&limiter, 4).await, [0, 200, 400, 600]);
        let limiter = Limiter::new(Limit::per(5, Duration::from_secs(1)).burst(3));
        assert_eq!(times(&limiter, 6).await, [0, 0, 0, 334, 667, 1000]);
        let limiter = Limiter::new(Limit::per(5, Duration::from_secs(1)).bucket(3));
        assert_eq!(times(&limiter, 5).await, [0, 0, 0, 200, 400]);
        assert_eq!(times(&Limiter::default(), 3).await, [0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_is_spread_over_the_time_that_is_left() {
        let limiter = Limiter::default();
        let mut learned = Learned {
            limit: Some(1200),
            remaining: Some(1000),
            reset: Some(Duration::from_secs(60)),
            after: None,
        };
        limiter.learn(&learned);
        assert_eq!(times(&limiter, 3).await, [0, 0, 0]);
        learned.remaining = Some(60);
        limiter.learn(&learned);
        assert_eq!(times(&limiter, 3).await, [0, 1000, 2000]);
        learned.remaining = Some(0);
        limiter.learn(&learned);
        assert_eq!(times(&limiter, 2).await, [60_000, 60_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_way_stops_all_who_wait() {
        let limiter = Limiter::new(Limit::per(1, Duration::from_secs(1)));
        limiter.admit(PATIENCE).await.unwrap();
        let begin = Instant::now();
        let (waited, ()) = tokio::join!(limiter.admit(PATIENCE), async {
            limiter.close_for(Duration::from_secs(30));
        });
        waited.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_secs(30));
        limiter.close_for(Duration::from_secs(300));
        let wait = limiter.admit(Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(wait, Duration::from_secs(300));
    }
}
