//! What is wrong with a document, in words: messages and hints for faults of the YAML reader.

use serde_saphyr::granit_parser::ErrorKind;

use super::compose::MAX_NODES;
use super::fault::Fault;

/// The message and the hint for a fault. `line` is the text of the line it is on.
pub(super) fn explain(fault: &Fault, line: &str) -> (String, Option<String>) {
    let (message, hint) = match fault {
        Fault::AliasInItself => ("alias to what it is itself a part of".to_owned(), ""),
        Fault::AliasesTooMany => {
            let message = format!("aliases repeat more than {MAX_NODES} values");
            (message, "split the document")
        }
        Fault::KeyTwice(key) => {
            let message = format!("key {} stands twice in one map", quote(key));
            (message, "keep one of them; for a second value use a list")
        }
        Fault::KeyNoText => ("key that is a list or a map".to_owned(), TEMPLATE_OR_QUOTES),
        Fault::MergeNoMap => ("\"<<\" takes in maps only".to_owned(), ""),
        Fault::NumberWithoutEnd => (
            "number that JSON, and so Kubernetes, does not have".to_owned(),
            "put quotes around it if the text is meant",
        ),
        Fault::TooDeep => ("lists and maps nested too deep".to_owned(), ""),
        Fault::Syntax(error) => syntax(error.kind()),
    };
    // Charts and other templates lie about in many folders.
    let hint = if line.contains("{{") { TEMPLATE } else { hint };
    (
        message,
        Some(hint.to_owned()).filter(|hint| !hint.is_empty()),
    )
}

fn syntax(kind: &ErrorKind) -> (String, &'static str) {
    let (message, hint) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            ("tab where YAML wants spaces", "indent with spaces only")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "\":\" where no key can be",
            "the line may be indented too far; a value that holds \": \" needs quotes",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::InvalidIndentation => (
            "this is not a \"key: value\" of the map above it",
            "see how far the line is indented, and whether a \":\" is missing before it",
        ),
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::BlockSequenceEntryNotAllowed => (
            "this does not go with the list above it",
            "each entry of a list begins with \"- \", all indented alike",
        ),
        ErrorKind::UnknownAnchor => (
            "alias of a name that nothing has",
            "name a value with & before its alias; a text that begins with * needs quotes",
        ),
        ErrorKind::UnclosedQuotedScalar => ("quote that is never closed", "close it on its line"),
        ErrorKind::DocumentIndicatorInQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "the quotes opened above are still open here",
            "close them on their line, or indent what belongs into them",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text behind a closing quote",
            "put all of it into the quotes; '' is a single quote in single quotes",
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "unknown escape in double quotes",
            "write \\\\ for a backslash, or use single quotes",
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => (
            "brackets that do not go together, or a comma that is missing",
            "a text that begins with [ or { needs quotes",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!(
                "a value cannot begin with {}",
                quote(&character.to_string())
            );
            return (message, "put quotes around it");
        }
        other => return (format!("not YAML: {other}"), ""),
    };
    (message.to_owned(), hint)
}

/// A word for a message, cut off where it gets long.
pub(super) fn quote(word: &str) -> String {
    let start: String = word.chars().take(MAX_QUOTED).collect();
    let start = start.escape_debug();
    if word.chars().nth(MAX_QUOTED).is_some() {
        return format!("\"{start}…\"");
    }
    format!("\"{start}\"")
}

const TEMPLATE: &str = "this looks like a template; render it first, as with helm template";
const TEMPLATE_OR_QUOTES: &str = "a key that begins with [ or { needs quotes";

/// The most characters of a word that a message repeats.
const MAX_QUOTED: usize = 70;
