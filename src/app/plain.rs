//! Names of files for people: a name may hold anything, but a terminal acts on some of it.

/// The text with nothing in it that a terminal might act on.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c.is_control() {
            true => char::REPLACEMENT_CHARACTER,
            false => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_act_on_is_replaced() {
        assert_eq!(
            plain("zönes/a\x1B[31m\n.zone"),
            "zönes/a\u{FFFD}[31m\u{FFFD}.zone"
        );
    }
}
