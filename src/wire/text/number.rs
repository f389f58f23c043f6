//! Numbers and periods: digits only, no signs, no blanks, never a silent wrap.

use crate::types::Ttl;

/// Reads a decimal number up to `max`.
#[must_use]
pub fn decimal(text: &[u8], max: u32) -> Option<u32> {
    large(text, u64::from(max)).and_then(|value| u32::try_from(value).ok())
}

/// Reads a decimal number up to `max`, which may need more than 32 bits.
#[must_use]
pub fn large(text: &[u8], max: u64) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
        if value > max {
            return None;
        }
    }
    Some(value)
}

/// Reads seconds: a plain number, or numbers each with a unit (`w d h m s`), as in `1h30m`.
///
/// A number without a unit behind one with a unit is refused: `1h30` could mean two things.
#[must_use]
pub fn seconds(text: &[u8]) -> Option<u32> {
    if text.last()?.is_ascii_digit() {
        return decimal(text, u32::MAX);
    }
    let mut total = 0_u64;
    let mut number = None;
    for &byte in text {
        if byte.is_ascii_digit() {
            number = Some(number.unwrap_or(0) * 10 + u64::from(byte - b'0'));
        } else {
            let unit = match byte.to_ascii_lowercase() {
                b'w' => 7 * 24 * 3600,
                b'd' => 24 * 3600,
                b'h' => 3600,
                b'm' => 60,
                b's' => 1,
                _ => return None,
            };
            total += number.take()? * unit;
        }
        // Checked at each step, so that neither sum can leave 64 bits.
        if total > u64::from(u32::MAX) || number.is_some_and(|n| n > u64::from(u32::MAX)) {
            return None;
        }
    }
    u32::try_from(total).ok()
}

/// Reads a TTL with or without units; RFC 2181 §8: values with the top bit set count as zero.
#[must_use]
pub fn ttl(text: &[u8]) -> Option<Ttl> {
    seconds(text).map(Ttl::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_stay_in_their_range() {
        for (text, max, expected) in [
            ("0", 255, Some(0)),
            ("255", 255, Some(255)),
            ("256", 255, None),
            ("007", 255, Some(7)),
            ("4294967295", u32::MAX, Some(u32::MAX)),
            ("4294967296", u32::MAX, None),
            ("99999999999999999999999999", u32::MAX, None),
            ("", 255, None),
            ("+1", 255, None),
            ("-1", 255, None),
            ("1x", 255, None),
        ] {
            assert_eq!(decimal(text.as_bytes(), max), expected, "{text}");
        }
    }

    #[test]
    fn periods_take_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("3600", Some(3600)),
            ("1h30m", Some(5400)),
            ("1W2D3H4M5S", Some(788_645)),
            ("1d", Some(86_400)),
            ("0s", Some(0)),
            ("1h30", None),
            ("h", None),
            ("1hh", None),
            ("1y", None),
            ("", None),
            ("4294967295s", Some(u32::MAX)),
            ("4294967296s", None),
            ("99999w", None),
            ("99999999999999999999999999s", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(ttl(b"2147483648"), Some(Ttl::from_secs(0)));
    }
}
