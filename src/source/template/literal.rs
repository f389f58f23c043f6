//! Literals of templates, written as in Go: numbers, characters, quoted texts.

use super::tree::Number;

/// Reads a number or character constant; the error says what is wrong with it.
pub(super) fn number(text: &str) -> Result<Number, String> {
    if text.starts_with('\'') {
        return character(text);
    }
    if text.ends_with('i') && !text.starts_with("0x") {
        return Err(format!(
            "number {text} is imaginary, which is not supported here"
        ));
    }
    let wrong = || format!("{text} is not a number");
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if let Some(magnitude) = integer(digits) {
        return Ok(match (negative, magnitude) {
            (false, value) => i64::try_from(value).map_or(Number::TooLarge, Number::Int),
            // Go reads a negative number as signed only; out of its range it is no number.
            (true, value) => {
                let value = i128::from(value)
                    .checked_neg()
                    .and_then(|v| i64::try_from(v).ok());
                Number::Int(value.ok_or_else(wrong)?)
            }
        });
    }
    let is_hex = digits.starts_with("0x") || digits.starts_with("0X");
    if !digits.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(wrong());
    }
    let value = if is_hex {
        hex_float(digits)
    } else {
        decimal_float(digits)
    };
    let value = value.filter(|value| value.is_finite()).ok_or_else(wrong)?;
    let value = if negative { -value } else { value };
    if is_hex && !digits.contains(['p', 'P']) {
        return Err(wrong());
    }
    Ok(Number::Float(value))
}

/// An integer with the prefixes and underscores of Go.
fn integer(digits: &str) -> Option<u64> {
    let lower = digits.to_ascii_lowercase();
    let (radix, rest, prefixed) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?, true),
        [b'0', b'o', ..] => (8, lower.get(2..)?, true),
        [b'0', b'b', ..] => (2, lower.get(2..)?, true),
        [b'0', _, ..] => (8, lower.get(1..)?, true),
        _ => (10, lower.as_str(), false),
    };
    // An underscore stands between digits, or between a prefix and a digit.
    let starts = rest.starts_with('_') && !prefixed;
    if starts || rest.ends_with('_') || rest.contains("__") {
        return None;
    }
    let plain: String = rest.chars().filter(|digit| *digit != '_').collect();
    if plain.is_empty() || plain.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&plain, radix).ok()
}

fn decimal_float(digits: &str) -> Option<f64> {
    if digits.contains('_') || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// `0x` digits, a point and digits, `p` and a power of two.
fn hex_float(digits: &str) -> Option<f64> {
    let lower = digits.to_ascii_lowercase();
    let (mantissa, power) = lower.get(2..)?.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let power: i32 = power.parse().ok()?;
    let shift = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2.0_f64.powi(power.checked_sub(shift)?))
}

fn character(text: &str) -> Result<Number, String> {
    let wrong = || format!("{text} is not one character in single quotes");
    let inner = text
        .get(1..text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let mut rest = inner;
    let (unit, _) = unit(&mut rest, '\'').ok_or_else(wrong)?;
    if rest.is_empty() {
        Ok(Number::Int(i64::from(unit)))
    } else {
        Err(wrong())
    }
}

/// Reads a text in double quotes or back quotes.
pub(super) fn text(literal: &str) -> Option<Vec<u8>> {
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if literal.starts_with('`') {
        // Go drops carriage returns from raw texts.
        return Some(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        match unit(&mut rest, '"')? {
            (byte, true) => out.push(u8::try_from(byte).ok()?),
            (code, false) => {
                let character = char::from_u32(code)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Some(out)
}

/// Takes one character or escape; the second value says that it is a byte rather than a character.
fn unit(rest: &mut &str, quote: char) -> Option<(u32, bool)> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        *rest = characters.as_str();
        return Some((u32::from(first), false));
    }
    let escape = characters.next()?;
    *rest = characters.as_str();
    let plain = match escape {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' => u32::from('\\'),
        '\'' | '"' if escape == quote => u32::from(quote),
        'x' => return Some((digits(rest, 2, 16)?, true)),
        'u' => return character_code(digits(rest, 4, 16)?),
        'U' => return character_code(digits(rest, 8, 16)?),
        '0'..='7' => {
            let high = escape.to_digit(8)? * 64;
            let value = high + digits(rest, 2, 8)?;
            return (value < 256).then_some((value, true));
        }
        _ => return None,
    };
    Some((plain, false))
}

fn character_code(code: u32) -> Option<(u32, bool)> {
    char::from_u32(code).map(|_| (code, false))
}

fn digits(rest: &mut &str, count: usize, radix: u32) -> Option<u32> {
    let (taken, left) = rest.split_at_checked(count)?;
    if !taken.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    *rest = left;
    u32::from_str_radix(taken, radix).ok()
}
