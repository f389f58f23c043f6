//! What the YAML reader says, in words for people who write settings.
//!
//! The reader's messages speak of its own types. The usual mistakes are told in our words; what is
//! rare is passed on as it is.

/// What to say instead of a message of the reader, and what to do about it.
pub(super) fn explain(message: &str) -> (String, &'static str) {
    // The message repeats the place; ours stands before it already. The rest is for programmers.
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text);
    let message = message
        .split_once(", set ")
        .map_or(message, |(text, _)| text);
    if let Some((_, ours, hint)) = KNOWN
        .iter()
        .find(|(theirs, ..)| message.starts_with(theirs))
    {
        return ((*ours).to_owned(), hint);
    }
    if let Some(key) = message.strip_prefix("duplicate mapping key: ") {
        return (format!("\"{key}\" stands here a second time"), ONE_LIST);
    }
    if let Some(text) = message.strip_prefix("invalid type: ")
        && let Some((found, expected)) = text.split_once(", expected ")
    {
        return (format!("{}; expected {expected}", kind(found)), "");
    }
    if let Some((key, known)) = message
        .strip_prefix("unknown field `")
        .and_then(|text| text.split_once("`, expected "))
    {
        let known = known.trim_start_matches("one of ").replace('`', "");
        return (
            format!("\"{key}\" is no key here; expected one of {known}"),
            "",
        );
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return (format!("{} is missing here", key.replace('`', "\"")), "");
    }
    if let Some(character) = message.strip_prefix("unexpected character: ") {
        let character = character.strip_prefix(['`', '\'']).unwrap_or(character);
        let character = character.strip_suffix('\'').unwrap_or(character);
        return (format!("{character} cannot begin a value"), QUOTES);
    }
    (format!("this is not YAML: {message}"), "")
}

/// A kind of value as the reader names it.
fn kind(found: &str) -> String {
    match found {
        "map" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" | "null" => "nothing".to_owned(),
        found => {
            let value = found.split_once(' ').map_or(found, |(_, value)| value);
            value.trim_matches('`').to_owned()
        }
    }
}

const QUOTES: &str = "put a text with special characters in quotes";
const ONE_LIST: &str = "several values of one setting are a list, such as [a, b]";

/// The beginning of a message, our words, what to do.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "alias references unknown anchor",
        "* begins a reference, and nothing has that name",
        QUOTES,
    ),
    (
        "cannot deserialize null",
        "nothing; expected one value",
        "write the value behind the colon, or leave the key out",
    ),
    (
        "cannot deserialize tagged",
        "a tag, which begins with !; expected one value",
        QUOTES,
    ),
    (
        "expected mapping start",
        "something else; expected a map, in lines such as key: value",
        "each key stands on a line of its own, with a colon behind it",
    ),
    (
        "expected sequence start",
        "no list; expected one, of lines that begin with a hyphen",
        "write a list as: [a, b], or each item on a line that begins with a hyphen",
    ),
    (
        "expected string scalar",
        "a list or a map; expected one value",
        "write the value behind the colon, without brackets or hyphen",
    ),
    (
        "invalid indentation in multiline quoted scalar",
        "a text in quotes that goes on in the first column",
        "indent it, or close the quote",
    ),
    (
        "mapping values are not allowed",
        "a colon where no key can stand",
        "indent keys of one map alike, and put a text with a colon and a blank in quotes",
    ),
    ("misplaced bracket", "a bracket that closes nothing", QUOTES),
    (
        "multiple YAML documents",
        "a second document; expected one",
        "leave out the line ---",
    ),
    (
        "simple key expected",
        "a key without a value",
        "a setting is written as key: value, with a blank behind the colon",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_in_our_words() {
        let said = [
            "invalid type: map, expected a text or a list of texts at line 2, column 9",
            "invalid type: string \"x\", expected a zone",
            "invalid type: integer `5`, expected a list",
            "unknown field `nam`, expected one of `name`, `file`",
            "missing field `file` at line 3, column 3",
            "unexpected character: `%'",
            "duplicate mapping key: zone-dir",
            "cannot deserialize null into string; use Option<String>",
            "while parsing a flow, found something",
        ]
        .map(|message| explain(message).0);
        insta::assert_snapshot!(said.join("\n"), @r#"
        a map; expected a text or a list of texts
        "x"; expected a zone
        5; expected a list
        "nam" is no key here; expected one of name, file
        "file" is missing here
        % cannot begin a value
        "zone-dir" stands here a second time
        nothing; expected one value
        this is not YAML: while parsing a flow, found something
        "#);
    }
}
