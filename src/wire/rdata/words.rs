//! The words of a record while they are parsed: takes them one by one and knows which one is wrong.

use crate::name::NameRef;
use crate::text::{DataTextError, DataTextErrorKind, Expected, Token};

/// Words not yet taken.
pub(super) struct Words<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    /// What completes relative names.
    pub(super) origin: Option<NameRef<'t>>,
}

impl<'t, 'a> Words<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], origin: Option<NameRef<'t>>) -> Self {
        Self {
            tokens,
            at: 0,
            origin,
        }
    }

    /// Takes the next word.
    pub(super) fn take(&mut self, expected: Expected) -> Result<Token<'a>, DataTextError> {
        match self.tokens.get(self.at) {
            Some(token) => {
                self.at += 1;
                Ok(*token)
            }
            None => Err(DataTextError {
                token: self.at,
                kind: DataTextErrorKind::Missing(expected),
            }),
        }
    }

    /// Takes the next word if there is one.
    pub(super) fn take_if_any(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(*token)
    }

    /// Takes all words that are left.
    pub(super) fn take_rest(&mut self) -> &'t [Token<'a>] {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        self.at = self.tokens.len();
        rest
    }

    /// The next word, left where it is.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    /// Takes a word that `convert` understands.
    pub(super) fn convert<T>(
        &mut self,
        expected: Expected,
        convert: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, DataTextError> {
        let token = self.take(expected)?;
        convert(token.text).ok_or_else(|| self.expected(expected))
    }

    /// The word taken last is something else.
    pub(super) fn expected(&self, expected: Expected) -> DataTextError {
        self.error(DataTextErrorKind::Expected(expected))
    }

    /// The word taken last is at fault.
    pub(super) fn error(&self, kind: DataTextErrorKind) -> DataTextError {
        DataTextError {
            token: self.last(),
            kind,
        }
    }

    /// Which word was taken last.
    pub(super) fn last(&self) -> usize {
        self.at.saturating_sub(1)
    }

    /// No word may be left.
    pub(super) fn finish(&self) -> Result<(), DataTextError> {
        if self.at < self.tokens.len() {
            Err(DataTextError {
                token: self.at,
                kind: DataTextErrorKind::Excess,
            })
        } else {
            Ok(())
        }
    }
}
