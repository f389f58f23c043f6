//! Patterns in data files: `*` stands for any text, everything else for itself.

/// Whether a pattern fits the whole text.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, mut patterns)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    while let Some((part, more)) = patterns.split_once('*') {
        let Some((_, behind)) = text.split_once(part) else {
            return false;
        };
        (text, patterns) = (behind, more);
    }
    text.ends_with(patterns)
}
