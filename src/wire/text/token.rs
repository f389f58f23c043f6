//! The words of a record.

/// One word of a record, as it stands in the text: escapes not yet resolved, quotes taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The characters.
    pub text: &'a [u8],
    /// Whether it stood in quotes (it may then be empty, and is never a directive or `@`).
    pub quoted: bool,
}
