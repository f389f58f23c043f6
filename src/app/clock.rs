//! The wall clock, read here only, and how its times are written.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A moment in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    millis: u64,
}

/// Now.
pub(crate) fn now() -> Moment {
    #[expect(
        clippy::disallowed_methods,
        reason = "logs and reports show the time of day; nothing is decided by it"
    )]
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment {
        millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
    }
}

impl Moment {
    /// Seconds since 1970.
    pub(crate) fn unix_seconds(self) -> u64 {
        self.millis / 1_000
    }

    /// Seconds since 1970 as signatures count them: 32 bits that wrap (RFC 4034 §3.1.5).
    pub(crate) fn dns_time(self) -> u32 {
        let [.., a, b, c, d] = self.unix_seconds().to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// The date as serials have it, with two zeros behind it: 2026112200.
    pub(crate) fn date_serial(self) -> u32 {
        let (year, month, day) = civil(self.unix_seconds() / 86_400);
        let digits = ((year * 100 + month) * 100 + day) * 100;
        u32::try_from(digits).unwrap_or(u32::MAX)
    }

    /// The time of day alone, for people who look on.
    pub(crate) fn time_of_day(self) -> TimeOfDay {
        TimeOfDay(self)
    }
}

/// A moment without its date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeOfDay(Moment);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.unix_seconds() % 86_400, self.0.millis % 1_000);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
    }
}

/// RFC 3339, such as `2026-11-21T12:00:54.123Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.unix_seconds() / 86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{}Z", self.time_of_day())
    }
}

/// The date of a day since 1970 in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day comes last: each 400 years have 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_795_262_454, "2026-11-21T12:00:54.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            let moment = Moment {
                millis: seconds * 1_000,
            };
            assert_eq!(moment.to_string(), expected);
        }
    }
}
