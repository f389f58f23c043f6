//! A tree as JSON, for the readers of objects; what they say of the JSON is led back to the file.

use serde_json::Error;

use super::node::{Content, Node, Span};

/// A tree written as JSON.
#[derive(Debug, Default)]
pub(super) struct Json {
    pub(super) text: Vec<u8>,
    /// Where each value begins in the JSON, and where it stands in the file.
    places: Vec<(usize, Span)>,
}

impl Json {
    /// Writes a tree, in the room of what was written before.
    pub(super) fn write(&mut self, node: &Node) {
        self.text.clear();
        self.places.clear();
        self.value(node);
    }

    /// The value that a reader met last before it stopped.
    pub(super) fn place(&self, error: &Error) -> Span {
        // All is one line, and the column says how many bytes were taken: up to the value where its
        // first byte told enough, else through it. The next value begins further on.
        let taken = error.column();
        let behind = self.places.partition_point(|(start, _)| *start <= taken);
        let place = behind.checked_sub(1).and_then(|last| self.places.get(last));
        place.map_or_else(Span::default, |(_, span)| *span)
    }

    fn value(&mut self, node: &Node) {
        self.places.push((self.text.len(), node.span));
        match &node.content {
            Content::Null => self.text.extend_from_slice(b"null"),
            Content::Bool(value) => {
                let word: &[u8] = if *value { b"true" } else { b"false" };
                self.text.extend_from_slice(word);
            }
            Content::Number(number) => self.text.extend_from_slice(number.to_string().as_bytes()),
            Content::Text(text) => self.string(text),
            Content::List(items) => {
                self.text.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.text.push(b',');
                    }
                    self.value(item);
                }
                self.text.push(b']');
            }
            Content::Map(entries) => {
                self.text.push(b'{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.text.push(b',');
                    }
                    self.string(key);
                    self.text.push(b':');
                    self.value(value);
                }
                self.text.push(b'}');
            }
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push(b'"');
        for &byte in text.as_bytes() {
            match byte {
                b'"' => self.text.extend_from_slice(b"\\\""),
                b'\\' => self.text.extend_from_slice(b"\\\\"),
                0..=0x1f => self
                    .text
                    .extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.text.push(byte),
            }
        }
        self.text.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::super::compose::compose;
    use super::Json;

    #[test]
    fn what_is_written_reads_the_same() {
        let text = "a: [1, -2.5, x, ~, true, \"q\\\"\\\\\\n\\u0001é\"]\nb: {c: [], d: {}}\n";
        let node = compose(text).unwrap();
        let mut json = Json::default();
        json.write(&node);
        let read: Value = serde_json::from_slice(&json.text).unwrap();
        assert_eq!(read, node.to_value());
    }

    #[test]
    fn errors_of_readers_find_the_value() {
        #[derive(Deserialize)]
        struct Shape {
            #[serde(rename = "a")]
            _a: Vec<Inner>,
        }
        #[derive(Deserialize)]
        struct Inner {
            #[serde(rename = "b")]
            _b: u8,
        }
        for (text, expected) in [
            ("a: [{b: 1}, {b: hello}]", "hello"),
            ("a: [{b: 1}, {b: 256, c: 1}]", "256"),
            ("a: [{b: 1}, {b: [x]}]", "[x]"),
            ("a: [{b: 1}, 7]", "7"),
            ("a: {b: 1}", "{b: 1}"),
            ("z: true\na: hello", "hello"),
            ("a: [{b: 1}, {b: true}]", "true"),
            ("a: [{b: 1}, {b: null}]", "null"),
        ] {
            let node = compose(text).unwrap();
            let mut json = Json::default();
            json.write(&node);
            let error = serde_json::from_slice::<Shape>(&json.text).err().unwrap();
            let span = json.place(&error);
            let found = text.get(span.start as usize..span.end as usize);
            let start = text.get(span.start as usize..).unwrap();
            assert!(start.starts_with(expected), "{text}: {found:?}, {error}");
        }
    }
}
