//! The line at hand while a file is read: where its words stand, and the types they have named lately.

use std::ops::Range;
use std::rc::Rc;

use wire::Rtype;
use wire::text::Token;

use super::scan::Line;
use super::source::Source;

/// Where a record stands, for messages about it.
#[derive(Clone, Debug)]
pub(super) struct Here<'t> {
    pub(super) source: &'t Rc<Source>,
    /// The text that the words are slices of: that of the file, or a line that was made.
    pub(super) text: &'t [u8],
    pub(super) file: u16,
    pub(super) line: Line,
    /// The directive that made the record, which is then pointed at instead of a word.
    pub(super) made_by: Option<Range<usize>>,
}

impl<'t> Here<'t> {
    /// Which bytes of the file a word stands at.
    pub(super) fn span(&self, word: &Token<'_>) -> Range<usize> {
        match &self.made_by {
            Some(span) => span.clone(),
            None => self.offset(word)..self.offset(word) + word.text.len(),
        }
    }

    /// A word is a slice of the text, so the distance of their addresses is its place.
    fn offset(&self, word: &Token<'_>) -> usize {
        let distance = word
            .text
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        distance.min(self.text.len())
    }

    /// Puts keys that end in `=` and a value in quotes right behind them together again.
    pub(super) fn join_values(&self, words: &[Token<'t>]) -> Vec<Token<'t>> {
        let mut joined: Vec<Token<'t>> = Vec::with_capacity(words.len());
        for word in words {
            let value = self.offset(word);
            if let Some(key) = joined.last_mut()
                && word.quoted
                && !key.quoted
                && key.text.ends_with(b"=")
                && self.offset(key) + key.text.len() + 1 == value
                && let Some(text) = self.text.get(self.offset(key)..=value + word.text.len())
            {
                key.text = text;
            } else {
                joined.push(*word);
            }
        }
        joined
    }
}

/// The types of the words seen last: nearly all lines use few of them.
#[derive(Debug, Default)]
pub(super) struct TypeMemo<'t>([Option<(&'t [u8], Rtype)>; 8]);

impl<'t> TypeMemo<'t> {
    /// The type of a word, if it is one.
    pub(super) fn get(&mut self, word: &'t [u8]) -> Option<Rtype> {
        // No type begins with a digit, but many TTLs stand where a type might.
        let first = word.first().filter(|byte| !byte.is_ascii_digit())?;
        let slot = &mut self.0[(usize::from(*first) + word.len()) % 8];
        if let Some((known, rtype)) = slot
            && *known == word
        {
            return Some(*rtype);
        }
        let rtype = Rtype::from_text(word)?;
        *slot = Some((word, rtype));
        Some(rtype)
    }
}
