//! When what is due for a followed zone: a state machine without clock, packets or records.
//!
//! ```text
//! no copy ─attempt→ held ─refresh, NOTIFY→ attempt ─┬ confirmed → held, timers anew
//!            ↑ pause grows ──────────── failed ─────┘ failed → retry, pause grows
//! held, never confirmed for `expire` → expired ─attempt→ held
//! ```

use std::time::Duration;

use tokio::time::Instant;

/// The times of an SOA, within limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Timers {
    pub(in crate::app) refresh: Duration,
    pub(in crate::app) retry: Duration,
    pub(in crate::app) expire: Duration,
}

impl Timers {
    /// The times in the data of an SOA (RFC 1035 §3.3.13).
    ///
    /// Zones that ask to be looked at all the time are looked at some times a minute, and none
    /// expires before it could have been asked for a few times.
    pub(in crate::app) fn of(soa: &[u8]) -> Self {
        let numbers = soa.last_chunk::<20>().copied().unwrap_or_default();
        let seconds = |at: usize| {
            let bytes = numbers.get(at..).and_then(|rest| rest.first_chunk::<4>());
            let seconds = bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes));
            Duration::from_secs(seconds.into())
        };
        let refresh = seconds(4).clamp(LEAST_REFRESH, MOST);
        let retry = seconds(8).clamp(LEAST_RETRY, MOST).min(refresh);
        let expire = seconds(12).max(refresh + retry);
        Self {
            refresh,
            retry,
            expire,
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Ask the primaries.
    Attempt,
    /// Answer from the copy no more.
    Expire,
    /// Nothing, until then.
    Wait(Instant),
}

/// What there is of the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    Absent,
    Expired,
    Held { expires: Instant },
}

/// One zone's way through time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    copy: Copy,
    timers: Timers,
    attempt: Instant,
    /// When an attempt may be made at the earliest, whoever asks for it.
    earliest: Instant,
    /// Attempts that came to nothing, one after the other.
    failures: u32,
}

impl Course {
    /// A zone that nothing is there of.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            copy: Copy::Absent,
            timers: Timers {
                refresh: LONGEST_PAUSE,
                retry: FIRST_PAUSE,
                expire: MOST,
            },
            attempt: now,
            earliest: now,
            failures: 0,
        }
    }

    /// There is a copy that was confirmed so long ago. It is asked about at once. Tells whether it
    /// may be served.
    pub(super) fn found(&mut self, age: Duration, timers: Timers, now: Instant) -> bool {
        self.timers = timers;
        self.attempt = now;
        let left = timers.expire.checked_sub(age);
        self.copy = left.map_or(Copy::Expired, |left| Copy::Held {
            expires: now + left,
        });
        left.is_some()
    }

    /// What is due now.
    pub(super) fn due(&self, now: Instant) -> Due {
        let attempt = self.attempt.max(self.earliest);
        match self.expires() {
            Some(expires) if expires <= now => Due::Expire,
            _ if attempt <= now => Due::Attempt,
            Some(expires) => Due::Wait(attempt.min(expires)),
            None => Due::Wait(attempt),
        }
    }

    /// When the copy expires, if there is one to do so.
    pub(super) fn expires(&self) -> Option<Instant> {
        match self.copy {
            Copy::Held { expires } => Some(expires),
            Copy::Absent | Copy::Expired => None,
        }
    }

    /// Whether there is a copy that steps may lead on from.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.copy, Copy::Held { .. })
    }

    /// A primary says that there is something new.
    pub(super) fn told(&mut self, now: Instant) {
        self.attempt = self.attempt.min(now);
    }

    /// The copy is what a primary has.
    pub(super) fn confirmed(&mut self, timers: Timers, now: Instant, dice: u32) {
        self.timers = timers;
        self.failures = 0;
        self.copy = Copy::Held {
            expires: now + timers.expire,
        };
        self.pause(timers.refresh, now, dice);
    }

    /// No primary could tell.
    pub(super) fn failed(&mut self, now: Instant, dice: u32) {
        let (first, longest) = match self.copy {
            Copy::Held { .. } => (self.timers.retry, self.timers.refresh),
            // Nobody is served meanwhile.
            Copy::Absent | Copy::Expired => (FIRST_PAUSE, LONGEST_PAUSE),
        };
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let pause = first.saturating_mul(factor).min(longest);
        self.pause(pause, now, dice);
    }

    /// It is not served any more.
    pub(super) fn expired(&mut self) {
        self.copy = Copy::Expired;
        self.failures = 0;
    }

    /// The next attempt, after three quarters of a pause or more: servers that began together should
    /// not all come at once.
    fn pause(&mut self, pause: Duration, now: Instant, dice: u32) {
        let quarter = pause / 4;
        let part = quarter.mul_f64(f64::from(dice) / f64::from(u32::MAX));
        self.attempt = now + (pause - part);
        self.earliest = now + BETWEEN;
    }
}

const LEAST_REFRESH: Duration = Duration::from_secs(10);
const LEAST_RETRY: Duration = Duration::from_secs(5);

/// Nobody waits for longer to ask.
const MOST: Duration = Duration::from_hours(24 * 7);

/// Without a copy: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// However often we are told of changes, primaries are asked this often at most.
const BETWEEN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn timers(refresh: u64, retry: u64, expire: u64) -> Timers {
        Timers {
            refresh: seconds(refresh),
            retry: seconds(retry),
            expire: seconds(expire),
        }
    }

    #[test]
    fn times_of_an_soa_stay_within_limits() {
        let cases = [
            ((3600, 600, 86_400), timers(3600, 600, 86_400)),
            ((0, 0, 0), timers(10, 5, 15)),
            ((60, 600, 30), timers(60, 60, 120)),
            (
                (u32::MAX, 600, u32::MAX),
                timers(604_800, 600, u32::MAX.into()),
            ),
        ];
        for ((refresh, retry, expire), expected) in cases {
            let mut soa = vec![0, 0];
            for number in [1, refresh, retry, expire, 5] {
                soa.extend(number.to_be_bytes());
            }
            assert_eq!(Timers::of(&soa), expected);
        }
        assert_eq!(Timers::of(&[]).refresh, LEAST_REFRESH);
    }

    /// What happens at a second, and when the next attempt or expiry is due then.
    enum Happens {
        Confirmed,
        Expires,
        Fails,
        Told,
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_goes_its_course() {
        use Happens::{Confirmed, Expires, Fails, Told};
        let steps = [
            // Without a copy the pauses grow from one second on, up to a minute.
            (0, Fails, 1),
            (1, Fails, 3),
            (3, Fails, 7),
            (7, Fails, 15),
            (15, Fails, 31),
            (31, Fails, 63),
            (63, Fails, 123),
            (123, Fails, 183),
            (183, Confirmed, 283),
            // Told early, and confirmed then.
            (200, Told, 200),
            (200, Confirmed, 300),
            // Retried, each time after twice as long, but no longer than a refresh.
            (300, Fails, 320),
            (320, Fails, 360),
            (360, Fails, 440),
            (440, Fails, 540),
            (540, Fails, 600),
            (600, Expires, 640),
            // From then on as without a copy.
            (640, Fails, 641),
            (641, Confirmed, 741),
        ];
        let start = Instant::now();
        let mut course = Course::new(start);
        assert_eq!(course.due(start), Due::Attempt);
        for (at, happens, next) in steps {
            let now = start + seconds(at);
            // The last attempt was a while ago.
            course.earliest = start;
            match happens {
                Confirmed => course.confirmed(timers(100, 20, 400), now, 0),
                Fails => course.failed(now, 0),
                Told => course.told(now),
                Expires => {
                    assert_eq!(course.due(now), Due::Expire);
                    course.expired();
                }
            }
            course.earliest = start;
            let due = course.due(now);
            let expected = match next == at {
                true => Due::Attempt,
                false => Due::Wait(start + seconds(next)),
            };
            assert_eq!(due, expected, "at {at}");
            assert_eq!(course.is_held(), (183..600).contains(&at) || at == 641);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_found_at_start_is_served_unless_it_is_too_old() {
        let now = Instant::now();
        for (age, served) in [(0, true), (399, true), (400, true), (401, false)] {
            let mut course = Course::new(now);
            assert_eq!(
                course.found(seconds(age), timers(100, 20, 400), now),
                served
            );
            assert_eq!(course.is_held(), served);
            assert_eq!(
                course.due(now),
                match age {
                    400 => Due::Expire,
                    _ => Due::Attempt,
                }
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_have_a_pause_between_them_and_jitter() {
        let now = Instant::now();
        let mut course = Course::new(now);
        course.confirmed(timers(100, 20, 400), now, u32::MAX);
        assert_eq!(course.due(now), Due::Wait(now + seconds(75)));
        course.told(now);
        assert_eq!(course.due(now), Due::Wait(now + BETWEEN));
        assert_eq!(course.due(now + BETWEEN), Due::Attempt);
    }
}
