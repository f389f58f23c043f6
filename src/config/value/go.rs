//! Values as Go reads them, for the flags of external-dns.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::{IpNet, Ipv6Net};

use crate::problem::Quoted;
use crate::settings::AesKey;

use super::Wrong;

/// A duration as `time.ParseDuration` reads it, from zero on: `1m30s`, `1.5h`, `0`.
pub(crate) fn go_duration(text: &str) -> Result<Duration, Wrong> {
    let wrong = || {
        Wrong::expected(text, "a duration; expected one such as 30s, 1m30s or 1.5h")
            .hint_if(text.bytes().all(|byte| byte.is_ascii_digit()), || {
                format!("write the unit: {text}s")
            })
    };
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.starts_with('-') {
        return Err(Wrong::new(format!("{} is less than nothing", Quoted(text))));
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, tail) = digits(rest);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => digits(tail),
            None => ("", tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(wrong());
        }
        let (unit, tail) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((*unit, tail.strip_prefix(name)?)))
            .ok_or_else(wrong)?;
        let number = |digits: &str| match digits {
            "" => Some(0),
            digits => digits.parse::<u128>().ok(),
        };
        // More digits than these are less than a nanosecond.
        let fraction = fraction
            .split_at_checked(18)
            .map_or(fraction, |(head, _)| head);
        let scale = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(18));
        let part = number(whole)
            .and_then(|whole| whole.checked_mul(unit))
            .zip(number(fraction).map(|fraction| fraction * unit / scale));
        let part = part.and_then(|(whole, fraction)| whole.checked_add(fraction));
        total = part
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= MOST)
            .ok_or_else(wrong)?;
        rest = tail;
    }
    let nanos = u64::try_from(total).map_err(|_| wrong())?;
    Ok(Duration::from_nanos(nanos))
}

fn digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).unwrap_or((text, ""))
}

/// A network, whose bits beyond its length do not matter.
pub(crate) fn loose_network(text: &str) -> Result<IpNet, Wrong> {
    let net: Result<IpNet, _> = text.trim().parse();
    net.map(|net| net.trunc())
        .map_err(|_| Wrong::expected(text, "a network; expected one such as 10.0.0.0/8"))
}

/// A network of NAT64.
pub(crate) fn nat64_network(text: &str) -> Result<Ipv6Net, Wrong> {
    match loose_network(text) {
        Ok(IpNet::V6(net)) if net.prefix_len() == 96 => Ok(net),
        _ => Err(Wrong::expected(
            text,
            "a network of NAT64; expected one of length 96, such as 64:ff9b::/96",
        )),
    }
}

/// A key of AES-256: 32 bytes, or those in base64. The text is never repeated in a message.
pub(crate) fn aes_key(text: &str) -> Result<AesKey, Wrong> {
    let bytes = match text.len() {
        32 => text.as_bytes().to_vec(),
        _ => STANDARD.decode(text.trim()).unwrap_or_default(),
    };
    bytes.try_into().map(AesKey).map_err(|_| {
        Wrong::new("the key is neither 32 bytes nor 32 bytes in base64")
            .hint("make one with: openssl rand -base64 32")
    })
}

/// Longer names first where one begins with another.
const UNITS: &[(&str, u128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
];

/// The longest duration of Go, in nanoseconds.
const MOST: u128 = i64::MAX as u128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, millis) in [
            ("1m0s", 60_000),
            ("1.5h", 5_400_000),
            ("72s", 72_000),
            ("0", 0),
            ("0s", 0),
            (".5s", 500),
            ("1.s", 1_000),
            ("+5s", 5_000),
            ("1h1m1s1ms1us1ns", 3_661_001),
            ("1500µs", 1),
        ] {
            let found = go_duration(text).map_err(|wrong| wrong.message).unwrap();
            assert_eq!(found.as_millis(), millis, "{text}");
        }
        for text in [
            "", "72", "s", ".s", "1 s", "1d", "-1s", "1m -1s", "+", "9999999h", "1e3s",
        ] {
            assert!(go_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_raw_or_in_base64_and_never_shown() {
        let raw = "0123456789abcdef0123456789abcdef";
        let coded = STANDARD.encode(raw);
        for text in [raw, &coded] {
            assert_eq!(
                aes_key(text)
                    .map(|key| key.0)
                    .ok()
                    .as_ref()
                    .map(|key| &key[..]),
                Some(raw.as_bytes())
            );
        }
        for text in ["short", "AAAA", ""] {
            assert!(
                !aes_key(text)
                    .err()
                    .is_some_and(|wrong| wrong.message.contains(text) && !text.is_empty())
            );
            assert!(aes_key(text).is_err());
        }
    }
}
