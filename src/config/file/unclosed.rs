//! The place of a quote, a bracket or a tab that keeps a file from being YAML. The reader says where
//! it noticed; people look for where it begins.

/// A quote or a bracket that nothing closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// The character.
    pub(super) character: char,
    /// The line, from 1.
    pub(super) line: u64,
    /// The column, from 1.
    pub(super) column: u64,
}

/// The first quote or bracket that is never closed. Texts over several lines without quotes may hold
/// anything, so files with such are passed over.
pub(super) fn find(text: &str) -> Option<Unclosed> {
    if text.contains(": |") || text.contains(": >") {
        return None;
    }
    let mut open: Vec<Unclosed> = Vec::new();
    // Whether a word may begin here, and with it a quote or a bracket.
    let mut fresh = true;
    let mut characters = places(text).peekable();
    while let Some((line, column, character)) = characters.next() {
        let here = Unclosed {
            character,
            line,
            column,
        };
        match character {
            '"' | '\'' if fresh => {
                let mut escaped = false;
                let closed = characters.by_ref().any(|(_, _, inner)| {
                    let closes = inner == character && !escaped;
                    escaped = character == '"' && inner == '\\' && !escaped;
                    closes
                });
                if !closed {
                    return Some(here);
                }
                fresh = false;
            }
            '#' if fresh => {
                while characters.peek().is_some_and(|next| next.2 != '\n') {
                    characters.next();
                }
            }
            '[' | '{' if fresh => open.push(here),
            ']' | '}' => {
                open.pop();
                fresh = false;
            }
            ' ' | '\t' | '\r' | '\n' => fresh = true,
            ',' if !open.is_empty() => fresh = true,
            _ => fresh = false,
        }
    }
    open.first().copied()
}

/// The first tab among the blanks that a line begins with.
pub(super) fn tab(text: &str) -> Option<(u64, u64)> {
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        let column = line.get(..blank)?.find('\t')?;
        Some((number, u64::try_from(column).unwrap_or(u64::MAX) + 1))
    })
}

/// The line, from 1, that begins a second document.
pub(super) fn second_document(text: &str) -> Option<u64> {
    let mut lines = (1..).zip(text.lines());
    // In front of the first document a line of hyphens is fine.
    lines.find(|(_, line)| !line.is_empty() && !line.starts_with(['#', '-', '%']))?;
    let (number, _) = lines.find(|(_, line)| line.starts_with("---"))?;
    Some(number)
}

/// Each character with its line and column.
fn places(text: &str) -> impl Iterator<Item = (u64, u64, char)> + '_ {
    let (mut line, mut column) = (1, 0);
    let mut after_end = false;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.chars().map(move |character| {
        if after_end {
            (line, column) = (line + 1, 0);
        }
        column += 1;
        after_end = character == '\n';
        (line, column, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_closed_is_found_where_it_begins() {
        for (text, expected) in [
            ("a: [b\nc: d\n", Some(('[', 1, 4))),
            ("a: {b: [c]\n", Some(('{', 1, 4))),
            ("a: \"b\nc: d\n", Some(('"', 1, 4))),
            ("a: 'b\nc: d\n", Some(('\'', 1, 4))),
            ("a: it's\nb: c[d\n", None),
            ("a: 'it''s'\nb: \"c\\\"\"\n", None),
            ("a: [b, 'c]', d]\n# it's [\n", None),
            ("a: |\n  [\n", None),
        ] {
            let found = find(text).map(|found| (found.character, found.line, found.column));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(tab("a:\n  - b\n \tc: d\n"), Some((3, 2)));
        assert_eq!(second_document("---\na: b\n---\nc: d\n"), Some(3));
        assert_eq!(second_document("a: b\n"), None);
    }
}
