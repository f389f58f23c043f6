//! What serde reads before anything is trimmed: texts borrowed from the input where possible.
//!
//! `null` stands for nothing everywhere, as it does for Go.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::Kind;

/// An object could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is not the JSON of such an object.
    #[error("{} is not as its API says", kind.name())]
    Json {
        /// What it should have been.
        kind: Kind,
        /// What the reader met.
        #[source]
        source: serde_json::Error,
    },
    /// It has no name, so nothing can be said of it.
    #[error("{} has no name in its metadata", kind.name())]
    Unnamed {
        /// What it should have been.
        kind: Kind,
    },
    /// It is of a kind that is read as a value only.
    #[error("an object of a kind chosen by settings needs its resource")]
    Dynamic,
}

/// A text, borrowed from the input if it has no escapes there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a>(pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for Box<str> {
    fn from(text: Text<'_>) -> Self {
        text.0.into()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// A map of texts.
#[derive(Clone, Debug, Default)]
pub struct RawPairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl RawPairs<'_> {
    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(other, _)| **other == *key)?;
        Some(&found.1)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawPairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = RawPairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawPairs(pairs))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(RawPairs::default())
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// The metadata of any object.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawMeta<'a> {
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The namespace.
    #[serde(borrow)]
    pub namespace: Text<'a>,
    /// The identity.
    #[serde(borrow)]
    pub uid: Text<'a>,
    /// When it was made.
    #[serde(borrow)]
    pub creation_timestamp: Text<'a>,
    /// When it was asked to go. Go writes a time of zero as `null`, so that the key is there says
    /// it all.
    #[serde(borrow, deserialize_with = "present")]
    pub deletion_timestamp: Option<Text<'a>>,
    /// Counts changes of the specification.
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    /// The labels.
    #[serde(borrow)]
    pub labels: RawPairs<'a>,
    /// The annotations.
    #[serde(borrow)]
    pub annotations: RawPairs<'a>,
}

/// Reads a field that may be `null`, which then is its default.
///
/// # Errors
///
/// What the reader of the field says.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a field that is there, even if it is `null`.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
