//! Times of signatures: `YYYYMMDDHHmmSS` in UTC, or seconds since 1970 (RFC 4034 §3.2).

use std::fmt;

use super::number::decimal;

const DAY: u32 = 24 * 3600;

/// Reads a time of 14 digits, or seconds of at most 10 digits.
///
/// Times have 32 bits and wrap in 2106, as serial numbers do (RFC 4034 §3.1.5).
#[must_use]
pub fn time(text: &[u8]) -> Option<u32> {
    if text.len() != 14 {
        return decimal(text, u32::MAX);
    }
    let part = |from: usize, to: usize, low: u32, high: u32| {
        let value = decimal(text.get(from..to)?, high)?;
        (value >= low).then_some(value)
    };
    let year = part(0, 4, 1970, 9999)?;
    let month = part(4, 6, 1, 12)?;
    let day = part(6, 8, 1, days_in_month(year, month))?;
    let hour = part(8, 10, 0, 23)?;
    let minute = part(10, 12, 0, 59)?;
    // A leap second counts as the first second of the next minute, as in POSIX.
    let second = part(12, 14, 0, 60)?;
    let mut days = day - 1;
    for earlier in 1970..year {
        days += days_in_year(earlier);
    }
    for earlier in 1..month {
        days += days_in_month(year, earlier);
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(days.wrapping_mul(DAY).wrapping_add(seconds))
}

/// Writes a time as 14 digits.
///
/// # Errors
/// Only those of the formatter.
pub fn print_time(seconds: u32, f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let (mut days, rest) = (seconds / DAY, seconds % DAY);
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in_month(year, month) {
        days -= days_in_month(year, month);
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let day = days + 1;
    write!(
        f,
        "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"
    )
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_and_parse_back() {
        for (text, seconds) in [
            ("19700101000000", 0),
            ("20030322173103", 1_048_354_263),
            ("20000229000000", 951_782_400),
            ("21060207062815", u32::MAX),
        ] {
            assert_eq!(time(text.as_bytes()), Some(seconds), "{text}");
            let mut printed = String::new();
            print_time(seconds, &mut printed).unwrap();
            assert_eq!(printed, text);
        }
        assert_eq!(time(b"1048354263"), Some(1_048_354_263));
        assert_eq!(time(b"21060207062816"), Some(0));
        for wrong in [
            "20030229000000",
            "20030322240000",
            "20031322000000",
            "19691231235959",
            "2003032217310x",
            "",
        ] {
            assert_eq!(time(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
