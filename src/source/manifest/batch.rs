//! The objects of one document, and what is wrong with it.

use std::collections::BTreeMap;

use super::json::Json;
use super::node::{Content, Node, Span};
use super::report::Severity;
use super::say::quote;
use crate::object::{DecodeError, Dynamic, Kind, Object, Trim};

/// What is looked for in documents.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) kinds: &'a [Kind],
    /// Kinds chosen by settings.
    pub(super) dynamics: &'a [Dynamic],
    pub(super) trim: &'a Trim,
}

impl Wanted<'_> {
    fn wants(&self, kind: Kind, typed: &Typed) -> bool {
        let mut dynamics = self.dynamics.iter();
        self.kinds.contains(&kind)
            && (kind != Kind::Unstructured
                || dynamics.any(|dynamic| dynamic.names(&typed.api_version, &typed.kind)))
    }
}

/// What one document holds.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) objects: Vec<(Object, Span)>,
    pub(super) found: Vec<Found>,
    /// How many objects were left out, by version and kind.
    pub(super) skipped: BTreeMap<String, usize>,
}

/// A mistake, by its place in the document.
pub(super) struct Found {
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) span: Span,
}

impl Batch {
    /// Reads a document. `json` is room to work in.
    pub(super) fn of(root: &mut Node, wanted: Wanted<'_>, json: &mut Json) -> Self {
        let mut batch = Self::default();
        batch.object(root, None, wanted, json);
        batch
    }

    fn object(
        &mut self,
        node: &mut Node,
        list: Option<&Typed>,
        wanted: Wanted<'_>,
        json: &mut Json,
    ) {
        if node.is_null() {
            return;
        }
        if node.map().is_none() {
            let message = format!("{}; expected an object of Kubernetes", node.sort());
            let hint = "an object is a map with apiVersion, kind and metadata";
            return self.error(node.span, message, Some(hint.to_owned()));
        }
        let Some(typed) = self.typed(node, list) else {
            return;
        };
        if let Some(member) = typed.member()
            && matches!(node.field("items"), Some(items) if items.list().is_some() || items.is_null())
        {
            let Content::Map(entries) = &mut node.content else {
                return;
            };
            let items = entries.iter_mut().find(|(key, _)| key == "items");
            if let Some((
                _,
                Node {
                    content: Content::List(items),
                    ..
                },
            )) = items
            {
                for item in items {
                    self.object(item, member.as_ref(), wanted, json);
                }
            }
            return;
        }
        let known = Kind::named(&typed.api_version, &typed.kind);
        let mut found = false;
        for kind in known.into_iter().chain([Kind::Unstructured]) {
            if wanted.wants(kind, &typed) {
                self.known(node, kind, wanted.trim, json);
                found = true;
            }
        }
        match (found, known) {
            (true, _) => {}
            (false, Some(_)) => self.skip(&typed),
            (false, None) => self.stranger(node, &typed, wanted),
        }
    }

    /// An object of a kind that is read.
    fn known(&mut self, node: &mut Node, kind: Kind, trim: &Trim, json: &mut Json) {
        let span = node.span;
        let Some(name) = self.placed(node, kind) else {
            return;
        };
        json.write(node);
        match kind.decode(&json.text, trim) {
            Ok(object) => self.objects.push((object, span)),
            Err(DecodeError::Json { source, .. }) => {
                // For templates an object is read through values, which know no places.
                let again = kind.decode(&json.text, &Trim::default());
                let place = match (source.column(), again) {
                    (0, Err(DecodeError::Json { source, .. })) => json.place(&source),
                    _ => json.place(&source),
                };
                let (message, hint) = reworded(&source);
                let message = format!("{} {}: {message}", kind.name(), quote(&name));
                self.error(place, message, hint);
            }
            Err(error) => self.error(span, error.to_string(), None),
        }
    }

    /// Sees that an object has a name, and a namespace if its kind has; says the name.
    fn placed(&mut self, node: &mut Node, kind: Kind) -> Option<String> {
        let span = node.span;
        let Content::Map(entries) = &mut node.content else {
            return None;
        };
        let metadata = entries.iter_mut().find(|(key, _)| key == "metadata");
        let Some((
            _,
            Node {
                content: Content::Map(metadata),
                span: place,
            },
        )) = metadata
        else {
            let message = format!("{} without metadata", kind.name());
            self.error(span, message, Some(NAME_IT.to_owned()));
            return None;
        };
        let text = |key: &str| {
            let entry = metadata.iter().find(|(other, _)| other == key);
            entry.map(|(_, value)| value)
        };
        let name = match text("name").map(|name| (name.text(), name)) {
            Some((Some(name), _)) if !name.is_empty() => name.to_owned(),
            Some((None, other)) if !other.is_null() => {
                let message = format!("name of {} is {}", article(kind.name()), other.sort());
                self.error(other.span, message, Some(QUOTE_IT.to_owned()));
                return None;
            }
            _ => {
                let hint = match text("generateName") {
                    Some(_) => "only a cluster makes names of generateName; give it a name",
                    None => NAME_IT,
                };
                let message = format!("{} without a name", kind.name());
                self.error(*place, message, Some(hint.to_owned()));
                return None;
            }
        };
        let empty = text("namespace").is_none_or(|namespace| namespace.text() == Some(""));
        if empty || !kind.namespaced() {
            metadata.retain(|(key, _)| key != "namespace");
        }
        if empty && kind.namespaced() {
            let content = Content::Text(DEFAULT_NAMESPACE.to_owned());
            metadata.push(("namespace".to_owned(), Node { span, content }));
        }
        Some(name)
    }

    /// The version and kind of an object. An item of a typed list may leave them to the list.
    fn typed(&mut self, node: &Node, list: Option<&Typed>) -> Option<Typed> {
        let mut word = |key: &str| match node.field(key) {
            None => Ok(None),
            Some(value) if value.is_null() => Ok(None),
            Some(value) => match value.text() {
                Some(text) => Ok(Some(text.to_owned())),
                None => {
                    let message = format!("{key} is {}; expected a text", value.sort());
                    self.error(value.span, message, None);
                    Err(())
                }
            },
        };
        let (api_version, kind) = (word("apiVersion").ok()?, word("kind").ok()?);
        match (api_version, kind, list) {
            (Some(api_version), Some(kind), _) => Some(Typed { api_version, kind }),
            (None, None, Some(list)) => Some(list.clone()),
            (None, None, None) => {
                let message = "a map without apiVersion and kind is no object of Kubernetes";
                self.found.push(Found {
                    severity: Severity::Warning,
                    message: message.to_owned(),
                    hint: Some(
                        "keep other files elsewhere, or let their names begin with a dot"
                            .to_owned(),
                    ),
                    span: node.span,
                });
                None
            }
            (Some(_), None, _) => {
                let hint = "add a kind, such as \"kind: Service\"".to_owned();
                self.error(node.span, "object without a kind".to_owned(), Some(hint));
                None
            }
            (None, Some(kind), _) => {
                let known = Kind::ALL.iter().find(|known| known.name() == kind);
                let hint =
                    known.map(|known| format!("add \"apiVersion: {}\"", known.api_version()));
                let message = format!("{} without an apiVersion", quote(&kind));
                self.error(node.span, message, hint);
                None
            }
        }
    }

    /// An object of a kind that is not in the table: one of many, or one that was mistyped.
    fn stranger(&mut self, node: &Node, typed: &Typed, wanted: Wanted<'_>) {
        let group = |version: &str| version.rsplit_once('/').map(|(group, _)| group.to_owned());
        let near = wanted.kinds.iter().find(|kind| {
            let same_group = group(kind.api_version()) == group(&typed.api_version);
            same_group && kind.name().eq_ignore_ascii_case(&typed.kind)
        });
        let Some(near) = near else {
            return self.skip(typed);
        };
        if near.name() == typed.kind {
            let span = node
                .field("apiVersion")
                .map_or(node.span, |version| version.span);
            let message = format!(
                "{} of version {} is not read",
                typed.kind,
                quote(&typed.api_version)
            );
            let hint = format!(
                "write \"apiVersion: {}\"",
                near.versions().join("\" or \"apiVersion: ")
            );
            return self.error(span, message, Some(hint));
        }
        let span = node.field("kind").map_or(node.span, |kind| kind.span);
        let message = format!("there is no kind {}", quote(&typed.kind));
        self.error(
            span,
            message,
            Some(format!("did you mean {}?", near.name())),
        );
    }

    fn skip(&mut self, typed: &Typed) {
        let name = format!("{} {}", typed.api_version, typed.kind);
        *self.skipped.entry(name).or_default() += 1;
    }

    fn error(&mut self, span: Span, message: String, hint: Option<String>) {
        self.found.push(Found {
            severity: Severity::Error,
            message,
            hint,
            span,
        });
    }
}

/// The version and kind of an object.
#[derive(Clone)]
struct Typed {
    api_version: String,
    kind: String,
}

impl Typed {
    /// If this is a list: what its items are, where they don't say.
    #[expect(
        clippy::option_option,
        reason = "a list may leave it open what its items are"
    )]
    fn member(&self) -> Option<Option<Self>> {
        let kind = self.kind.strip_suffix("List")?;
        if kind.is_empty() {
            return Some(None);
        }
        let (api_version, kind) = (self.api_version.clone(), kind.to_owned());
        Some(Some(Self { api_version, kind }))
    }
}

/// What a reader of JSON says, for people who write YAML.
fn reworded(error: &serde_json::Error) -> (String, Option<String>) {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    let Some((found, expected)) = (text.strip_prefix("invalid type: "))
        .or_else(|| text.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    else {
        return (text.to_owned(), None);
    };
    let sort = found.split([' ', '`']).next().unwrap_or_default();
    let scalar = matches!(sort, "boolean" | "floating" | "integer" | "string");
    let found = match sort {
        "map" => "a map",
        "null" | "unit" => "nothing",
        "sequence" => "a list",
        "floating" => found.trim_start_matches("floating point"),
        _ => found.trim_start_matches(sort),
    };
    let found = found.trim_matches([' ', '`']);
    let expected = match expected {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a string" | "a borrowed string" => "a text",
        "i32" | "i64" | "u16" | "u32" | "u64" | "u8" => "a number",
        other if other.starts_with("struct ") => "a map",
        other => other,
    };
    let hint = match expected {
        "a text" if scalar => Some(QUOTE_IT),
        "a list" if scalar => Some("begin each entry of a list with \"- \", or write [a, b]"),
        _ => None,
    };
    let message = format!("{found} stands where {expected} is expected");
    (message, hint.map(str::to_owned))
}

/// A word with its article.
fn article(word: &str) -> String {
    let vowel = word.starts_with(['A', 'E', 'I', 'O']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

const DEFAULT_NAMESPACE: &str = "default";
const NAME_IT: &str = "each object needs \"metadata:\" with a \"name:\" under it";
const QUOTE_IT: &str = "put quotes around it";
