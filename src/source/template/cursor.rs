//! A parser on its way through the tokens of a template: what it has seen, what comes next.

use super::{
    lex::{Kind, LexError, Lexer, Token},
    tree::Tree,
};

/// Why a template is refused, and where (a byte offset into its text).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ParseError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// A parser on its way through the tokens.
pub(super) struct Parser<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    /// What ends the tokens early.
    stop: Option<LexError>,
    pub(super) next: usize,
    /// The names that are declared here.
    pub(super) variables: Vec<&'t str>,
    /// How many ranges are open.
    pub(super) ranges: usize,
    pub(super) depth: usize,
    pub(super) tree: Tree,
}

impl<'t> Parser<'t> {
    /// A parser at the first token.
    pub(super) fn new(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        let stop = loop {
            match lexer.next_token() {
                Ok(token) => {
                    tokens.push(token);
                    if token.kind == Kind::End {
                        break None;
                    }
                }
                Err(error) => break Some(error),
            }
        };
        Self {
            tokens,
            stop,
            next: 0,
            variables: vec!["$"],
            ranges: 0,
            depth: 0,
            tree: Tree::default(),
        }
    }

    /// Takes a token that must be next.
    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Result<(), ParseError> {
        let token = self.take_word()?;
        if token.kind == kind {
            Ok(())
        } else {
            Err(unexpected(&token, context))
        }
    }

    /// The next token, spaces included.
    pub(super) fn take(&mut self) -> Result<Token<'t>, ParseError> {
        if let Some(token) = self.tokens.get(self.next) {
            // The last token says that there is no more, however often it is asked for.
            if token.kind == Kind::End {
                return Err(unexpected(token, "template"));
            }
            self.next += 1;
            return Ok(*token);
        }
        let stop = self.stop.clone();
        let stop = stop.unwrap_or_else(|| LexError {
            at: 0,
            message: String::new(),
        });
        Err(ParseError {
            at: stop.at,
            message: stop.message,
        })
    }

    /// The next token that is no space.
    pub(super) fn take_word(&mut self) -> Result<Token<'t>, ParseError> {
        self.skip_space();
        self.take()
    }

    /// The next token that is no space, which stays.
    pub(super) fn word_ahead(&mut self) -> Option<Token<'t>> {
        let start = self.next;
        self.skip_space();
        let word = self.tokens.get(self.next).copied();
        if word.is_none() {
            self.next = start;
        }
        word
    }

    /// Passes over spaces.
    pub(super) fn skip_space(&mut self) {
        while self.peek_kind() == Some(Kind::Space) {
            self.next += 1;
        }
    }

    /// The kind of the next token; none where the text is no more tokens.
    pub(super) fn peek_kind(&self) -> Option<Kind> {
        self.tokens.get(self.next).map(|token| token.kind)
    }
}

/// A token that can't stand where it stands.
pub(super) fn unexpected(token: &Token<'_>, context: &str) -> ParseError {
    let what = if token.kind == Kind::End {
        "end of template"
    } else {
        token.text
    };
    fail(token.at, &format!("{what:?} is not expected in {context}"))
}

/// An error at a place.
pub(super) fn fail(at: usize, message: &str) -> ParseError {
    ParseError {
        at,
        message: message.to_owned(),
    }
}

/// How deep lists and parentheses may nest; Go allows more, nobody writes it.
pub(super) const MAX_DEPTH: usize = 60;
