//! What a text can have against it that should be YAML.

use serde_saphyr::granit_parser::ScanError;

/// Why a document is no tree of values.
#[derive(Debug)]
pub(super) enum Fault {
    /// An anchor is used inside of itself.
    AliasInItself,
    /// Aliases make more of the document than [`MAX_NODES`](super::compose::MAX_NODES) values.
    AliasesTooMany,
    /// A key is given twice.
    KeyTwice(String),
    /// A key is a list or a map.
    KeyNoText,
    /// `<<` holds something else than maps.
    MergeNoMap,
    /// Lists and maps in each other, deeper than is read.
    TooDeep,
    /// A number that JSON cannot hold.
    NumberWithoutEnd,
    /// The text is no YAML.
    Syntax(ScanError),
}
