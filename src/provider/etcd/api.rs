//! The messages of the gateway: keys and values are Base64, numbers are texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Compare, Entry, Op, Pair};

/// Asks for keys.
#[derive(Serialize)]
pub(super) struct Range {
    key: String,
    range_end: String,
    limit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revision: String,
}

impl Range {
    /// The keys from one up to those that no longer begin with a prefix; all pages are of one revision.
    pub(super) fn of(from: &[u8], prefix: &[u8], revision: &str, is_first: bool) -> Self {
        // One small answer is enough for most; those that have many keys get them in large ones.
        let limit = if is_first { FIRST_PAGE } else { PAGE };
        Self {
            key: STANDARD.encode(from),
            range_end: STANDARD.encode(end_of(prefix)),
            limit: limit.to_string(),
            revision: revision.to_owned(),
        }
    }

    /// One key.
    pub(super) fn one(key: &[u8]) -> Self {
        Self {
            key: STANDARD.encode(key),
            range_end: String::new(),
            limit: "1".to_owned(),
            revision: String::new(),
        }
    }
}

/// Without a head it is something else, and nothing is known of what is there.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) header: Head,
    #[serde(default)]
    pub(super) kvs: Vec<Encoded>,
    #[serde(default)]
    pub(super) more: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    /// A number; the gateway writes it as text, `etcdctl` does not.
    #[serde(deserialize_with = "number_or_text")]
    pub(super) revision: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Encoded {
    key: String,
    value: String,
    #[serde(deserialize_with = "number_or_text")]
    mod_revision: String,
}

impl Encoded {
    /// The entry; none if it is not Base64.
    pub(super) fn decode(self) -> Option<Entry> {
        Some(Entry {
            key: STANDARD.decode(self.key).ok()?,
            value: STANDARD.decode(self.value).ok()?,
            // Dumps of old tools do not have it.
            revision: self.mod_revision.parse().unwrap_or_default(),
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Deleted {
    #[serde(deserialize_with = "number_or_text")]
    pub(super) deleted: String,
}

#[derive(Deserialize)]
pub(super) struct Committed {
    pub(super) header: Head,
    /// Left out if it is false.
    #[serde(default)]
    pub(super) succeeded: bool,
}

/// A transaction.
pub(super) fn txn(compare: &[Compare], then: &[Op]) -> Value {
    let compare: Vec<Value> = compare.iter().map(Compare::message).collect();
    let success: Vec<Value> = then.iter().map(Op::message).collect();
    json!({"compare": compare, "success": success})
}

impl Compare {
    fn message(&self) -> Value {
        match self {
            Self::Absent(key) => json!({
                "key": STANDARD.encode(key),
                "target": "CREATE",
                "result": "EQUAL",
                "createRevision": "0",
            }),
            Self::AbsentPrefix(prefix) => json!({
                "key": STANDARD.encode(prefix),
                "range_end": STANDARD.encode(end_of(prefix)),
                "target": "CREATE",
                "result": "EQUAL",
                "createRevision": "0",
            }),
            Self::Unchanged { key, revision } => json!({
                "key": STANDARD.encode(key),
                "target": "MOD",
                "result": "EQUAL",
                "modRevision": revision.to_string(),
            }),
        }
    }
}

impl Op {
    fn message(&self) -> Value {
        match self {
            Self::Delete(key) => json!({"requestDeleteRange": {"key": STANDARD.encode(key)}}),
            Self::DeletePrefix(prefix) => json!({"requestDeleteRange": delete(prefix)}),
            Self::Put(pair) => json!({"requestPut": put(pair)}),
        }
    }
}

/// Puts a value at a key.
pub(super) fn put(pair: &Pair) -> Value {
    json!({"key": STANDARD.encode(&pair.key), "value": STANDARD.encode(&pair.value)})
}

/// Deletes all keys that begin with these bytes.
pub(super) fn delete(prefix: &[u8]) -> Value {
    json!({"key": STANDARD.encode(prefix), "range_end": STANDARD.encode(end_of(prefix))})
}

/// Where the next page begins, if there is one. A server that does not get on would be asked for ever.
pub(super) fn next_page(
    from: &[u8],
    page: &[Entry],
    more: bool,
) -> Result<Option<Vec<u8>>, &'static str> {
    match page.last() {
        _ if !more => Ok(None),
        Some(last) if *last.key >= *from => Ok(Some([&*last.key, &[0]].concat())),
        Some(_) => Err("a page ends before it begins"),
        None => Err("a page is empty, and is not the last one"),
    }
}

/// The first key behind all that begin with these bytes.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // Zero is "to the end".
    vec![0]
}

fn number_or_text<'de, D: serde::Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(input)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// Keys of the first answer.
const FIRST_PAGE: usize = 1000;

/// Keys of each further one.
const PAGE: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_its_next_key() {
        assert_eq!(end_of(b"/skydns/"), b"/skydns0");
        assert_eq!(end_of(b"a\xFF\xFF"), b"b");
        assert_eq!(end_of(b"\xFF"), [0]);
    }

    #[test]
    fn each_page_gets_on_from_the_one_before() {
        let entry = |key: &[u8]| Entry {
            key: key.to_vec(),
            value: Vec::new(),
            revision: 1,
        };
        // Where the page begins, its last key, whether more follow, where the next one begins.
        for (from, last, more, next) in [
            ("/s/", Some("/s/a"), true, Ok(Some("/s/a\0"))),
            ("/s/", Some("/s/"), true, Ok(Some("/s/\0"))),
            ("/s/a\0", Some("/s/a"), true, Err(())),
            ("/s/", None, true, Err(())),
            ("/s/", None, false, Ok(None)),
            ("/s/", Some("/s/a"), false, Ok(None)),
        ] {
            let page: Vec<Entry> = last.iter().map(|last| entry(last.as_bytes())).collect();
            let found = next_page(from.as_bytes(), &page, more).map_err(|_| ());
            let next = next.map(|next| next.map(|next| next.as_bytes().to_vec()));
            assert_eq!(found, next, "{from:?}");
        }
    }
}
