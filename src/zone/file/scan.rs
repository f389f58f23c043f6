//! Cuts the text of a zone file into logical lines, and those into words.
//!
//! A logical line is a line, or several held together by parentheses. Words are slices of the text,
//! put into a list that the caller uses again and again, so nothing is allocated for a line. What
//! cannot be cut is a [`Fault`]; the scanner then stands at the next line that can be judged.

use std::ops::Range;

use wire::text::Token;

use super::bytes::{
    BLANK, CLOSE, COMMENT, ESCAPE, NEWLINE, OPEN, PLAIN, QUOTE, class, line_after, quote_end,
    specials, word_end,
};

/// A logical line that has words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Where it starts, counted in bytes from the start of the text.
    pub(super) start: usize,
    /// The line it starts on, from 1.
    pub(super) number: u32,
    /// Whether it starts with a blank: then it has no owner of its own.
    pub(super) blank: bool,
    /// Where a parenthesis opens within others, if one does.
    pub(super) nested: Option<usize>,
}

/// Text that cannot be cut into words. Those before the fault are in the list of words.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The logical line with the fault.
    pub(super) line: Line,
    /// What is wrong.
    pub(super) kind: FaultKind,
    /// The bytes to point at.
    pub(super) span: Range<usize>,
}

/// The ways in which text cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A closing parenthesis without an opening one.
    Close,
    /// A zero byte outside of quotes.
    Control,
    /// A logical line of more than [`MAX_LINE`] bytes.
    Long,
    /// A parenthesis that nothing closes.
    Open,
    /// A quote that nothing closes on its line.
    Quote,
}

/// The most bytes of a logical line: the longest record data (65,535 bytes), with each byte as an
/// escape of four characters, fits four times.
pub(super) const MAX_LINE: usize = 1 << 20;

/// Walks through a text.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    number: u32,
    /// Bytes that were scanned in vain, up to the end of what nothing closes.
    wasted: usize,
    /// Where a parenthesis opens within others on the line at hand.
    nested: Option<usize>,
}

/// The most bytes scanned in vain: then it goes on where the scanner stands, not at the next line.
const MAX_WASTED: usize = 32 * MAX_LINE;

impl<'t> Scanner<'t> {
    /// A scanner at the start of a text.
    pub(super) fn new(text: &'t [u8]) -> Self {
        let bom = text.starts_with(b"\xEF\xBB\xBF");
        Self {
            text,
            at: if bom { 3 } else { 0 },
            number: 1,
            wasted: 0,
            nested: None,
        }
    }

    /// A scanner that begins at a line somewhere in the text.
    pub(super) fn at_line(text: &'t [u8], start: usize, number: u32) -> Self {
        Self {
            at: start,
            number,
            ..Self::new(text)
        }
    }

    /// The next logical line that has words, which are put into `words`.
    pub(super) fn next(&mut self, words: &mut Vec<Token<'t>>) -> Option<Result<Line, Fault>> {
        loop {
            words.clear();
            let line = Line {
                start: self.at,
                number: self.number,
                blank: matches!(self.text.get(self.at)?, b' ' | b'\t'),
                nested: None,
            };
            if self.cut_plain(words) {
                if words.is_empty() {
                    continue;
                }
                return Some(Ok(line));
            }
            words.clear();
            self.nested = None;
            match self.cut(words) {
                Ok(()) if words.is_empty() => {}
                Ok(()) => {
                    let nested = self.nested;
                    return Some(Ok(Line { nested, ..line }));
                }
                Err((kind, span)) => {
                    let fault = Fault { line, kind, span };
                    self.recover(&fault);
                    return Some(Err(fault));
                }
            }
        }
    }

    /// Cuts a line of plain words, as most lines are, eight characters at a time. Tells whether it
    /// was one; if not, nothing has happened but to the words.
    fn cut_plain(&mut self, words: &mut Vec<Token<'t>>) -> bool {
        let text = self.text;
        let (mut from, mut at) = (self.at, self.at);
        while at - self.at < PLAIN_MAX
            && let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk())
        {
            let mut found = specials(u64::from_le_bytes(*chunk));
            while found != 0 {
                let place = at + found.trailing_zeros() as usize / 8;
                found &= found - 1;
                let byte = text.get(place).copied();
                match byte {
                    Some(b' ' | b'\t' | b'\n') => {}
                    Some(b'\r') if text.get(place + 1) == Some(&b'\n') => {}
                    _ => return false,
                }
                if place > from {
                    words.push(Token {
                        text: text.get(from..place).unwrap_or_default(),
                        quoted: false,
                    });
                }
                from = place + 1;
                if byte == Some(b'\n') {
                    self.at = from;
                    self.number += 1;
                    return true;
                }
            }
            at += 8;
        }
        false
    }

    /// Cuts one logical line and stops behind its end, or, with a fault, where it gave up.
    fn cut(&mut self, words: &mut Vec<Token<'t>>) -> Result<(), (FaultKind, Range<usize>)> {
        let text = self.text;
        let start = self.at;
        let mut at = start;
        let mut depth = 0_u32;
        let mut opened = 0;
        let fault = |kind, from: usize| Err((kind, from..from + 1));
        while let Some(&byte) = text.get(at) {
            if at - start > MAX_LINE && byte != b'\n' {
                self.at = at;
                return match depth {
                    0 => fault(FaultKind::Long, start),
                    _ => fault(FaultKind::Open, opened),
                };
            }
            match class(byte) {
                BLANK => at += 1,
                PLAIN | ESCAPE => {
                    let from = at;
                    at = word_end(text, at);
                    words.push(Token {
                        text: &text[from..at],
                        quoted: false,
                    });
                }
                NEWLINE => {
                    at += 1;
                    if byte == b'\n' {
                        self.number += 1;
                    } else if text.get(at) == Some(&b'\n') {
                        continue;
                    }
                    if depth == 0 {
                        break;
                    }
                }
                COMMENT => at = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n),
                OPEN => {
                    match depth {
                        0 => opened = at,
                        _ => self.nested = self.nested.or(Some(at)),
                    }
                    depth += 1;
                    at += 1;
                }
                CLOSE if depth == 0 => return fault(FaultKind::Close, at),
                CLOSE => {
                    depth -= 1;
                    at += 1;
                }
                QUOTE => {
                    let from = at + 1;
                    let (to, newlines) = match quote_end(text, from) {
                        Ok(end) => end,
                        Err(reached) => {
                            self.at = reached;
                            return fault(FaultKind::Quote, at);
                        }
                    };
                    self.number += newlines;
                    words.push(Token {
                        text: &text[from..to],
                        quoted: true,
                    });
                    at = to + 1;
                }
                _ => return fault(FaultKind::Control, at),
            }
        }
        self.at = at;
        if depth > 0 {
            return fault(FaultKind::Open, opened);
        }
        Ok(())
    }

    /// Goes to the next line that can be judged by itself.
    fn recover(&mut self, fault: &Fault) {
        let line = fault.line;
        let text = self.text;
        let reached = self.at.min(text.len());
        let mut at = line_after(text, fault.span.start);
        if fault.kind == FaultKind::Long {
            at = line_after(text, reached);
        }
        if fault.kind == FaultKind::Open {
            // What was meant to stand in the parentheses is most likely indented.
            while let Some(b' ' | b'\t' | b')' | b';' | b'\r' | b'\n') = text.get(at) {
                at = line_after(text, at);
            }
        }
        self.wasted += reached.saturating_sub(at);
        if self.wasted > MAX_WASTED {
            at = line_after(text, reached.max(at));
        }
        let passed = memchr::memchr_iter(b'\n', &text[line.start..at]).count();
        self.number = line
            .number
            .saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.at = at;
    }
}

/// Longer lines are not cut by the short way, which looks for their end from their start.
const PLAIN_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    /// Each logical line as `number:words`, quoted words in quotes, a blank start as `_`.
    fn scan(text: &str) -> Vec<String> {
        let mut scanner = Scanner::new(text.as_bytes());
        let mut words = Vec::new();
        let mut out = Vec::new();
        while let Some(line) = scanner.next(&mut words) {
            match line {
                Ok(line) => {
                    let mut shown = format!("{}:", line.number);
                    if line.blank {
                        shown.push('_');
                    }
                    for word in &words {
                        let text = String::from_utf8_lossy(word.text);
                        let quote = if word.quoted { "\"" } else { "" };
                        shown.push_str(&format!(" {quote}{text}{quote}"));
                    }
                    out.push(shown);
                }
                Err(fault) => out.push(format!("{:?} {:?}", fault.kind, fault.span)),
            }
        }
        out
    }

    #[test]
    fn lines_are_cut_into_words() {
        for (text, expected) in [
            ("", &[][..]),
            ("a b\tc\n", &["1: a b c"]),
            ("a b", &["1: a b"]),
            ("\u{FEFF}a b\r\n c d\r\n", &["1: a b", "2:_ c d"]),
            ("a b\rc d", &["1: a b", "1: c d"]),
            ("; x\n\n  ; y\n  z ; w\n", &["4:_ z"]),
            ("a ( b\n c ) d\ne\n", &["1: a b c d", "3: e"]),
            ("a ((b)\n) c\ne", &["1: a b c", "3: e"]),
            ("a \"b c\" \"\" d\"e\"f\n", &["1: a \"b c\" \"\" d \"e\" f"]),
            ("a \"b;c(\\\"\" d;e\n", &["1: a \"b;c(\\\"\" d"]),
            ("a\\ b c\\;d \\(\n", &["1: a\\ b c\\;d \\("]),
            ("a\\\nb\n", &["1: a\\", "2: b"]),
            ("a \"b\\\nc\" d\ne\n", &["1: a \"b\\\nc\" d", "3: e"]),
        ] {
            assert_eq!(scan(text), expected, "{text:?}");
            // As part of a longer text, where lines are cut eight characters at a time.
            let longer = format!("{text}\n;;;;;;;;\n");
            assert_eq!(scan(&longer), expected, "{longer:?}");
        }
    }

    #[test]
    fn all_that_is_no_plain_character_is_found() {
        for byte in 0..=255_u8 {
            for at in 0..8 {
                let mut chunk = *b"a-\xFFz*~09";
                chunk[at] = byte;
                let found = specials(u64::from_le_bytes(chunk));
                let expected = byte < b'*' || byte == b';' || byte == b'\\';
                assert_eq!(found, u64::from(expected) << (8 * at + 7), "{byte}");
                assert!(expected || class(byte) == PLAIN);
            }
        }
    }

    #[test]
    fn faults_leave_the_next_lines_to_be_judged() {
        for (text, expected) in [
            ("a )\nb\n", &["Close 2..3", "2: b"][..]),
            ("a \"b\nc\n", &["Quote 2..3", "2: c"]),
            ("a\n\nb (\n c\n ; d\n\ne\n", &["1: a", "Open 5..6", "7: e"]),
            ("a \0b\nc", &["Control 2..3", "2: c"]),
            ("a (\n \"b\n", &["Quote 5..6"]),
        ] {
            assert_eq!(scan(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_cut_off() {
        let mut text = "a ".repeat(MAX_LINE);
        text.push_str("\nb\n");
        assert_eq!(scan(&text), ["Long 0..1", "2: b"]);
        let mut text = "a (".to_owned();
        text.push_str(&"\n b".repeat(MAX_LINE));
        text.push_str("\nc\n");
        assert_eq!(scan(&text).len(), 2);
    }
}
