//! Bytes of a response body → documents, one at a time, so that no list is ever held whole.
//!
//! A watch answers with one JSON document a line. A list answers with one document whose `items`
//! may be a hundred megabytes: [`Items`] hands over each item as it comes and keeps only what is
//! around them.

use memchr::{memchr, memchr2, memchr3};

/// No object of the API is larger: etcd takes 1.5 MiB, and a proxy may pretty-print.
const MAX_DOCUMENT: usize = 16 << 20;

/// What came is not what a list or a watch looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A single object is larger than any that the API stores.
    #[error("an object of more than 16 MiB")]
    TooLarge,
    /// The text of a list is not as lists are.
    #[error("text that is no list of objects")]
    NoList,
    /// The body ended before its text did.
    #[error("the answer ended in the middle")]
    CutOff,
}

/// Splits a body into lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The begin of a line whose end has not come.
    rest: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes; calls `each` for every whole line that is not empty.
    pub(crate) fn feed<E: From<FrameError>>(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.rest.is_empty() {
                if !line.is_empty() {
                    each(line)?;
                }
            } else {
                self.rest.extend_from_slice(line);
                let whole = std::mem::take(&mut self.rest);
                each(&whole)?;
            }
        }
        if self.rest.len() + bytes.len() > MAX_DOCUMENT {
            return Err(FrameError::TooLarge.into());
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }
}

/// Splits a list into its items.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// The list without what is in its `items`.
    frame: Vec<u8>,
    /// The begin of an item whose end has not come.
    item: Vec<u8>,
    at: At,
    /// Brackets open around here; of an item, those within it.
    depth: usize,
    text: Text,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Frame,
    /// Between items.
    Between,
    Item,
}

/// Where in a JSON text the bytes so far end.
#[derive(Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Plain,
    Quoted,
    /// After a backslash in quotes.
    Escaped,
}

impl Items {
    /// Takes the next bytes; calls `each` for every whole item.
    pub(crate) fn feed<E: From<FrameError>>(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            bytes = match self.at {
                At::Frame => self.frame_until_items(bytes)?,
                At::Between => self.between(bytes)?,
                At::Item => {
                    let (taken, whole) = self.scan(bytes);
                    let (part, rest) = bytes.split_at(taken);
                    if self.item.len() + part.len() > MAX_DOCUMENT {
                        return Err(FrameError::TooLarge.into());
                    }
                    if !whole {
                        self.item.extend_from_slice(part);
                    } else if self.item.is_empty() {
                        self.at = At::Between;
                        each(part)?;
                    } else {
                        self.item.extend_from_slice(part);
                        self.at = At::Between;
                        let item = std::mem::take(&mut self.item);
                        each(&item)?;
                        // The room is good for the next one that comes in pieces.
                        self.item = item;
                        self.item.clear();
                    }
                    rest
                }
            };
        }
        Ok(())
    }

    /// The list without its items, once all of it came.
    pub(crate) fn finish(self) -> Result<Vec<u8>, FrameError> {
        if self.at == At::Frame && self.text == Text::Plain && self.depth == 0 {
            Ok(self.frame)
        } else {
            Err(FrameError::CutOff)
        }
    }

    /// Copies bytes of the frame, up to the bracket that opens the items.
    fn frame_until_items<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], FrameError> {
        for (at, &byte) in bytes.iter().enumerate() {
            self.frame.push(byte);
            if self.frame.len() > MAX_DOCUMENT {
                return Err(FrameError::TooLarge);
            }
            match (&self.text, byte) {
                (Text::Escaped, _) => self.text = Text::Quoted,
                (Text::Quoted, b'\\') => self.text = Text::Escaped,
                (Text::Quoted, b'"') => self.text = Text::Plain,
                (Text::Quoted, _) => {}
                (Text::Plain, b'"') => self.text = Text::Quoted,
                (Text::Plain, b'{' | b'[') => {
                    self.depth += 1;
                    if self.depth == 2 && byte == b'[' && self.ends_in_items() {
                        self.depth = 0;
                        self.at = At::Between;
                        return Ok(bytes.get(at + 1..).unwrap_or_default());
                    }
                }
                (Text::Plain, b'}' | b']') => {
                    self.depth = self.depth.checked_sub(1).ok_or(FrameError::NoList)?;
                }
                (Text::Plain, _) => {}
            }
        }
        Ok(&[])
    }

    /// Whether the frame ends in the key of the items and the bracket.
    fn ends_in_items(&self) -> bool {
        let before = self
            .frame
            .strip_suffix(b"[")
            .unwrap_or_default()
            .trim_ascii_end();
        let Some(key) = before.strip_suffix(b":") else {
            return false;
        };
        key.trim_ascii_end().ends_with(b"\"items\"")
    }

    fn between<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], FrameError> {
        let Some(at) = bytes.iter().position(|byte| !b" \t\r\n,".contains(byte)) else {
            return Ok(&[]);
        };
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.first() {
            Some(b'{') => {
                self.at = At::Item;
                Ok(rest)
            }
            Some(b']') => {
                self.at = At::Frame;
                self.depth = 1;
                self.frame.push(b']');
                Ok(rest.get(1..).unwrap_or_default())
            }
            _ => Err(FrameError::NoList),
        }
    }

    /// How many bytes belong to the item, and whether it is whole with them.
    fn scan(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match self.text {
                Text::Escaped => {
                    self.text = Text::Quoted;
                    at += 1;
                }
                Text::Quoted => {
                    let Some(found) = memchr2(b'"', b'\\', rest) else {
                        return (bytes.len(), false);
                    };
                    self.text = if rest.get(found) == Some(&b'"') {
                        Text::Plain
                    } else {
                        Text::Escaped
                    };
                    at += found + 1;
                }
                Text::Plain => {
                    // Brackets of arrays need no count: they close before the object around them.
                    let Some(found) = memchr3(b'"', b'{', b'}', rest) else {
                        return (bytes.len(), false);
                    };
                    at += found + 1;
                    match rest.get(found) {
                        Some(b'"') => self.text = Text::Quoted,
                        Some(b'{') => self.depth += 1,
                        _ => {
                            self.depth -= 1;
                            if self.depth == 0 {
                                return (at, true);
                            }
                        }
                    }
                }
            }
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a text in pieces of every size; all must give the same.
    fn items(text: &str) -> Result<(Vec<String>, String), FrameError> {
        let mut results = Vec::new();
        for size in 1..=text.len() {
            let mut items = Items::default();
            let mut found = Vec::new();
            let mut feed = || -> Result<(), FrameError> {
                for piece in text.as_bytes().chunks(size) {
                    items.feed(piece, |item| {
                        found.push(String::from_utf8_lossy(item).into_owned());
                        Ok::<(), FrameError>(())
                    })?;
                }
                Ok(())
            };
            let fed = feed();
            results.push(
                fed.and_then(|()| items.finish())
                    .map(|frame| (found, String::from_utf8_lossy(&frame).into_owned())),
            );
        }
        let first = results.first().cloned().unwrap_or(Err(FrameError::CutOff));
        assert!(
            results.iter().all(|result| *result == first),
            "sizes differ: {text}"
        );
        first
    }

    #[test]
    fn items_come_one_by_one_whatever_the_pieces() {
        let text = r#"{"kind":"ServiceList","metadata":{"items":[1],"resourceVersion":"7"},"items": [ {"a":"}\"{"},
            {"b":{"items":[{}]}} ],"x":[2]}"#;
        let (found, frame) = items(text).unwrap();
        assert_eq!(found, [r#"{"a":"}\"{"}"#, r#"{"b":{"items":[{}]}}"#]);
        assert_eq!(
            frame,
            r#"{"kind":"ServiceList","metadata":{"items":[1],"resourceVersion":"7"},"items": [],"x":[2]}"#
        );
    }

    #[test]
    fn empty_and_null_lists_have_no_items() {
        for text in [r#"{"items":[]}"#, r#"{"items":null}"#, r#"{"metadata":{}}"#] {
            assert_eq!(items(text).unwrap().0, Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn half_a_list_is_no_list() {
        for text in [
            r#"{"items":[{"a":1}"#,
            r#"{"items":[{"a":1}]"#,
            r#"{"items":[{"a"#,
        ] {
            assert_eq!(items(text), Err(FrameError::CutOff), "{text}");
        }
        assert_eq!(items(r#"{"items":[7]}"#), Err(FrameError::NoList));
    }

    #[test]
    fn lines_come_whole_whatever_the_pieces() {
        let text = "one\n\ntwo\nthree";
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                lines
                    .feed(piece, |line| {
                        found.push(String::from_utf8_lossy(line).into_owned());
                        Ok::<(), FrameError>(())
                    })
                    .unwrap();
            }
            assert_eq!(found, ["one", "two"], "pieces of {size}");
        }
    }
}
