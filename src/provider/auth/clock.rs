//! Time and chance, as values: signatures are of a moment, and vectors of one that is past.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

/// What tells the time of day.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of the system.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of providers where the time of day is read"
    )]
    pub fn system() -> Self {
        Self(Arc::new(|| {
            Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::MAX)
        }))
    }

    /// A clock that begins at a number of seconds since 1970, and goes as the runtime's does: where
    /// that one is paused, this one is.
    #[must_use]
    pub fn beginning(unix: i64) -> Self {
        let begin = tokio::time::Instant::now();
        let first = Timestamp::from_second(unix).unwrap_or(Timestamp::MAX);
        Self(Arc::new(move || first + begin.elapsed()))
    }

    /// A clock that stands.
    #[must_use]
    pub fn fixed(unix: i64) -> Self {
        let at = Timestamp::from_second(unix).unwrap_or(Timestamp::MAX);
        Self(Arc::new(move || at))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// How long it is until then; none if it is past.
    #[must_use]
    pub fn until(&self, then: Timestamp) -> Option<Duration> {
        Duration::try_from(then.duration_since(self.now())).ok()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What gives texts that are used once.
#[derive(Clone, Debug, Default)]
pub enum Nonce {
    /// The same one each time.
    Fixed(Box<str>),
    /// From the system.
    #[default]
    Random,
}

impl Nonce {
    /// A text that has not been used; none if the system gives no random bytes.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if let Self::Fixed(text) = self {
            return Some(text.to_string());
        }
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(hex(&bytes))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_goes_with_the_runtime() {
        let clock = Clock::beginning(1_787_392_800);
        tokio::time::advance(Duration::from_secs(86_400)).await;
        assert_eq!(clock.now().as_second(), 1_787_392_800 + 86_400);
        let then = Timestamp::from_second(1_787_392_800).unwrap();
        assert_eq!(clock.until(then), None);
        assert_eq!(Clock::fixed(7).now().as_second(), 7);
    }

    #[test]
    fn a_nonce_is_used_once() {
        let nonce = Nonce::default();
        let (one, other) = (nonce.text().unwrap(), nonce.text().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
        assert_eq!(Nonce::Fixed("n".into()).text().unwrap(), "n");
        assert_eq!(hex(&[0, 0xAB]), "00ab");
    }
}
