//! The line of a settings file that a message is about, as far as it may be shown.
//!
//! A value is shown only if its key is one that we know and that holds no secret: what is written
//! behind a key with a typing mistake may be a password.

use super::document::kebab;
use crate::flags;

/// The text of a line, from 1.
pub(super) fn line(text: &str, number: u64) -> String {
    let at = usize::try_from(number).unwrap_or(usize::MAX);
    let mut before = text.lines().take(at).collect::<Vec<_>>();
    let Some(line) = before.pop().filter(|_| at > 0) else {
        return String::new();
    };
    let line = line.replace(|c: char| c.is_control(), " ");
    let shown = match key(&line) {
        Some((name, _)) if is_open(name) => line,
        Some((_, end)) => format!("{} …", line.get(..end).unwrap_or_default()),
        // An item of a list belongs to the key above.
        None => match before.iter().rev().find_map(|line| key(line)) {
            Some((name, _)) if is_open(name) => line,
            None if !line.contains(' ') => line,
            _ => return String::new(),
        },
    };
    match shown.chars().count() {
        0..=MAX_SHOWN => shown,
        _ => String::new(),
    }
}

/// The key of a line, and where its colon ends.
fn key(line: &str) -> Option<(&str, usize)> {
    let (before, _) = line.split_once(": ").or_else(|| {
        let before = line.trim_end().strip_suffix(':')?;
        Some((before, ""))
    })?;
    let name = before
        .trim_start_matches([' ', '-'])
        .trim_matches(['"', '\'']);
    Some((name, before.len() + 1))
}

/// Whether what stands behind a key may be shown.
fn is_open(key: &str) -> bool {
    let name = kebab(key);
    OWN.contains(&name.as_str()) || flags::find(&name).is_some_and(|flag| !flag.secret)
}

/// Keys that are no flags.
const OWN: &[&str] = &[
    "address-maps",
    "claims",
    "destinations",
    "file",
    "from",
    "name",
    "names",
    "namespaces",
    "to",
    "types",
    "version",
    "zones",
];

/// Longer lines are not shown.
const MAX_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let text = "version: 1\nlog-level: loud\nrfc2136-tsig-secret: abc\nrfc2136-tsig-secrt: abc\n\
                    cookie-secret:\n- abc\nlisten:\n- nowhere\n  pihole-password: 'abc'\nhello\n";
        let shown: Vec<String> = (0..12).map(|number| line(text, number)).collect();
        assert_eq!(
            shown,
            [
                "",
                "version: 1",
                "log-level: loud",
                "rfc2136-tsig-secret: …",
                "rfc2136-tsig-secrt: …",
                "cookie-secret: …",
                "",
                "listen:",
                "- nowhere",
                "  pihole-password: …",
                "",
                ""
            ]
        );
    }
}
