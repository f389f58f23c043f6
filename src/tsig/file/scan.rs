//! The tokens of BIND's configuration: words, quoted strings, signs; three kinds of comments.

use super::{KeyFault, KeyTextError};

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`
    Semicolon,
    /// What stands alone, or between quotes; escapes are left as they are.
    Word(&'a str),
    /// Nothing is left.
    End,
}

/// Reads token by token.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
    /// Where the last token began.
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            rest: text,
            at: 0,
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, KeyTextError> {
        self.skip()?;
        self.at = self.offset();
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        let token = match first {
            '{' => Token::Open,
            '}' => Token::Close,
            ';' => Token::Semicolon,
            '"' => return self.quoted(),
            _ => {
                let end = |c: char| c.is_whitespace() || "{};\"".contains(c);
                let end = self.rest.find(end).unwrap_or(self.rest.len());
                return Ok(Token::Word(self.take(end)));
            }
        };
        self.take(1);
        Ok(token)
    }

    /// A fault of the token that was read last.
    pub(super) fn fault(&self, fault: KeyFault) -> KeyTextError {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        KeyTextError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            fault,
        }
    }

    /// Passes over blanks and comments.
    fn skip(&mut self) -> Result<(), KeyTextError> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(end);
            } else if self.rest.starts_with("/*") {
                self.at = self.offset();
                let end = self.rest.find("*/");
                let end = end.ok_or_else(|| self.fault(KeyFault::Comment))?;
                self.take(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, KeyTextError> {
        self.take(1);
        let mut escaped = false;
        for (at, c) in self.rest.char_indices() {
            match c {
                '\n' => break,
                '"' if !escaped => {
                    let word = self.take(at);
                    self.take(1);
                    return Ok(Token::Word(word));
                }
                _ => escaped = c == '\\' && !escaped,
            }
        }
        Err(self.fault(KeyFault::Quote))
    }

    fn offset(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Goes on by bytes that end where a character does.
    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}
