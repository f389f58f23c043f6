//! Numbers and quoted characters as Go's `fmt` and `strconv` write them.

use super::output::{Options, Output, first_character};

/// An integer by a verb for integers.
pub(super) fn integer(
    out: &mut Output,
    magnitude: u64,
    negative: bool,
    verb: char,
    options: &Options,
) {
    let character = || {
        u32::try_from(magnitude)
            .ok()
            .filter(|_| !negative)
            .and_then(char::from_u32)
    };
    match verb {
        'c' => {
            let character = character().unwrap_or('\u{fffd}');
            return out.pad(character.encode_utf8(&mut [0; 4]).as_bytes(), options);
        }
        'q' => {
            let character = character().unwrap_or('\u{fffd}').to_string();
            return out.pad(&quote(character.as_bytes(), '\'', options.plus), options);
        }
        'U' => {
            let digits = options.precision.unwrap_or(4).max(4);
            let value = if negative {
                magnitude.wrapping_neg()
            } else {
                magnitude
            };
            let mut text = format!("U+{}", zeros(&format!("{value:X}"), digits));
            if let (true, Some(character)) = (options.sharp, character())
                && is_printable(character)
            {
                text.push_str(&format!(" '{character}'"));
            }
            return out.pad(
                text.as_bytes(),
                &Options {
                    zero: false,
                    ..*options
                },
            );
        }
        _ => {}
    }
    let signed = negative || options.plus || options.space;
    let digits = match options.precision {
        Some(0) if magnitude == 0 => {
            let options = Options {
                zero: false,
                minus: false,
                ..*options
            };
            return out.pad(b"", &options);
        }
        Some(precision) => precision,
        None if options.zero && !options.minus => options
            .width
            .unwrap_or_default()
            .saturating_sub(usize::from(signed)),
        None => 0,
    };
    let plain = match verb {
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    };
    let mut text = zeros(&plain, digits);
    let prefix = match (verb, options.sharp) {
        ('b', true) => "0b",
        ('o', true) if !text.starts_with('0') => "0",
        ('O', true) if !text.starts_with('0') => "0o0",
        ('O', _) => "0o",
        ('x', true) => "0x",
        ('X', true) => "0X",
        _ => "",
    };
    text.insert_str(0, prefix);
    if negative {
        text.insert(0, '-');
    } else if options.plus {
        text.insert(0, '+');
    } else if options.space {
        text.insert(0, ' ');
    }
    out.pad(
        text.as_bytes(),
        &Options {
            zero: false,
            ..*options
        },
    );
}

/// A float by a verb for floats; false for the rare verbs that are not known here.
pub(super) fn float(out: &mut Output, value: f64, verb: char, options: &Options) -> bool {
    if matches!(verb, 'b' | 'x' | 'X') || options.sharp {
        return false;
    }
    let magnitude = value.abs();
    let mut text = match verb {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => "Inf".to_owned(),
        'e' | 'E' => exponential(magnitude, options.precision.or(Some(6))),
        'f' | 'F' => fixed(magnitude, options.precision.unwrap_or(6)),
        _ => general(magnitude, options.precision),
    };
    if matches!(verb, 'E' | 'G') {
        text.make_ascii_uppercase();
    }
    let is_number = value.is_finite();
    let sign = match value.is_sign_negative() && !value.is_nan() {
        true => "-",
        false if options.plus => "+",
        false if options.space => " ",
        false if value.is_infinite() => "+",
        false => "",
    };
    let zero = options.zero && !options.minus && is_number;
    if zero {
        let digits = options.width.unwrap_or_default().saturating_sub(sign.len());
        text = zeros(&text, digits);
    }
    text.insert_str(0, sign);
    out.pad(
        text.as_bytes(),
        &Options {
            zero: false,
            ..*options
        },
    );
    true
}

/// Zeros before digits until there are so many. The standard library takes no such numbers beyond
/// 65535, Go does.
fn zeros(text: &str, digits: usize) -> String {
    let missing = digits.saturating_sub(text.len());
    ["0".repeat(missing).as_str(), text].concat()
}

/// So many decimals. Whatever the number, those after the first thousand or so are zeros.
fn fixed(value: f64, decimals: usize) -> String {
    let exact = decimals.min(DECIMALS);
    let mut text = format!("{value:.exact$}");
    text.push_str(&"0".repeat(decimals - exact));
    text
}

/// More decimals than any number has.
const DECIMALS: usize = 1100;

/// Go writes at least two digits of exponent, with a sign.
fn exponential(value: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{value:.*e}", precision.min(2000)),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The shorter of the two forms.
fn general(value: f64, precision: Option<usize>) -> String {
    let significant = precision.map(|precision| precision.clamp(1, 2000));
    let text = match significant {
        Some(digits) => format!("{value:.*e}", digits - 1),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // Without a precision Go decides as for one of 6.
    let limit = match significant {
        Some(precision) => {
            let precision = i32::try_from(precision).unwrap_or(i32::MAX);
            if precision > count && count > exponent {
                count.max(1)
            } else {
                precision
            }
        }
        None => 6,
    };
    if exponent < -4 || exponent >= limit.max(1) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or(("0", ""));
        let mantissa = if rest.is_empty() {
            first.to_owned()
        } else {
            format!("{first}.{rest}")
        };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let decimals = usize::try_from((count - 1 - exponent).max(0)).unwrap_or_default();
    format!("{value:.decimals$}")
}

/// Bytes between quotes as Go's `strconv` writes them.
pub(super) fn quote(bytes: &[u8], quote: char, ascii: bool) -> Vec<u8> {
    let mut out = String::new();
    out.push(quote);
    let mut rest = bytes;
    while let Some((character, length)) = first_character(rest) {
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = left;
        if character == '\u{fffd}' && length == 1 {
            let byte = taken.first().copied().unwrap_or_default();
            out.push_str(&format!("\\x{byte:02x}"));
            continue;
        }
        match character {
            '\\' => out.push_str("\\\\"),
            other if other == quote => {
                out.push('\\');
                out.push(other);
            }
            other if is_printable(other) && (other.is_ascii() || !ascii) => out.push(other),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            other => {
                let code = u32::from(other);
                out.push_str(&match code {
                    0..0x20 | 0x7f => format!("\\x{code:02x}"),
                    ..0x1_0000 => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
        }
    }
    out.push(quote);
    out.into_bytes()
}

/// Whether Go would print a character as it is.
pub(super) fn is_printable(character: char) -> bool {
    // The standard library's escapes for debugging leave the same characters alone.
    character == ' '
        || matches!(character, '"' | '\'' | '\\')
        || (!character.is_whitespace() && character.escape_debug().count() == 1)
}
