//! Times as Kerberos writes them: `20260131235959Z`, in UTC, without fractions (RFC 4120 §5.2.3).

/// The time as text, of seconds since 1970.
pub(crate) fn print(seconds: u64) -> String {
    let seconds = seconds.min(LAST);
    let (days, rest) = (seconds / DAY, seconds % DAY);
    // The calendar of years that begin in March, so that leap days are the last of them: eras of
    // 400 years, years of 365 days and a quarter or so, months by fifths.
    let days = days + DAYS_TO_1970;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + later;
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

/// Seconds since 1970; those before are 1970.
pub(crate) fn parse(text: &[u8]) -> Option<u64> {
    let digits = text.strip_suffix(b"Z")?;
    if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = digits.get(from..to)?;
        Some(
            digits
                .iter()
                .fold(0, |value, digit| value * 10 + u64::from(digit - b'0')),
        )
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let is_time = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_time {
        return None;
    }
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let (era, year) = (year / 400, year % 400);
    let in_year = (153 * month + 2) / 5 + day - 1;
    let days = era * ERA + year * 365 + year / 4 - year / 100 + in_year;
    let days = days.saturating_sub(DAYS_TO_1970);
    Some(days * DAY + hour * 3_600 + minute * 60 + second)
}

const DAY: u64 = 86_400;
/// Days of 400 years.
const ERA: u64 = 146_097;
/// Days from the first of March of the year 0.
const DAYS_TO_1970: u64 = 719_468;
/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            (0, "19700101000000Z"),
            (951_782_400, "20000229000000Z"),
            (951_868_800, "20000301000000Z"),
            (1_800_000_000, "20270115080000Z"),
            (4_107_542_399, "21000228235959Z"),
            (4_107_542_400, "21000301000000Z"),
            (LAST, "99991231235959Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(print(seconds), text);
            assert_eq!(parse(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in [
            "",
            "Z",
            "20270115080000",
            "20271315080000Z",
            "2027011508000xZ",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        // "no end" of some KDCs.
        assert_eq!(parse(b"19700101000000Z"), Some(0));
    }
}
