//! Who was refused for who they are does not ask again at once: accounts are locked for that.
//!
//! What counts is what was sent. Other credentials, as of a file that has changed, go through.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

/// Remembers the last credentials that were refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<Mutex<Option<Refused>>>);

#[derive(Debug)]
struct Refused {
    /// What was sent, as a number that says nothing of it.
    sent: u64,
    times: u32,
    again: Instant,
}

impl Breaker {
    /// How long these credentials are not to be sent; none if they may be.
    pub(super) fn wait(&self, secrets: &[HeaderValue]) -> Option<Duration> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused
            .as_ref()
            .filter(|refused| refused.sent == sum(secrets))?;
        let wait = refused.again.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// These were refused.
    pub(super) fn refuse(&self, secrets: &[HeaderValue]) {
        if secrets.is_empty() {
            return;
        }
        let sent = sum(secrets);
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = refused.as_ref().filter(|refused| refused.sent == sent);
        let times = before.map_or(0, |refused| refused.times);
        let wait = SHORTEST.saturating_mul(1 << times.min(8)).min(LONGEST);
        *refused = Some(Refused {
            sent,
            times: times + 1,
            again: Instant::now() + wait,
        });
    }

    /// A request with credentials went through.
    pub(super) fn accept(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn sum(secrets: &[HeaderValue]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for secret in secrets {
        secret.as_bytes().hash(&mut hasher);
    }
    hasher.finish()
}

/// The wait after the first refusal; each further one doubles it.
const SHORTEST: Duration = Duration::from_secs(15);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_grows_with_each_refusal_of_the_same() {
        let secrets = |text| [HeaderValue::from_static(text)];
        let breaker = Breaker::default();
        for wait in [15, 30, 60, 120, 240, 480, 600, 600] {
            assert_eq!(breaker.wait(&secrets("a")), None);
            breaker.refuse(&secrets("a"));
            assert_eq!(breaker.wait(&secrets("a")), Some(Duration::from_secs(wait)));
            assert_eq!(breaker.wait(&secrets("b")), None);
            tokio::time::advance(Duration::from_secs(wait)).await;
        }
        breaker.refuse(&secrets("b"));
        assert_eq!(breaker.wait(&secrets("b")), Some(Duration::from_secs(15)));
        breaker.accept();
        assert_eq!(breaker.wait(&secrets("b")), None);
        breaker.refuse(&[]);
        assert_eq!(breaker.wait(&[]), None);
    }
}
