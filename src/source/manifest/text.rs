//! A file cut into its documents, so that a mistake in one leaves the others readable.

/// One document of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Document<'a> {
    /// Its text; the line `---` before it is part of it.
    pub(super) text: &'a str,
    /// How many lines of the file stand before it.
    pub(super) lines_before: usize,
}

/// The documents of a YAML file; those of nothing but comments are left out.
///
/// YAML 1.2 §9.1.2: no value, not even a block of text, may hold a line that begins with a document
/// marker, so the cuts are right whatever stands between them.
pub(super) fn documents(text: &str) -> Vec<Document<'_>> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines_before = 0;
    let mut documents = Vec::new();
    while !rest.is_empty() {
        let cut = next_cut(rest);
        let (text, behind) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        if text.lines().any(has_content) {
            documents.push(Document { text, lines_before });
        }
        lines_before += text.matches('\n').count();
        rest = behind;
    }
    documents
}

/// Where the document at the start of `text` ends: before the next marker that follows content.
fn next_cut(text: &str) -> usize {
    let mut at = 0;
    let mut open = false;
    for line in text.split_inclusive('\n') {
        if open && is_marker(line, "---") {
            return at;
        }
        at += line.len();
        if is_marker(line, "...") {
            return at;
        }
        // A directive belongs to the document behind the marker that follows it.
        open |= has_content(line) || is_marker(line, "---");
    }
    at
}

/// Whether a line begins with a document marker.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether a line says something: more than a comment, a directive or a bare marker.
fn has_content(line: &str) -> bool {
    let line = if is_marker(line, "---") || is_marker(line, "...") {
        line.split_at(3).1
    } else if line.starts_with('%') {
        ""
    } else {
        line
    };
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn files_are_cut_at_markers_and_lines_are_counted_on() {
        let check = |text: &str, expected: &[(&str, usize)]| {
            let found: Vec<_> = documents(text)
                .iter()
                .map(|document| (document.text, document.lines_before))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("# nothing\n---\n\n---\n# here\n", &[]);
        check("a: 1", &[("a: 1", 0)]);
        check(
            "---\na: 1\n---\nb: 2\n",
            &[("---\na: 1\n", 0), ("---\nb: 2\n", 2)],
        );
        check(
            "a: 1\n...\n---\nb: 2\n",
            &[("a: 1\n...\n", 0), ("---\nb: 2\n", 2)],
        );
        check("a: |\n  ---\n  x\n", &[("a: |\n  ---\n  x\n", 0)]);
        check("a: ---\n----: b\n", &[("a: ---\n----: b\n", 0)]);
        check("%YAML 1.2\n---\na: 1\n", &[("%YAML 1.2\n---\na: 1\n", 0)]);
        check(
            "--- {a: 1}\n--- {b: 2}\n",
            &[("--- {a: 1}\n", 0), ("--- {b: 2}\n", 1)],
        );
        check(
            "\u{feff}a: 1\r\n---\r\nb: 2\r\n",
            &[("a: 1\r\n", 0), ("---\r\nb: 2\r\n", 1)],
        );
        // Comments between documents belong to one of them, and none is lost.
        check("# head\n---\na: 1\n", &[("# head\n---\na: 1\n", 0)]);
    }
}
