//! What is wrong with the text of keys.

use std::path::PathBuf;

use wire::Name;
use wire::text::NameTextError;

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No algorithm of ours.
    #[error(
        "expected an algorithm\n  hint: hmac-sha256, or hmac-sha1, hmac-sha224, hmac-sha384, \
         hmac-sha512, hmac-md5"
    )]
    Algorithm,
    /// Something else than the two parts of a key.
    #[error("expected algorithm, secret or }} in key")]
    Clause,
    /// A comment without its end.
    #[error("comment without an end\n  hint: close it with */")]
    Comment,
    /// A name that was there before.
    #[error("key \"{0}\" is given twice")]
    Duplicate(Name),
    /// Something else stands there.
    #[error("expected {0}")]
    Expected(&'static str),
    /// Neither of the short forms.
    #[error("expected NAME:SECRET or ALGORITHM:NAME:SECRET")]
    Form,
    /// No name.
    #[error("expected the name of the key: {0}")]
    Name(NameTextError),
    /// A key without an algorithm.
    #[error("key \"{0}\" has no algorithm\n  hint: add algorithm hmac-sha256;")]
    NoAlgorithm(Name),
    /// A key without a secret.
    #[error(
        "key \"{0}\" has no secret\n  hint: make a key with zonewright key new, or tsig-keygen"
    )]
    NoSecret(Name),
    /// A string without its end.
    #[error("quoted string that does not end on its line")]
    Quote,
    /// One of the parts of a key stands twice.
    #[error("{0} is given twice in this key")]
    Repeated(&'static str),
    /// No base64, or nothing.
    #[error(
        "the secret is not base64, or empty\n  hint: copy all of it, with the = at its end, or make a \
         key with zonewright key new"
    )]
    Secret,
    /// Something else than a key.
    #[error(
        "expected key\n  hint: this file holds keys only: key \"NAME\" {{ algorithm …; secret …; }};"
    )]
    Statement,
}

/// A fault in a text of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {fault}")]
pub struct KeyTextError {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: KeyFault,
}

/// A file of keys that is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// No text, or more of it than any file of keys has.
    #[error("{}: expected at most 1 MiB of text in UTF-8", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("read file of keys {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its text is wrong.
    #[error("{}:{error}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        error: KeyTextError,
    },
}
