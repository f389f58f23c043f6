//! What every object has: its key, its identity and the pairs that are read.

use std::fmt;
use std::sync::Arc;

use plan::ObjectRef;

use super::{Keep, Key, Kind, Pairs, RawMeta, Trim, time};

/// The metadata of an object, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Namespace and name.
    pub key: Key,
    /// The identity that the API server gave it.
    pub uid: Uid,
    /// When it was made, in seconds since 1970; 0 if it does not say.
    pub created: i64,
    /// The labels that are read.
    pub labels: Pairs,
    /// The annotations that are read.
    pub annotations: Pairs,
    /// The whole object, masked to what the templates in use read. Only with templates.
    pub whole: Option<Box<serde_json::Value>>,
}

impl Meta {
    /// Keeps what is read of the metadata of an object of this kind.
    #[must_use]
    pub fn new(raw: &RawMeta<'_>, labels: Keep, trim: &Trim) -> Self {
        let annotations = raw.annotations.0.iter();
        let labels = (raw.labels.0.iter()).filter(|(key, _)| trim.keeps_label(labels, key));
        Self {
            key: Key::new(&raw.namespace, &raw.name),
            uid: Uid::new(&raw.uid),
            created: time::seconds(&raw.creation_timestamp).unwrap_or_default(),
            labels: Pairs::new(labels.map(|(key, value)| (key, value))),
            annotations: Pairs::new(
                annotations
                    .filter(|(key, _)| trim.keeps_annotation(key))
                    .map(|(key, value)| (key, value)),
            ),
            whole: None,
        }
    }

    /// Names the object for Events and explanations.
    #[must_use]
    pub fn reference(&self, kind: Kind) -> Arc<ObjectRef> {
        Arc::new(ObjectRef {
            kind: kind.name(),
            api_version: kind.api_version(),
            namespace: self.key.namespace().into(),
            name: self.key.name().into(),
            uid: self.uid.to_string().into(),
            created: self.created,
        })
    }
}

/// The identity of an object. Nearly all are UUIDs, which take sixteen bytes and no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Uid {
    /// It has none: it does not come from an API server.
    #[default]
    None,
    /// A UUID in lower case.
    Uuid([u8; 16]),
    /// Anything else.
    Text(Box<str>),
}

impl Uid {
    /// Reads an identity.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self::None;
        }
        match uuid(text) {
            Some(bytes) => Self::Uuid(bytes),
            None => Self::Text(text.into()),
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Uuid(bytes) => {
                let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                let (mut text, mut end) = ([b'-'; 36], 0);
                for (at, byte) in bytes.iter().enumerate() {
                    end += usize::from(DASHES.contains(&at));
                    for nibble in [byte >> 4, byte & 0xf] {
                        if let Some(place) = text.get_mut(end) {
                            *place = u8::try_from(digit(nibble)).unwrap_or(b'0');
                        }
                        end += 1;
                    }
                }
                // Whole: one call, since each object's identity is written once a sync.
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
    }
}

/// Bytes of a UUID that a dash stands before.
const DASHES: [usize; 4] = [4, 6, 8, 10];

fn uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut bytes = [0; 16];
    let mut rest = text.bytes();
    for (at, byte) in bytes.iter_mut().enumerate() {
        if DASHES.contains(&at) && rest.next() != Some(b'-') {
            return None;
        }
        *byte = nibble(rest.next()?)? << 4 | nibble(rest.next()?)?;
    }
    Some(bytes)
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        // Only lower case, so that the text comes back as it was.
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Uid;

    #[test]
    fn identities_come_back_as_they_were() {
        for text in [
            "",
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            "0F8FAD5B-D9CB-469F-A165-70867728950E",
            "0f8fad5bxd9cb-469f-a165-70867728950e",
            "something else",
            "é-d9cb-469f-a165-70867728950e1234567",
        ] {
            assert_eq!(Uid::new(text).to_string(), text);
        }
        assert!(matches!(
            Uid::new("0f8fad5b-d9cb-469f-a165-70867728950e"),
            Uid::Uuid(_)
        ));
    }
}
