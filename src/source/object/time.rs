//! Times as the API server writes them.

/// Seconds since 1970 of an RFC 3339 time, as `2024-05-06T07:08:09Z`; a fraction is dropped.
/// `None` if the text is not such a time.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-');
    let year = digits(date.next()?, 4)?;
    let month = digits(date.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = digits(date.next()?, 2).filter(|day| (1..=31).contains(day))?;
    let end = time.find(|c: char| !c.is_ascii_digit() && c != ':')?;
    let (clock, rest) = time.split_at_checked(end)?;
    let mut clock = clock.splitn(3, ':');
    let hour = digits(clock.next()?, 2)?;
    let minute = digits(clock.next()?, 2)?;
    let second = digits(clock.next()?, 2)?;
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            sign * (digits(hours, 2)? * 3600 + digits(minutes, 2)? * 60)
        }
    };
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Days since 1970 in the Gregorian calendar; years start in March, so the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (153 * month + 2) / 5 + day - 719_469
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn rfc3339_becomes_seconds() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2024-05-06T07:08:09Z", Some(1_714_979_289)),
            ("2024-05-06T07:08:09.123456Z", Some(1_714_979_289)),
            ("2024-05-06T09:08:09+02:00", Some(1_714_979_289)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("2024-13-06T07:08:09Z", None),
            ("2024-05-06", None),
            ("2024-05-06T07:08:09", None),
            ("yesterday", None),
            ("", None),
            ("2024-05-06T07:08:0é", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
