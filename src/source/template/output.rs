//! Text on its way, and how one verb wants it.

/// Flags, width and precision of one verb.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) plus_v: bool,
    pub(super) precision: Option<usize>,
    pub(super) sharp: bool,
    pub(super) sharp_v: bool,
    pub(super) space: bool,
    pub(super) width: Option<usize>,
    pub(super) zero: bool,
}

/// Text on its way, and what could not be shown.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// The type of a value that only Go itself could show.
    pub(super) refused: Option<&'static str>,
}

impl Output {
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Notes a type that can't be shown; the first stays.
    pub(super) fn refuse(&mut self, name: &'static str) {
        self.refused = self.refused.or(Some(name));
    }

    /// Text with the spaces (or zeros) that fill the width.
    pub(super) fn pad(&mut self, bytes: &[u8], options: &Options) {
        let width = options.width.unwrap_or_default();
        let missing = width.saturating_sub(character_count(bytes));
        let fill = if options.zero && !options.minus {
            b'0'
        } else {
            b' '
        };
        let padding = std::iter::repeat_n(fill, missing);
        if options.minus {
            self.bytes.extend_from_slice(bytes);
            self.bytes.extend(padding);
        } else {
            self.bytes.extend(padding);
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// The first character and its length; a byte that begins none counts as U+FFFD.
pub(super) fn first_character(bytes: &[u8]) -> Option<(char, usize)> {
    let longest = bytes.get(..4).unwrap_or(bytes);
    let valid = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
    };
    match valid.chars().next() {
        Some(character) => Some((character, character.len_utf8())),
        None => bytes.first().map(|_| ('\u{fffd}', 1)),
    }
}

fn character_count(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    while let Some((_, length)) = first_character(rest) {
        rest = rest.get(length..).unwrap_or_default();
        count += 1;
    }
    count
}
