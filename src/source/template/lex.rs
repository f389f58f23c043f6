//! Characters of a template → tokens.
//!
//! Invariants: tokens come in the order of the text, their slices lie within it, and every call
//! makes progress or reports the end. Trim markers (`{{- ` and ` -}}`) are resolved here.

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'t> {
    /// Where it begins.
    pub(super) at: usize,
    /// What it is.
    pub(super) kind: Kind,
    /// Its characters.
    pub(super) text: &'t str,
}

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Assign,
    Bool,
    Char,
    CharConstant,
    Declare,
    Dot,
    End,
    Field,
    Identifier,
    Keyword,
    LeftDelimiter,
    LeftParenthesis,
    Nil,
    Number,
    Pipe,
    RawText,
    RightDelimiter,
    RightParenthesis,
    Space,
    Text,
    QuotedText,
    Variable,
}

/// Why a text is no sequence of tokens, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct LexError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Reads tokens one by one.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    inside: bool,
    parentheses: usize,
}

impl<'t> Lexer<'t> {
    /// Begins at the start of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            inside: false,
            parentheses: 0,
        }
    }

    /// The next token; [`Kind::End`] at the end, again and again.
    pub(super) fn next_token(&mut self) -> Result<Token<'t>, LexError> {
        if self.inside {
            self.action()
        } else {
            self.outside()
        }
    }

    /// Text up to the next action, or the opening of an action; comments are passed over.
    fn outside(&mut self) -> Result<Token<'t>, LexError> {
        loop {
            let start = self.at;
            let rest = self.rest();
            let Some(length) = rest.find("{{") else {
                self.at = self.text.len();
                let kind = if rest.is_empty() {
                    Kind::End
                } else {
                    Kind::Text
                };
                return Ok(Token {
                    at: start,
                    kind,
                    text: rest,
                });
            };
            let (before, action) = rest.split_at(length);
            if !before.is_empty() {
                self.at += length;
                let kept = if trims_left(action) {
                    before.trim_end_matches(SPACE)
                } else {
                    before
                };
                if !kept.is_empty() {
                    return Ok(Token {
                        at: start,
                        kind: Kind::Text,
                        text: kept,
                    });
                }
            }
            let marker = if trims_left(action) { 2 } else { 0 };
            let start = self.at;
            self.at += 2 + marker;
            if !self.rest().starts_with("/*") {
                self.inside = true;
                self.parentheses = 0;
                return Ok(Token {
                    at: start,
                    kind: Kind::LeftDelimiter,
                    text: "{{",
                });
            }
            self.comment(start)?;
        }
    }

    /// Passes over a comment whose opening is next.
    fn comment(&mut self, start: usize) -> Result<(), LexError> {
        let Some(length) = self.rest().find("*/") else {
            return Err(fail(start, "comment is not closed; expected */"));
        };
        self.at += length + 2;
        let Some(trims) = self.closing() else {
            return Err(fail(
                start,
                "comment ends before the closing braces; expected */}}",
            ));
        };
        self.close(trims);
        Ok(())
    }

    /// Whether closing braces are next, and if so whether they trim.
    fn closing(&self) -> Option<bool> {
        let rest = self.rest();
        if trims_right(rest) && rest.get(2..).is_some_and(|rest| rest.starts_with("}}")) {
            return Some(true);
        }
        rest.starts_with("}}").then_some(false)
    }

    /// Passes over closing braces that are known to be next.
    fn close(&mut self, trims: bool) {
        self.at += if trims { 4 } else { 2 };
        if trims {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(SPACE).len();
        }
        self.inside = false;
    }

    /// A token inside an action.
    fn action(&mut self) -> Result<Token<'t>, LexError> {
        let start = self.at;
        if let Some(trims) = self.closing() {
            if self.parentheses > 0 {
                return Err(fail(start, "left parenthesis is not closed"));
            }
            self.close(trims);
            return Ok(Token {
                at: start,
                kind: Kind::RightDelimiter,
                text: "}}",
            });
        }
        let Some(first) = self.bump() else {
            return Err(fail(start, "action is not closed; expected }}"));
        };
        let kind = match first {
            ' ' | '\t' | '\r' | '\n' => {
                // A space may belong to a closing trim marker.
                while self.peek().is_some_and(is_space) && self.closing().is_none() {
                    self.bump();
                }
                Kind::Space
            }
            '=' => Kind::Assign,
            ':' => {
                if self.bump() != Some('=') {
                    return Err(fail(start, "\":\" stands alone; expected :="));
                }
                Kind::Declare
            }
            '|' => Kind::Pipe,
            '"' => self.quoted(start, '"', Kind::QuotedText)?,
            '\'' => self.quoted(start, '\'', Kind::CharConstant)?,
            '`' => {
                let Some(length) = self.rest().find('`') else {
                    return Err(fail(start, "raw text is not closed; expected a back quote"));
                };
                self.at += length + 1;
                Kind::RawText
            }
            '$' => self.word(Kind::Variable)?,
            '.' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                if self.at_terminator() {
                    Kind::Dot
                } else {
                    self.word(Kind::Field)?
                }
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.at = start;
                self.number(start)?
            }
            letter if is_word(letter) => {
                self.word(Kind::Identifier)?;
                match self.text.get(start..self.at).unwrap_or_default() {
                    "true" | "false" => Kind::Bool,
                    "nil" => Kind::Nil,
                    word if KEYWORDS.contains(&word) => Kind::Keyword,
                    _ => Kind::Identifier,
                }
            }
            '(' => {
                self.parentheses += 1;
                Kind::LeftParenthesis
            }
            ')' => {
                let Some(left) = self.parentheses.checked_sub(1) else {
                    return Err(fail(start, "right parenthesis without a left one"));
                };
                self.parentheses = left;
                Kind::RightParenthesis
            }
            other if other.is_ascii_graphic() => Kind::Char,
            other => {
                let message = format!("character {other:?} has no meaning in an action");
                return Err(fail(start, &message));
            }
        };
        Ok(Token {
            at: start,
            kind,
            text: self.text.get(start..self.at).unwrap_or_default(),
        })
    }

    /// The rest of a word; what follows must end it.
    fn word(&mut self, kind: Kind) -> Result<Kind, LexError> {
        while self.peek().is_some_and(is_word) {
            self.bump();
        }
        if self.at_terminator() {
            return Ok(kind);
        }
        let next = self.peek().unwrap_or_default();
        Err(fail(
            self.at,
            &format!("character {next:?} can't follow a word; expected a space"),
        ))
    }

    /// Whether what is next ends a word.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some(next) => {
                is_space(next)
                    || matches!(next, '.' | ',' | '|' | ':' | ')' | '(')
                    || self.rest().starts_with("}}")
            }
        }
    }

    /// The rest of a text between quotes on one line.
    fn quoted(&mut self, start: usize, quote: char, kind: Kind) -> Result<Kind, LexError> {
        loop {
            match self.bump() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.bump();
                }
                None | Some('\n' | '\\') => {
                    return Err(fail(
                        start,
                        &format!("text is not closed; expected {quote}"),
                    ));
                }
                Some(other) if other == quote => return Ok(kind),
                Some(_) => {}
            }
        }
    }

    /// A number; whether it is a good one is seen when it is read.
    fn number(&mut self, start: usize) -> Result<Kind, LexError> {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            while self.accept("0123456789_") {}
        }
        self.accept("i");
        if self
            .peek()
            .is_some_and(|next| is_word(next) || matches!(next, '+' | '-'))
        {
            return Err(fail(start, "number is followed by other characters"));
        }
        Ok(Kind::Number)
    }

    fn accept(&mut self, characters: &str) -> bool {
        let found = self.peek().is_some_and(|next| characters.contains(next));
        if found {
            self.bump();
        }
        found
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }
}

/// Whether an action, beginning with its braces, trims what stands before it.
fn trims_left(action: &str) -> bool {
    matches!(action.as_bytes(), [_, _, b'-', space, ..] if is_space(char::from(*space)))
}

/// Whether a trim marker is next.
fn trims_right(rest: &str) -> bool {
    matches!(rest.as_bytes(), [space, b'-', ..] if is_space(char::from(*space)))
}

fn is_space(character: char) -> bool {
    SPACE.contains(&character)
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn fail(at: usize, message: &str) -> LexError {
    LexError {
        at,
        message: message.to_owned(),
    }
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

const KEYWORDS: [&str; 10] = [
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
];
