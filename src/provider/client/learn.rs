//! What headers say about the rate: `Retry-After` (RFC 9110 §10.2.3), `RateLimit` and
//! `RateLimit-Policy` in both forms of their draft, the `X-RateLimit-*` that most have, and what Azure
//! has.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// What an answer says about the rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Learned {
    /// Requests in a period.
    pub(super) limit: Option<u64>,
    /// How many of them are left.
    pub(super) remaining: Option<u64>,
    /// When there are all again.
    pub(super) reset: Option<Duration>,
    /// When to come again.
    pub(super) after: Option<Duration>,
}

/// Reads the headers of an answer.
pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Learned {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let first = |names: [&str; 4]| {
        names
            .into_iter()
            .find_map(|name| text(name).and_then(number))
    };
    // A date of theirs is one of their clock.
    let theirs = text("date").and_then(date).unwrap_or(now);
    let mut learned = Learned {
        limit: first([
            "ratelimit-limit",
            "x-ratelimit-limit",
            "x-rate-limit-limit",
            "x-ratelimit-limit-minute",
        ]),
        remaining: first([
            "ratelimit-remaining",
            "x-ratelimit-remaining",
            "x-rate-limit-remaining",
            "x-ratelimit-remaining-minute",
        ]),
        reset: first([
            "ratelimit-reset",
            "x-ratelimit-reset",
            "x-rate-limit-reset",
            "x-ratelimit-period",
        ])
        .map(|reset| from_now(reset, now)),
        after: text("retry-after").and_then(|text| after(text, theirs)),
    };
    if learned.remaining.is_none()
        && let Some(left) = AZURE.iter().find_map(|name| text(name).and_then(number))
    {
        // What is left of a bucket that fills again by the second: it is spent in one at the
        // soonest, so it never runs out.
        (learned.remaining, learned.reset) = (Some(left), Some(Duration::from_secs(1)));
    }
    if let Some(said) = text("ratelimit") {
        learned.remaining = member(said, &["r", "remaining"]).or(learned.remaining);
        let reset = member(said, &["t", "reset"]).map(Duration::from_secs);
        learned.reset = reset.or(learned.reset);
        learned.limit = member(said, &["limit"]).or(learned.limit);
    }
    if let Some(said) = text("ratelimit-policy") {
        learned.limit = member(said, &["q"]).or(learned.limit);
        let window = member(said, &["w"]).map(Duration::from_secs);
        learned.reset = learned.reset.or(window);
    }
    learned
}

/// `Retry-After`, as seconds or as a date.
pub(super) fn after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds)
            .ok()
            .map(|time| time.min(LONGEST));
    }
    let then = date(text)?;
    let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
    Some(wait.min(LONGEST))
}

/// A date of HTTP.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// Seconds from now, or since 1970 as many write it.
fn from_now(reset: u64, now: Timestamp) -> Duration {
    const SINCE_1970: u64 = 1_000_000_000;
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    let seconds = if reset > SINCE_1970 {
        reset.saturating_sub(now)
    } else {
        reset
    };
    Duration::from_secs(seconds).min(LONGEST)
}

/// The number that a text begins with: some write `100, 100;w=60`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// A parameter of the first member of a list, as `"default";r=50;t=30` or `limit=100, reset=5`.
fn member(text: &str, names: &[&str]) -> Option<u64> {
    text.split([';', ','])
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| names.contains(&name.trim()))
        .and_then(|(_, value)| number(value))
}

const LONGEST: Duration = Duration::from_secs(86_400);

/// How Azure Resource Manager tells what is left.
const AZURE: [&str; 3] = [
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-subscription-writes",
    "x-ms-ratelimit-remaining-subscription-deletes",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_kinds_are_read() {
        let now = Timestamp::from_second(1_787_392_800).unwrap();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (given, limit, remaining, reset, after) in [
            (
                &[
                    ("ratelimit-limit", "5000"),
                    ("ratelimit-remaining", "4999"),
                    ("ratelimit-reset", "1787392860"),
                ][..],
                Some(5000),
                Some(4999),
                seconds(60),
                None,
            ),
            (
                &[
                    ("x-ratelimit-limit", "100"),
                    ("x-ratelimit-remaining", "3"),
                    ("x-ratelimit-period", "60"),
                ],
                Some(100),
                Some(3),
                seconds(60),
                None,
            ),
            (
                &[
                    ("ratelimit", "\"default\";r=50;t=30"),
                    ("ratelimit-policy", "\"default\";q=1200;w=300"),
                ],
                Some(1200),
                Some(50),
                seconds(30),
                None,
            ),
            (
                &[("ratelimit", "limit=100, remaining=7, reset=5")],
                Some(100),
                Some(7),
                seconds(5),
                None,
            ),
            (
                &[
                    ("x-rate-limit-limit", "1000, 1000;w=900"),
                    ("x-rate-limit-remaining", "0"),
                    ("x-rate-limit-reset", "12"),
                ],
                Some(1000),
                Some(0),
                seconds(12),
                None,
            ),
            (
                &[("x-ms-ratelimit-remaining-subscription-writes", "7")],
                None,
                Some(7),
                seconds(1),
                None,
            ),
            (&[("retry-after", "17")], None, None, None, seconds(17)),
            (
                &[("retry-after", "1.5")],
                None,
                None,
                None,
                Some(Duration::from_millis(1500)),
            ),
            (
                &[("retry-after", "Sat, 22 Aug 2026 10:02:00 GMT")],
                None,
                None,
                None,
                seconds(120),
            ),
            (
                &[("retry-after", "Sat, 22 Aug 2026 09:00:00 GMT")],
                None,
                None,
                None,
                seconds(0),
            ),
            (
                &[("retry-after", "soon"), ("x-ratelimit-limit", "many")],
                None,
                None,
                None,
                None,
            ),
            (&[("retry-after", "-3")], None, None, None, None),
        ] {
            let headers = given.iter().map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, http::HeaderValue::from_static(value))
            });
            let learned = read(&headers.collect(), now);
            let wanted = Learned {
                limit,
                remaining,
                reset,
                after,
            };
            assert_eq!(learned, wanted, "{given:?}");
        }
    }
}
