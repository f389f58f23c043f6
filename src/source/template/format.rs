//! Text of values as Go's `fmt` writes it: `print`, `println`, `printf` and what an action prints.
//!
//! Invariant: never fails on a verb that does not fit; like Go it then says so in the text.

use super::{
    display,
    output::{Options, Output, first_character},
    value::Value,
};

/// Values one after the other, with a space between two of which neither is a text.
pub(super) fn print(values: &[Value<'_>]) -> Output {
    let mut out = Output::default();
    let mut after_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(..));
        if !is_text && !after_text {
            out.push(b' ');
        }
        display::argument(&mut out, value, 'v', &Options::default());
        after_text = is_text;
    }
    out
}

/// Values with a space between any two, and a line end.
pub(super) fn println(values: &[Value<'_>]) -> Output {
    let mut out = Output::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        display::argument(&mut out, value, 'v', &Options::default());
    }
    out.push(b'\n');
    out
}

/// Values in the places that a format has for them.
pub(super) fn printf(format: &[u8], values: &[Value<'_>], limit: usize) -> Output {
    let mut printer = Printer {
        format,
        at: 0,
        values,
        next: 0,
        reordered: false,
        good: true,
    };
    let mut out = Output::default();
    while let Some(byte) = printer.bump() {
        if byte == b'%' {
            printer.verb(&mut out);
        } else {
            out.push(byte);
        }
        if out.len() > limit {
            return out;
        }
    }
    if !printer.reordered && printer.next < values.len() {
        out.extend_from_slice(b"%!(EXTRA ");
        for (index, value) in values.iter().skip(printer.next).enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            if !matches!(value, Value::Nil | Value::Invalid) {
                out.extend_from_slice(value.type_name().as_bytes());
                out.push(b'=');
            }
            display::argument(&mut out, value, 'v', &Options::default());
        }
        out.push(b')');
    }
    out
}

struct Printer<'f, 'v, 'a> {
    format: &'f [u8],
    at: usize,
    values: &'v [Value<'a>],
    next: usize,
    reordered: bool,
    /// Whether the last `[n]` named a value that exists.
    good: bool,
}

impl Printer<'_, '_, '_> {
    fn verb(&mut self, out: &mut Output) {
        let mut options = Options::default();
        self.good = true;
        let mut after_index = false;
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => options.sharp = true,
                b'0' => options.zero = true,
                b'+' => options.plus = true,
                b'-' => options.minus = true,
                b' ' => options.space = true,
                _ => break,
            }
            self.at += 1;
        }
        after_index |= self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.star() {
                Some(width) => {
                    options.minus |= width < 0;
                    options.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            options.width = self.number();
            if after_index && options.width.is_some() {
                self.good = false;
            }
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if after_index {
                self.good = false;
            }
            after_index = self.index();
            if self.peek() == Some(b'*') {
                self.at += 1;
                match self.star() {
                    Some(precision @ 0..) => options.precision = usize::try_from(precision).ok(),
                    _ => out.extend_from_slice(b"%!(BADPREC)"),
                }
                after_index = false;
            } else {
                options.precision = Some(self.number().unwrap_or_default());
            }
        }
        if !after_index {
            self.index();
        }
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(verb) = first_character(rest) else {
            out.extend_from_slice(b"%!(NOVERB)");
            return;
        };
        self.at += verb.1;
        let verb = verb.0;
        if verb == '%' {
            out.push(b'%');
        } else if !self.good {
            complain(out, verb, "(BADINDEX)");
        } else if let Some(value) = self.values.get(self.next) {
            self.next += 1;
            if verb == 'v' {
                options.sharp_v = std::mem::take(&mut options.sharp);
                options.plus_v = std::mem::take(&mut options.plus);
            }
            display::argument(out, value, verb, &options);
        } else {
            complain(out, verb, "(MISSING)");
        }
    }

    /// `[n]`: says which value is next.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b']') else {
            self.at += 1;
            self.good = false;
            return false;
        };
        let inner = rest.get(1..length).unwrap_or_default();
        self.at += length + 1;
        let number = std::str::from_utf8(inner)
            .ok()
            .and_then(|text| text.parse::<usize>().ok());
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.values.len() => {
                self.next = index;
                true
            }
            _ => {
                self.good = false;
                true
            }
        }
    }

    /// The value that stands for a width or precision.
    fn star(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        match value {
            Value::Int(_, number) if number.abs() <= MAX_WIDTH => Some(*number),
            Value::Uint(_, number) => i64::try_from(*number).ok().filter(|n| *n <= MAX_WIDTH),
            _ => None,
        }
    }

    /// Digits; none if there are none or too many.
    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(self.format.get(start..self.at)?).ok()?;
        let number: i64 = digits.parse().ok()?;
        usize::try_from(number).ok().filter(|_| number <= MAX_WIDTH)
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

fn complain(out: &mut Output, verb: char, what: &str) {
    out.extend_from_slice(format!("%!{verb}{what}").as_bytes());
}

/// Wider than this, Go takes a width for a mistake.
const MAX_WIDTH: i64 = 1_000_000;
