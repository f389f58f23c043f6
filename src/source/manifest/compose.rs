//! The events of the YAML parser → a tree, anchors and merges put in place.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span as Range, options};

use super::fault::Fault;
use super::node::{Content, Node, Span};
use super::scalar::scalar;

/// The tree of one document.
pub(super) fn compose(text: &str) -> Result<Node, (Fault, Span)> {
    let mut composer = Composer::default();
    for event in Parser::new_from_str_with_options(text, parser_options()) {
        let (event, range) = event.map_err(|error| {
            let at = narrow(error.marker().byte_offset());
            let span = Span {
                start: at,
                end: at.saturating_add(1),
            };
            (Fault::Syntax(error), span)
        })?;
        let span = span_of(&range);
        composer.take(event, span).map_err(|fault| match fault {
            Place::Here(fault) => (fault, span),
            Place::There(fault, span) => (fault, span),
        })?;
    }
    Ok(composer.root.unwrap_or_else(|| Node {
        span: Span::default(),
        content: Content::Null,
    }))
}

fn parser_options() -> Options {
    options! { emit_comments: false }
}

fn span_of(range: &Range) -> Span {
    Span {
        start: narrow(range.start.byte_offset()),
        end: narrow(range.end.byte_offset()),
    }
}

/// Files are far smaller than 4 GiB.
fn narrow(offset: Option<usize>) -> u32 {
    u32::try_from(offset.unwrap_or_default()).unwrap_or(u32::MAX)
}

/// A fault at the event at hand, or at another place.
enum Place {
    Here(Fault),
    There(Fault, Span),
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<String>,
    /// Whether that key is `<<`.
    merges: bool,
    /// Maps to be merged in, in their order.
    merged: Vec<Node>,
}

#[derive(Default)]
struct Composer {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    /// How many values aliases have added.
    copied: usize,
    root: Option<Node>,
}

impl Composer {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Place> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.waits_for_key() {
                    let plain = matches!(style, ScalarStyle::Plain);
                    return self.key(text.into_owned(), plain);
                }
                let content =
                    scalar(text.into_owned(), style, tag.as_deref()).map_err(Place::Here)?;
                self.put(Node { span, content }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Content::List(Vec::new()), span, anchor)
            }
            Event::MappingStart(_, anchor, _) => self.open(Content::Map(Vec::new()), span, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(Place::Here(Fault::AliasInItself));
                };
                let node = node.clone();
                self.copied += size(&node);
                if self.copied > MAX_NODES {
                    return Err(Place::Here(Fault::AliasesTooMany));
                }
                if self.waits_for_key() {
                    let Content::Text(text) = node.content else {
                        return Err(Place::Here(Fault::KeyNoText));
                    };
                    return self.key(text, false);
                }
                self.put(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn waits_for_key(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| open.key.is_none() && matches!(open.node.content, Content::Map(_)))
    }

    fn key(&mut self, key: String, plain: bool) -> Result<(), Place> {
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        if open.node.field(&key).is_some() {
            return Err(Place::Here(Fault::KeyTwice(key)));
        }
        open.merges = plain && key == MERGE;
        open.key = Some(key);
        Ok(())
    }

    fn open(&mut self, content: Content, span: Span, anchor: usize) -> Result<(), Place> {
        if self.waits_for_key() {
            return Err(Place::Here(Fault::KeyNoText));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Place::Here(Fault::TooDeep));
        }
        self.open.push(Open {
            node: Node { span, content },
            anchor,
            key: None,
            merges: false,
            merged: Vec::new(),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Place> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        if let Content::Map(entries) = &mut open.node.content {
            // What stands in the map itself wins, then the first of what is merged.
            for merged in open.merged {
                let Content::Map(more) = merged.content else {
                    continue;
                };
                for (key, value) in more {
                    if !entries.iter().any(|(other, _)| *other == key) {
                        entries.push((key, value));
                    }
                }
            }
        }
        self.put(open.node, open.anchor)
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Place> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match open.key.take() {
                Some(_) if open.merges => {
                    let maps = match node.content {
                        Content::List(items) => items,
                        content => vec![Node {
                            span: node.span,
                            content,
                        }],
                    };
                    if let Some(other) = maps.iter().find(|map| map.map().is_none()) {
                        return Err(Place::There(Fault::MergeNoMap, other.span));
                    }
                    open.merged.extend(maps);
                }
                Some(key) => entries.push((key, node)),
                None => {}
            },
            _ => {}
        }
        Ok(())
    }
}

/// How many values a tree holds.
fn size(node: &Node) -> usize {
    1 + match &node.content {
        Content::List(items) => items.iter().map(size).sum(),
        Content::Map(entries) => entries.iter().map(|(_, value)| size(value)).sum(),
        _ => 0,
    }
}

/// The key that stands for other maps' entries.
const MERGE: &str = "<<";

/// Lists and maps in each other. No object comes near; it bounds what a walk over a tree needs of
/// the stack.
const MAX_DEPTH: usize = 100;

/// The most values that aliases may add to a document: a few lines of them could else fill the
/// memory. They also bound how deep copies can nest.
pub(super) const MAX_NODES: usize = 100_000;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fault, compose};

    #[test]
    fn anchors_and_merges_are_put_in_place() {
        let check = |text: &str, expected: Value| {
            assert_eq!(compose(text).unwrap().to_value(), expected, "{text:?}");
        };
        check(
            "a: &x {b: 1}\nc: *x\n",
            json!({"a": {"b": 1}, "c": {"b": 1}}),
        );
        check(
            "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n",
            json!({"a": {"b": 1, "c": 2}, "d": {"c": 3, "b": 1}}),
        );
        check(
            "a: &x {b: 1}\nd: {<<: [*x, {b: 2, e: 5}]}\n",
            json!({"a": {"b": 1}, "d": {"b": 1, "e": 5}}),
        );
        check("a: &x b\n*x : 1\n", json!({"a": "b", "b": 1}));
    }

    #[test]
    fn what_is_no_tree_says_where() {
        let check = |text: &str, found: fn(&Fault) -> bool, start: u32| {
            let (fault, span) = compose(text).unwrap_err();
            assert!(found(&fault), "{text:?}: {fault:?}");
            assert_eq!(span.start, start, "{text:?}: {fault:?}");
        };
        check(
            "a: 1\nb: 2\na: 3\n",
            |fault| matches!(fault, Fault::KeyTwice(..)),
            10,
        );
        check(
            "a: &x [*x]\n",
            |fault| matches!(fault, Fault::AliasInItself),
            7,
        );
        check("? [a]\n: b\n", |fault| matches!(fault, Fault::KeyNoText), 2);
        check(
            "a: {<<: 1}\n",
            |fault| matches!(fault, Fault::MergeNoMap),
            8,
        );
        check(
            "a: .inf\n",
            |fault| matches!(fault, Fault::NumberWithoutEnd),
            3,
        );
        check("a: *x\n", |fault| matches!(fault, Fault::Syntax(_)), 3);
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        check(&deep, |fault| matches!(fault, Fault::TooDeep), 100);
        let mut bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            let aliases = [&*alias; 10].join(",");
            bomb += &format!("a{level}: &a{level} [{aliases}]\n");
        }
        let (fault, _) = compose(&bomb).unwrap_err();
        assert!(matches!(fault, Fault::AliasesTooMany));
    }
}
