//! Values: one form for all ways to write them, and the parts that APIs want one by one.

use plan::{Endpoint, data};
use wire::Rtype;
use wire::text::print_char_string;

/// A value in its form; text that is no data of its type stays as it is, without spaces around it.
pub(crate) fn canonical(rtype: Rtype, text: &str) -> Box<str> {
    let single = Endpoint::new("", rtype, [text]);
    let Ok(rdatas) = data::rdatas(&single) else {
        return text.trim().into();
    };
    let Some(rdata) = rdatas.first() else {
        return text.trim().into();
    };
    let mut text = data::target(rtype, rdata);
    if holds_names(rtype) {
        text.make_ascii_lowercase();
    }
    text.into()
}

/// Whether all letters in the data are those of names.
fn holds_names(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::DNAME | Rtype::MX | Rtype::NS | Rtype::PTR | Rtype::SRV
    )
}

/// Whether the last word is a name, which some APIs want without the dot at its end.
pub(super) fn ends_in_name(rtype: Rtype) -> bool {
    holds_names(rtype)
}

/// The strings of a TXT value, as bytes.
pub(crate) fn strings(value: &str) -> Vec<Vec<u8>> {
    let single = Endpoint::new("", Rtype::TXT, [value]);
    let rdata = data::rdatas(&single).ok().and_then(|mut all| all.pop());
    let mut rest = rdata.as_deref().unwrap_or_default();
    let mut strings = Vec::new();
    while let Some((&length, tail)) = rest.split_first() {
        let Some((string, tail)) = tail.split_at_checked(length.into()) else {
            break;
        };
        strings.push(string.to_vec());
        rest = tail;
    }
    strings
}

/// The text of a TXT value, its strings put together; none if it is not UTF-8.
pub(crate) fn plain(value: &str) -> Option<String> {
    String::from_utf8(strings(value).concat()).ok()
}

/// The TXT value of a text.
pub(crate) fn of_plain(text: &str) -> Box<str> {
    of_strings([text.as_bytes()])
}

/// The TXT value of some strings, which may be longer than 255 bytes.
pub(crate) fn of_strings<T: AsRef<[u8]>>(strings: impl IntoIterator<Item = T>) -> Box<str> {
    let mut text = String::new();
    for string in strings {
        if !text.is_empty() {
            text.push(' ');
        }
        // Printing into a String does not end early.
        let _whole = print_char_string(string.as_ref(), &mut text).is_ok();
    }
    canonical(Rtype::TXT, &text)
}

/// A TXT value as quoted strings of at most 255 bytes each, as in a zone file.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::new();
    for string in strings(value) {
        if !text.is_empty() {
            text.push(' ');
        }
        let _whole = print_char_string(&string, &mut text).is_ok();
    }
    text
}

/// The words of a value, those in quotes without them.
pub(crate) fn words(value: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = value.trim();
    while !rest.is_empty() {
        let (word, tail) = match rest.strip_prefix('"') {
            Some(open) => {
                let at = end_of_quote(open);
                let (word, tail) = open.split_at_checked(at).unwrap_or((open, ""));
                (word, tail.strip_prefix('"').unwrap_or(tail))
            }
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word);
        rest = tail.trim_start();
    }
    words
}

/// Where the quote ends that a text begins in.
fn end_of_quote(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_a_value_gives_one_form() {
        let long = "x".repeat(700);
        let part = |length: usize| "x".repeat(length);
        let cut = format!("\"{}\" \"{}\" \"{}\"", part(255), part(255), part(190));
        let whole = format!("\"{long}\"");
        let cases = [
            (Rtype::A, " 192.0.2.1 ", "192.0.2.1"),
            (Rtype::A, "nonsense ", "nonsense"),
            (Rtype::AAAA, "2001:DB8:0::0:1", "2001:db8::1"),
            (Rtype::CNAME, "LB.Example.ORG", "lb.example.org."),
            (Rtype::MX, "010 Mail.example.", "10 mail.example."),
            (Rtype::SRV, "0 0 0 .", "0 0 0 ."),
            (Rtype::TXT, "v=spf1  -all", "\"v=spf1  -all\""),
            (Rtype::TXT, "\"A\" \"b\"", "\"A\" \"b\""),
            (Rtype::TXT, &long, &whole),
            (Rtype::TXT, &cut, &whole),
        ];
        for (rtype, text, expected) in cases {
            assert_eq!(&*canonical(rtype, text), expected, "{text}");
            assert_eq!(&*canonical(rtype, expected), expected, "{text} twice");
        }
    }

    #[test]
    fn text_goes_to_bytes_and_back() {
        let long = "ü".repeat(400);
        for text in [
            "",
            "a",
            "say \"hi\"",
            "back\\slash",
            " edge ",
            "漢字",
            &long,
        ] {
            let value = of_plain(text);
            assert_eq!(plain(&value).as_deref(), Some(text));
            assert_eq!(canonical(Rtype::TXT, &quoted(&value)), value, "{text}");
            assert!(strings(&value).iter().all(|string| string.len() <= 255));
        }
        assert_eq!(plain("\"\\255\""), None);
        assert_eq!(&*of_strings(["a", "b"]), "\"a\" \"b\"");
    }

    #[test]
    fn words_keep_what_is_quoted_together() {
        let cases: [(&str, &[&str]); 3] = [
            ("10 mail.example.", &["10", "mail.example."]),
            (
                "0 issue \"ca.example; a=b\"",
                &["0", "issue", "ca.example; a=b"],
            ),
            ("1 \"a\\\" b\" c", &["1", "a\\\" b", "c"]),
        ];
        for (value, expected) in cases {
            assert_eq!(words(value), expected);
        }
    }
}
