//! What is said about a template that can't be parsed or executed.

use std::fmt;

use thiserror::Error;

/// A place in the text of a template, both parts counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

impl Position {
    /// The place of a byte in a text.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        Self { line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A flag whose value is no template.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error(
    "{flag} {template:?}, {position}: {message}; expected a Go template such as \
     \"{{{{.Name}}}}.example.org\""
)]
pub struct SyntaxError {
    /// The flag.
    pub flag: &'static str,
    /// The value that is at fault, of all the flag was given.
    pub template: String,
    /// Where in that value.
    pub position: Position,
    /// What is wrong.
    pub message: String,
}

/// A template that gives nothing for an object.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error(transparent)]
pub struct TemplateError(#[from] Box<Failure>);

impl TemplateError {
    /// What went wrong on what.
    pub fn failure(&self) -> &Failure {
        &self.0
    }
}

impl From<Failure> for TemplateError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}

/// What went wrong when a template was executed on an object.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{kind} {namespace}/{name}: {flag}, {position}: {message}{}", second_try(.again))]
pub struct Failure {
    /// The flag.
    pub flag: &'static str,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// Where in the template.
    pub position: Position,
    /// What is wrong when the object's fields have Go's names.
    pub message: String,
    /// What is wrong when they have the names of its JSON; none if that was not tried.
    pub again: Option<String>,
}

fn second_try(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!("; by JSON names: {message}"))
}
