//! Texts of others for people: a name may hold anything, but a terminal acts on some of it.

/// The text on one line, with what a terminal might act on written out, as `\u{1b}`.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_acted_on(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// JSON with what a terminal might act on written out; its lines stay. To programs it is the same.
pub(crate) fn plain_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_acted_on(c) {
            // Within strings only, and none of them is beyond 16 bits.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and those that turn the direction of what is around them.
fn is_acted_on(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_act_on_is_written_out() {
        assert_eq!(
            plain("zönes/a\x1B[31m\n.zone \u{202e}x"),
            r"zönes/a\u{1b}[31m\n.zone \u{202e}x"
        );
    }

    #[test]
    fn json_stays_the_same_to_programs() {
        let text = "a\u{1b}\u{7f}\u{9b}\n\u{202e}\u{e9}";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let plain = plain_json(&json);
        assert!(!plain.contains(['\u{7f}', '\u{9b}', '\u{202e}']), "{plain}");
        assert!(plain.contains('\u{e9}') && plain.lines().count() == 3);
        let read: Vec<String> = serde_json::from_str(&plain).unwrap();
        assert_eq!(read, [text]);
    }
}
