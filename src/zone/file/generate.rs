//! `$GENERATE`: one line that stands for many, numbered ones.
//!
//! `$GENERATE 1-254/2 host${0,3} 1h IN A 192.0.2.$` is taken as BIND takes it: in owner and data, `$`
//! is the number, `${offset,width,base}` the number moved, padded with zeros, and written in base
//! `d`, `o`, `x` or `X`, or as reversed nibbles (`n` or `N`), where a number below zero has a sign in
//! base `d` and is its 32 bits in the others; `\$` and `$$` are a dollar sign. Data of
//! several words stands in quotes, or, beyond BIND, as several words. Any type but a question type
//! is allowed. The owner that the next line may take over stays what it was.

use std::fmt::Write;
use std::ops::Range;

use wire::text::{Token, decimal, seconds};
use wire::{Class, Rtype};

use super::here::{Here, TypeMemo};
use super::hint;
use super::owner::{Owner, Scope};
use super::parse::Parser;
use super::say::quote;
use super::scan::Scanner;

/// The most records that one zone makes: sixteen times a reverse zone for a /16.
pub(super) const MAX_GENERATED: u64 = 1 << 20;

/// The numbers to go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    start: u32,
    stop: u32,
    step: u32,
}

/// A part of the line to make.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text to be copied.
    Text(Vec<u8>),
    /// The number, put into a form.
    Number { offset: i32, width: usize, base: u8 },
}

impl Parser {
    pub(super) fn generate(
        &mut self,
        here: &Here<'_>,
        word: &Token<'_>,
        arguments: &[Token<'_>],
        scope: &Scope,
    ) {
        let [range, rest @ ..] = arguments else {
            self.too_short(here, &[*word]);
            return;
        };
        let Some(numbers) = Numbers::parse(range.text) else {
            let hint = "a range is written as START-STOP or START-STOP/STEP, from 0 up to 2147483647, \
                        with a step above 0";
            let message = format!("{} is not a range", quote(range.text));
            self.error(here, range, message, Some(hint.to_owned()));
            return;
        };
        let Some(data) = data_of(rest) else {
            self.too_short(here, arguments);
            return;
        };
        let pieces = match pieces(rest, data) {
            Ok(pieces) => pieces,
            Err((word, message)) => {
                let hint = "written as ${OFFSET}, ${OFFSET,WIDTH} or ${OFFSET,WIDTH,BASE}, where the \
                            base is one of d, o, x, X, n, N";
                self.error(here, &word, message, Some(hint.to_owned()));
                return;
            }
        };
        self.generated = self.generated.saturating_add(numbers.count());
        if self.generated > MAX_GENERATED {
            let message = format!("$GENERATE makes more than {MAX_GENERATED} records in this zone");
            let hint = "a directive for each part of the range does not help; serve fewer names, or a \
                        wildcard";
            self.error(here, range, message, Some(hint.to_owned()));
            return;
        }
        let from = here.span(word).start;
        let to = arguments.last().map_or(from, |last| here.span(last).end);
        self.make(here, from..to, numbers, &pieces, scope.clone());
    }

    fn too_short(&mut self, here: &Here<'_>, words: &[Token<'_>]) {
        let hint = "written as: $GENERATE 1-254 host$ A 192.0.2.$";
        let message = "$GENERATE needs a range, an owner, a type and data".to_owned();
        self.error_behind(here, words, message, Some(hint.to_owned()));
    }

    fn make(
        &mut self,
        here: &Here<'_>,
        span: Range<usize>,
        numbers: Numbers,
        pieces: &[Piece],
        mut scope: Scope,
    ) {
        let mut line = Vec::new();
        for number in numbers.iter() {
            line.clear();
            let made_by = Some(span.clone());
            let Some(()) = expand(pieces, number, &mut line) else {
                let here = Here {
                    made_by,
                    ..here.clone()
                };
                let message = format!("$GENERATE at {number}: an offset leads out of the numbers");
                let hint = "a number with its offset lies between -2147483648 and 2147483647";
                self.error(
                    &here,
                    &Token {
                        text: &[],
                        quoted: false,
                    },
                    message,
                    Some(hint.to_owned()),
                );
                return;
            };
            let here = Here {
                text: &line,
                made_by,
                ..here.clone()
            };
            let mut words = Vec::new();
            let cut = Scanner::new(&line).next(&mut words);
            let (Some(Ok(_)), Some((owner, rest))) = (cut, words.split_first()) else {
                let message = format!(
                    "$GENERATE at {number} makes {}, which is not a record",
                    quote(&line)
                );
                self.error(
                    &here,
                    &Token {
                        text: &[],
                        quoted: false,
                    },
                    message,
                    None,
                );
                return;
            };
            if let Err(error) = scope.set_owner(*owner) {
                let message = format!(
                    "$GENERATE at {number}: owner {}: {error}",
                    quote(owner.text)
                );
                self.error(&here, owner, message, Some(hint::name(error).to_owned()));
                return;
            }
            if scope.owner_state() == Owner::Outside {
                self.outside(&here, owner, &scope);
                return;
            }
            if !self.record(&here, &scope, rest, &mut TypeMemo::default()) {
                return;
            }
        }
    }
}

impl Numbers {
    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (start, rest) = text.split_once('-')?;
        let (stop, step) = rest.split_once('/').unwrap_or((rest, "1"));
        let number = |text: &str| decimal(text.as_bytes(), i32::MAX.unsigned_abs());
        let (start, stop, step) = (number(start)?, number(stop)?, number(step)?);
        (start <= stop && step > 0).then_some(Self { start, stop, step })
    }

    fn count(self) -> u64 {
        u64::from((self.stop - self.start) / self.step) + 1
    }

    fn iter(self) -> impl Iterator<Item = u32> {
        (self.start..=self.stop).step_by(self.step as usize)
    }
}

/// Where the data begins among the words behind the range.
fn data_of(words: &[Token<'_>]) -> Option<usize> {
    let is_head = |word: &Token<'_>| {
        Rtype::from_text(word.text).is_none()
            && (seconds(word.text).is_some() || Class::from_text(word.text).is_some())
    };
    let head = words
        .iter()
        .skip(1)
        .take_while(|word| is_head(word))
        .count();
    // Owner, head, type.
    let data = head + 2;
    (data < words.len()).then_some(data)
}

/// Takes the words apart into text and numbers, a blank between words.
fn pieces<'t>(words: &[Token<'t>], data: usize) -> Result<Vec<Piece>, (Token<'t>, String)> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push(b' ');
        }
        // Data in one pair of quotes stands for the words in it.
        let quoted = word.quoted && !(at == data && words.len() == data + 1);
        if quoted {
            text.push(b'"');
        }
        let mut rest = word.text;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match (byte, tail.first()) {
                (b'\\', Some(&escaped)) => {
                    text.extend_from_slice(&[byte, escaped]);
                    rest = &tail[1..];
                }
                (b'$', Some(b'$')) => {
                    text.push(b'$');
                    rest = &tail[1..];
                }
                (b'$', Some(b'{')) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    let (piece, tail) = modifier(&tail[1..]).ok_or_else(|| {
                        (*word, format!("unknown modifier in {}", quote(word.text)))
                    })?;
                    pieces.push(piece);
                    rest = tail;
                }
                (b'$', _) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Number {
                        offset: 0,
                        width: 0,
                        base: b'd',
                    });
                }
                _ => text.push(byte),
            }
        }
        if quoted {
            text.push(b'"');
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

/// Reads what follows `${`, up to and with the closing brace.
fn modifier(rest: &[u8]) -> Option<(Piece, &[u8])> {
    let end = memchr::memchr(b'}', rest)?;
    let mut parts = std::str::from_utf8(&rest[..end]).ok()?.split(',');
    let offset = parts.next()?.parse().ok()?;
    let width = match parts.next() {
        Some(width) => decimal(width.as_bytes(), MAX_WIDTH)? as usize,
        None => 0,
    };
    let base = match parts.next().map(str::as_bytes) {
        Some(&[base @ (b'd' | b'o' | b'x' | b'X' | b'n' | b'N')]) => base,
        Some(_) => return None,
        None => b'd',
    };
    let none = parts.next().is_none();
    none.then_some((
        Piece::Number {
            offset,
            width,
            base,
        },
        &rest[end + 1..],
    ))
}

/// Writes the line for one number; nothing if an offset leads out of 32 bits with a sign.
fn expand(pieces: &[Piece], number: u32, line: &mut Vec<u8>) -> Option<()> {
    let mut text = String::new();
    for piece in pieces {
        let (offset, width, base) = match *piece {
            Piece::Text(ref text) => {
                line.extend_from_slice(text);
                continue;
            }
            Piece::Number {
                offset,
                width,
                base,
            } => (offset, width, base),
        };
        let value = i64::from(number) + i64::from(offset);
        let value = i32::try_from(value).ok()?;
        text.clear();
        if base == b'd' {
            write!(text, "{value:0width$}").ok()?;
        } else {
            let value = value.cast_unsigned();
            match base {
                b'o' => write!(text, "{value:0width$o}").ok()?,
                b'x' => write!(text, "{value:0width$x}").ok()?,
                b'X' => write!(text, "{value:0width$X}").ok()?,
                b'n' => nibbles(value, width, b"0123456789abcdef", &mut text),
                _ => nibbles(value, width, b"0123456789ABCDEF", &mut text),
            }
        }
        line.extend_from_slice(text.as_bytes());
    }
    Some(())
}

/// Hexadecimal digits from the lowest to the highest with dots between them; the width counts both.
fn nibbles(value: u32, width: usize, digits: &[u8; 16], text: &mut String) {
    let (mut value, mut width) = (value, width);
    loop {
        text.push(char::from(digits[(value & 15) as usize]));
        value >>= 4;
        width = width.saturating_sub(1);
        if width > 0 || value != 0 {
            text.push('.');
            width = width.saturating_sub(1);
        }
        if width == 0 && value == 0 {
            return;
        }
    }
}

/// No name is longer.
const MAX_WIDTH: u32 = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_forms_bind_gives_them() {
        for (text, number, expected) in [
            ("host$.a", 7, "host7.a"),
            ("\\$$", 7, "\\$7"),
            ("$$-$", 7, "$-7"),
            ("${1}", 7, "8"),
            ("${-8}", 7, "-1"),
            ("${0,3}", 7, "007"),
            ("${+1,3,d}", 7, "008"),
            ("${0,4,x}", 255, "00ff"),
            ("${0,0,X}", 255, "FF"),
            ("${0,3,o}", 8, "010"),
            ("${0,0,n}", 0x1a, "a.1"),
            ("${0,8,n}", 0x1a, "a.1.0.0."),
            ("${0,7,N}", 0x1a, "A.1.0.0"),
            ("${-8,4}", 7, "-001"),
            ("${-1,0,x}", 0, "ffffffff"),
            ("${-1,12,X}", 0, "0000FFFFFFFF"),
            ("${-5,4,o}", 0, "37777777773"),
            ("${-1,0,n}", 0, "f.f.f.f.f.f.f.f"),
            ("${-5,4,N}", 0, "B.F.F.F.F.F.F.F"),
            ("${-5,0,n}", 5, "0"),
            ("$a$", 7, "7a7"),
        ] {
            let word = Token {
                text: text.as_bytes(),
                quoted: false,
            };
            let pieces = pieces(&[word], 9).unwrap();
            let mut line = Vec::new();
            expand(&pieces, number, &mut line).unwrap();
            assert_eq!(String::from_utf8_lossy(&line), expected, "{text}");
        }
    }

    #[test]
    fn ranges_have_a_start_a_stop_and_a_step() {
        for (text, expected) in [
            ("1-3", Some(vec![1, 2, 3])),
            ("0-4/2", Some(vec![0, 2, 4])),
            ("5-5", Some(vec![5])),
            ("3-1", None),
            ("1-3/0", None),
            ("1", None),
            ("-1-3", None),
            ("1-2147483648", None),
        ] {
            let numbers = Numbers::parse(text.as_bytes());
            assert_eq!(
                numbers.map(|n| n.iter().collect::<Vec<_>>()),
                expected,
                "{text}"
            );
        }
    }
}
