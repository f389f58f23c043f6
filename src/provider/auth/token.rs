//! What is asked for once and kept while it is good: tokens, sessions, credentials for a time.
//!
//! One asks, all others wait for the same answer. It is asked for anew some time before its end;
//! where that does not succeed, what is kept is used to its end. Who was refused is not asked again
//! at once: accounts are locked for that.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Clock, fault};

/// Keeps what a login gives.
pub struct Kept<T> {
    clock: Clock,
    state: Mutex<State<T>>,
}

struct State<T> {
    good: Option<Good<T>>,
    /// The last refusal.
    refused: Option<Refused>,
    /// When what was kept was let go, since somebody was refused with it.
    renewed: Option<Instant>,
}

struct Good<T> {
    value: T,
    fetched: Instant,
    /// When a new one is asked for; and when it ends.
    times: Option<(Timestamp, Timestamp)>,
}

struct Refused {
    kind: ErrorKind,
    message: String,
    again: Instant,
    times: u32,
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Clone> Kept<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::new(State {
                good: None,
                refused: None,
                renewed: None,
            }),
        }
    }

    /// The clock that ends are measured by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What is kept; if nothing that is good is, what `fetch` gives, with its end.
    ///
    /// # Errors
    /// As `fetch`; or it was refused a moment ago.
    pub async fn get(
        &self,
        fetch: impl Future<Output = Result<(T, Option<Timestamp>), ProviderError>>,
    ) -> Result<T, ProviderError> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(good) = &state.good
            && good.times.is_none_or(|(renew, _)| now < renew)
        {
            return Ok(good.value.clone());
        }
        let usable = state
            .good
            .as_ref()
            .filter(|good| good.times.is_none_or(|(_, end)| now < end));
        let usable = usable.map(|good| good.value.clone());
        if let Some(refused) = &state.refused {
            let wait = refused.again.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                let message = format!("{}; not asked again for {wait:.0?}", refused.message);
                return usable.ok_or_else(|| fault(refused.kind, message));
            }
        }
        match fetch.await {
            Ok((value, end)) => {
                let now = self.clock.now();
                let times = end.map(|end| (renewal(now, end), end));
                let fetched = Instant::now();
                state.refused = None;
                state.good = Some(Good {
                    value: value.clone(),
                    fetched,
                    times,
                });
                Ok(value)
            }
            Err(error) => {
                state.refuse(&error);
                usable.ok_or(error)
            }
        }
    }

    /// What is kept, which is so no longer.
    pub async fn take(&self) -> Option<T> {
        let good = self.state.lock().await.good.take();
        good.map(|good| good.value)
    }

    /// Somebody was refused with what was kept at `since`. Lets it go; true if another try may have
    /// something else.
    pub async fn refuse(&self, since: Instant) -> bool {
        let mut state = self.state.lock().await;
        match &state.good {
            None => return true,
            Some(good) if good.fetched > since => return true,
            Some(_) => {}
        }
        // What was got after a refusal and is refused too is not wrong for its age.
        let soon = state
            .renewed
            .is_some_and(|renewed| renewed.elapsed() < SHORTEST);
        if soon {
            return false;
        }
        state.renewed = Some(Instant::now());
        state.good = None;
        true
    }
}

impl<T> State<T> {
    fn refuse(&mut self, error: &ProviderError) {
        if !matches!(
            error.kind,
            ErrorKind::Auth | ErrorKind::Config | ErrorKind::Rejected
        ) {
            return;
        }
        let times = self.refused.as_ref().map_or(0, |refused| refused.times);
        let wait = SHORTEST.saturating_mul(1 << times.min(8)).min(LONGEST);
        self.refused = Some(Refused {
            kind: error.kind,
            message: error.message.clone(),
            again: Instant::now() + wait,
            times: times + 1,
        });
    }
}

/// When a new one is asked for: five minutes before the end, or at three quarters of a short life.
fn renewal(now: Timestamp, end: Timestamp) -> Timestamp {
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    end - (left / 4).min(Duration::from_secs(300))
}

/// The shortest wait after a refusal.
const SHORTEST: Duration = Duration::from_secs(15);

/// The longest.
const LONGEST: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    struct Server {
        asked: AtomicUsize,
        kept: Kept<usize>,
    }

    impl Server {
        fn new() -> Self {
            Self {
                asked: AtomicUsize::new(0),
                kept: Kept::new(Clock::beginning(1_787_392_800)),
            }
        }

        async fn get(&self) -> Result<usize, ProviderError> {
            self.kept
                .get(async {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    let end = self.kept.clock().now() + Duration::from_secs(3600);
                    Ok((self.asked.fetch_add(1, Relaxed), Some(end)))
                })
                .await
        }

        async fn fail(&self, kind: ErrorKind) -> Result<usize, ProviderError> {
            self.kept
                .get(async {
                    self.asked.fetch_add(1, Relaxed);
                    Err(fault(kind, "no".to_owned()))
                })
                .await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_asks_and_all_have_it() {
        let server = Server::new();
        let (one, other) = tokio::join!(server.get(), server.get());
        assert_eq!((one.unwrap(), other.unwrap()), (0, 0));
        for (seconds, wanted) in [(3290, 0), (20, 1), (86_400, 2)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert_eq!(server.get().await.unwrap(), wanted);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_good_is_used_to_its_end() {
        let server = Server::new();
        server.get().await.unwrap();
        tokio::time::advance(Duration::from_secs(3400)).await;
        assert_eq!(server.fail(ErrorKind::Unavailable).await.unwrap(), 0);
        tokio::time::advance(Duration::from_secs(200)).await;
        server.fail(ErrorKind::Unavailable).await.unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_does_not_ask_at_once() {
        let server = Server::new();
        server.fail(ErrorKind::Auth).await.unwrap_err();
        let error = server.fail(ErrorKind::Auth).await.unwrap_err();
        assert_eq!(
            (error.kind, &*error.message),
            (ErrorKind::Auth, "no; not asked again for 15s")
        );
        for (seconds, asked) in [(16, 2), (16, 2), (16, 3), (61, 4)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            server.fail(ErrorKind::Auth).await.unwrap_err();
            assert_eq!(server.asked.load(Relaxed), asked);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_are_refused_ask_once() {
        let server = Server::new();
        server.get().await.unwrap();
        tokio::time::advance(Duration::from_secs(100)).await;
        let since = Instant::now();
        assert!(server.kept.refuse(since).await);
        assert!(server.kept.refuse(since).await);
        assert_eq!(server.get().await.unwrap(), 1);
        // One who was late.
        assert!(server.kept.refuse(since).await);
        assert_eq!(server.get().await.unwrap(), 1);
        // The new one is refused too.
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!server.kept.refuse(Instant::now()).await);
        assert_eq!(server.get().await.unwrap(), 1);
    }
}
