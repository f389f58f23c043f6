//! When a request is made again, and when that ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// How often, how soon and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is made at most; 1 for no second try.
    pub attempts: u32,
    /// The longest wait before the second try; it doubles with each further one.
    pub first: Duration,
    /// The longest wait of all.
    pub longest: Duration,
    /// The time that all tries and waits may take together.
    pub total: Duration,
}

impl Retry {
    /// One try, no more.
    pub const NEVER: Self = Self {
        attempts: 1,
        ..Self::USUAL
    };

    /// What providers take unless they know better.
    pub const USUAL: Self = Self {
        attempts: 4,
        first: Duration::from_millis(500),
        longest: Duration::from_secs(20),
        total: Duration::from_secs(60),
    };

    /// How long to wait after so many tries; between half of the step and all of it, so that many
    /// who failed together do not come back together.
    pub(super) fn wait(&self, tries: u32) -> Duration {
        let doublings = tries.saturating_sub(1).min(16);
        let step = self.first.saturating_mul(1 << doublings).min(self.longest);
        let mut bytes = [0; 2];
        // Without random bytes the wait is the whole step.
        let share = match SystemRandom::new().fill(&mut bytes) {
            Ok(()) => u16::from_le_bytes(bytes),
            Err(_) => u16::MAX,
        };
        step / 2 + (step / 2).mul_f64(f64::from(share) / f64::from(u16::MAX))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::USUAL
    }
}

/// How many further tries a provider has left, for all its requests together: where nothing gets
/// through, each request is soon made once only.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Mutex<u32>>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(FULL)))
    }
}

impl Budget {
    /// Takes one further try, if there is one.
    pub(super) fn spend(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = *left >= PRICE;
        if enough {
            *left -= PRICE;
        }
        enough
    }

    /// A request went through.
    pub(super) fn gain(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + 1).min(FULL);
    }
}

/// A further try costs as much as ten requests bring that went through.
const PRICE: u32 = 10;

/// Twenty further tries.
const FULL: u32 = 20 * PRICE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry::USUAL;
        for (tries, step) in [(1, 500), (2, 1000), (3, 2000), (7, 20_000), (99, 20_000)] {
            let (wait, step) = (retry.wait(tries), Duration::from_millis(step));
            assert!(wait >= step / 2 && wait <= step, "{tries}: {wait:?}");
        }
    }

    #[test]
    fn a_budget_runs_out_and_comes_back() {
        let budget = Budget::default();
        let shared = budget.clone();
        assert_eq!((0..30).filter(|_| budget.spend()).count(), 20);
        assert!(!shared.spend());
        (0..PRICE).for_each(|_| shared.gain());
        assert!(budget.spend());
    }
}
