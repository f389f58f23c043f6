//! Cuts a line into words as a zone file's scanner does.

use wire::text::Token;

/// Blanks separate; quotes make words of their own, but behind other characters belong to the word.
pub fn words(bytes: &[u8]) -> Vec<Token<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b' ' {
            at += 1;
            continue;
        }
        let quoted = bytes[at] == b'"';
        let from = at + usize::from(quoted);
        let mut open = quoted;
        at = from;
        while at < bytes.len() && (open || bytes[at] != b' ') {
            match bytes[at] {
                b'\\' => at += 1,
                b'"' if quoted => break,
                b'"' => open = !open,
                _ => {}
            }
            at += 1;
        }
        at = at.min(bytes.len());
        words.push(Token {
            text: &bytes[from..at],
            quoted,
        });
        at += usize::from(quoted);
    }
    words
}
