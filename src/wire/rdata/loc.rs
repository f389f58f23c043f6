//! LOC (RFC 1876): a place on earth with its size and the precision it is known to.
//!
//! ```text
//! 42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m
//! latitude       longitude     altitude size horizontal and vertical precision
//! ```

use std::fmt;

use super::measure::fixed;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{DataTextError, Expected, decimal};

/// All of the record.
const LENGTH: usize = 16;
/// Zero degrees.
const EQUATOR: u32 = 1 << 31;
/// Thousandths of a second in a degree.
const DEGREE: u32 = 3_600_000;
/// Altitudes count from this many centimeters below the reference.
const BELOW: u32 = 10_000_000;
/// 1 m, 10 km and 10 m: what is meant where nothing is said.
const DEFAULTS: [u8; 3] = [0x12, 0x16, 0x13];

/// Version 0, sizes of one digit and a power of ten, angles on the globe.
pub(super) fn measure(rest: &[u8]) -> Result<usize, WireError> {
    fixed(rest, LENGTH)?;
    let fits = match rest {
        [0, size, horizontal, vertical, angles @ ..] => {
            let angle = |at: usize| be32(angles.get(at..).unwrap_or_default());
            [size, horizontal, vertical].iter().all(|size| {
                // Zero has one form only.
                **size == 0 || ((1..=9).contains(&(**size >> 4)) && **size & 0xF <= 9)
            }) && angle(0).abs_diff(EQUATOR) <= 90 * DEGREE
                && angle(4).abs_diff(EQUATOR) <= 180 * DEGREE
        }
        _ => false,
    };
    if fits {
        Ok(LENGTH)
    } else {
        Err(WireError::new(WireErrorKind::Data, 0))
    }
}

/// Parses all of the record.
pub(super) fn parse(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let latitude = angle(words, 90, *b"NS")?;
    let longitude = angle(words, 180, *b"EW")?;
    let altitude = words.convert(Expected::Altitude, altitude)?;
    let mut sizes = DEFAULTS;
    for slot in &mut sizes {
        if words.peek().is_some() {
            *slot = words.convert(Expected::Altitude, size)?;
        }
    }
    out.push(0);
    out.extend_from_slice(&sizes);
    for value in [latitude, longitude, altitude] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    Ok(())
}

/// Degrees, then minutes and seconds if they are there, then one of two directions.
fn angle(words: &mut Words<'_, '_>, max: u32, directions: [u8; 2]) -> Result<u32, DataTextError> {
    let degrees = words.convert(Expected::Coordinate, |text| decimal(text, max))?;
    let mut sum = degrees * DEGREE;
    // Minutes, then seconds with up to three decimals; each may be left out from the end.
    let mut parts = 0;
    loop {
        let word = words.take(Expected::Coordinate)?.text;
        let side = match word {
            [letter] => directions
                .iter()
                .position(|direction| letter.eq_ignore_ascii_case(direction)),
            _ => None,
        };
        if let Some(side) = side {
            return match side {
                _ if sum > max * DEGREE => Err(words.expected(Expected::Coordinate)),
                0 => Ok(EQUATOR + sum),
                _ => Ok(EQUATOR - sum),
            };
        }
        let part = match parts {
            0 => decimal(word, 59).map(|minutes| minutes * 60_000),
            1 => fraction(word, 3, 59_999),
            _ => None,
        };
        sum += part.ok_or_else(|| words.expected(Expected::Coordinate))?;
        parts += 1;
    }
}

/// Centimeters above the lowest altitude there is.
fn altitude(text: &[u8]) -> Option<u32> {
    match meters(text) {
        (true, number) => BELOW.checked_sub(fraction(number, 2, BELOW)?),
        (false, number) => BELOW.checked_add(fraction(number, 2, u32::MAX - BELOW)?),
    }
}

/// A size as its first digit and a power of ten of centimeters; what follows is cut off.
fn size(text: &[u8]) -> Option<u8> {
    let (negative, number) = meters(text);
    if negative {
        return None;
    }
    // 9 * 10^9 does not fit 32 bits, so whole meters and centimeters are read apart.
    let (whole, cents) = match number.iter().position(|&byte| byte == b'.') {
        Some(at) => (number.get(..at)?, fraction(number.get(at..)?, 2, 99)?),
        None => (number, 0),
    };
    let whole = if whole.is_empty() {
        0
    } else {
        decimal(whole, 90_000_000)?
    };
    let mut mantissa = u64::from(whole) * 100 + u64::from(cents);
    if mantissa > 9_000_000_000 {
        return None;
    }
    let mut exponent = 0;
    while mantissa > 9 {
        mantissa /= 10;
        exponent += 1;
    }
    u8::try_from(mantissa << 4 | exponent).ok()
}

/// Whether a minus sign stands in front, and the number without it and without the unit.
fn meters(text: &[u8]) -> (bool, &[u8]) {
    let text = match text.split_last() {
        Some((b'm' | b'M', number)) => number,
        _ => text,
    };
    match text.split_first() {
        Some((b'-', number)) => (true, number),
        Some((b'+', number)) => (false, number),
        _ => (false, text),
    }
}

/// A number with up to `places` decimals, in units of the last of them.
fn fraction(text: &[u8], places: usize, max: u32) -> Option<u32> {
    let (whole, decimals) = match text.iter().position(|&byte| byte == b'.') {
        Some(at) => text.split_at_checked(at)?,
        None => (text, &b"."[..]),
    };
    let decimals = decimals.get(1..)?;
    if decimals.len() > places || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    let mut value = match whole {
        b"" => 0,
        digits => u64::from(decimal(digits, u32::MAX)?),
    };
    for place in 0..places {
        let digit = match decimals.get(place) {
            Some(digit @ b'0'..=b'9') => digit - b'0',
            Some(_) => return None,
            None => 0,
        };
        value = value * 10 + u64::from(digit);
    }
    u32::try_from(value).ok().filter(|&value| value <= max)
}

/// Writes all of the record, its defaults too.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let long = |at: usize| be32(data.get(at..).unwrap_or_default());
    print_angle(long(4), ["N", "S"], line)?;
    print_angle(long(8), ["E", "W"], line)?;
    let altitude = long(12);
    let sign = if altitude < BELOW { "-" } else { "" };
    let cents = altitude.abs_diff(BELOW);
    write!(line.word()?, "{sign}{}.{:02}m", cents / 100, cents % 100)?;
    for size in data.iter().skip(1).take(3) {
        let (mantissa, exponent) = (u64::from(size >> 4), u32::from(size & 0xF));
        let cents = mantissa * 10_u64.pow(exponent);
        if exponent > 1 {
            write!(line.word()?, "{}m", cents / 100)?;
        } else {
            write!(line.word()?, "0.{cents:02}m")?;
        }
    }
    Ok(())
}

fn print_angle(angle: u32, directions: [&str; 2], line: &mut Line<'_>) -> fmt::Result {
    let [positive, negative] = directions;
    let direction = if angle < EQUATOR { negative } else { positive };
    let sum = angle.abs_diff(EQUATOR);
    let (degrees, minutes) = (sum / DEGREE, sum / 60_000 % 60);
    let (seconds, thousandths) = (sum / 1000 % 60, sum % 1000);
    write!(
        line.word()?,
        "{degrees} {minutes} {seconds}.{thousandths:03} {direction}"
    )
}

fn be32(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
