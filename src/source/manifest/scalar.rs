//! Scalars of YAML: texts, numbers, booleans and nothing, told apart as Kubernetes does.
//!
//! Kubernetes reads YAML 1.1: `yes` and `on` are booleans and `0755` is octal there. A manifest
//! that a cluster would refuse for it is not taken here either.

use serde_json::Number;
use serde_saphyr::granit_parser::{ScalarStyle, Tag};

use super::fault::Fault;
use super::node::Content;

/// The value of a scalar.
pub(super) fn scalar(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Content, Fault> {
    let is_text = match tag {
        Some(tag) => matches!(tag.core_suffix(), Some("str" | "binary")) || tag.handle() == "!",
        None => false,
    };
    if is_text || !matches!(style, ScalarStyle::Plain) {
        return Ok(Content::Text(text));
    }
    Ok(match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Content::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Content::Bool(false)
        }
        _ => match number(&text) {
            Some(Ok(number)) => Content::Number(number),
            Some(Err(fault)) => return Err(fault),
            None => Content::Text(text),
        },
    })
}

/// A plain scalar that is a number in YAML 1.1.
fn number(text: &str) -> Option<Result<Number, Fault>> {
    let first = text.bytes().next()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    let (negative, digits) = match first {
        b'-' => (true, text.strip_prefix('-')?),
        _ => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Some(Err(Fault::NumberWithoutEnd));
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let plain: String = digits.chars().filter(|&digit| digit != '_').collect();
    if let Some(number) = integer(&plain) {
        return Some(Ok(if negative {
            Number::from(i64::try_from(-i128::from(number)).ok()?)
        } else {
            Number::from(number)
        }));
    }
    let is_float = digits.bytes().any(|digit| digit.is_ascii_digit())
        && digits
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let number: f64 = if is_float {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(Number::from_f64(if negative { -number } else { number }).ok_or(Fault::NumberWithoutEnd))
}

fn integer(digits: &str) -> Option<u64> {
    for (prefix, base) in [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            return u64::from_str_radix(digits, base).ok();
        }
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => digits.parse().ok().filter(|_| !digits.starts_with('+')),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::compose::compose;

    #[test]
    fn scalars_mean_what_they_mean_to_kubernetes() {
        let check = |text: &str, expected: Value| {
            assert_eq!(compose(text).unwrap().to_value(), expected, "{text:?}");
        };
        check("[~, null, '', \"~\", ]", json!([null, null, "", "~"]));
        check(
            "[yes, 'yes', on, Off, n, true]",
            json!([true, "yes", true, false, false, true]),
        );
        check(
            "[0755, 0x1F, 1_000, -7, +7, 0, 08]",
            json!([493, 31, 1000, -7, 7, 0, 8.0]),
        );
        check(
            "[1.5, 1e3, -0.5, .5, 1.2.3.4, 10.0.0.0/8]",
            json!([1.5, 1e3, -0.5, 0.5, "1.2.3.4", "10.0.0.0/8"]),
        );
        check(
            "[2024-01-01, 12:30, '-', '1', !!str 1, v1, 5m]",
            json!(["2024-01-01", "12:30", "-", "1", "1", "v1", "5m"]),
        );
        check("18446744073709551616", json!(18_446_744_073_709_551_616.0));
        check("80: x\ntrue: z\n", json!({"80": "x", "true": "z"}));
        check(
            "a: |\n  one\n  two\nb: >-\n  one\n  two\n",
            json!({"a": "one\ntwo\n", "b": "one two"}),
        );
        check("", Value::Null);
    }
}
