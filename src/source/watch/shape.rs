//! The little of the API server's answers that the watch itself reads.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::Failure;
use crate::object::Key;

/// The two parts of a line as API servers write it, without reading the object once more.
pub(super) fn split(line: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let rest = line.strip_prefix(br#"{"type":""#)?.strip_suffix(b"}")?;
    let end = memchr::memchr(b'"', rest)?;
    let (kind, rest) = rest.split_at(end);
    let object = rest.strip_prefix(br#"","object":"#)?;
    Some((Cow::Borrowed(std::str::from_utf8(kind).ok()?), object))
}

/// Which object a text is of.
pub(super) fn key_of(json: &[u8]) -> Result<Key, Failure> {
    let object: Identity<'_> = serde_json::from_slice(json)?;
    Ok(Key::new(&object.metadata.namespace, &object.metadata.name))
}

/// One line of a watch.
#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) object: &'a RawValue,
}

/// Why the server did not do what was asked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) message: String,
}

/// What is left of a list without its items.
#[derive(Deserialize)]
pub(super) struct List {
    pub(super) metadata: ListMeta,
}

/// The metadata of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListMeta {
    pub(super) resource_version: Box<str>,
}

/// The little of an object that the watch itself reads.
#[derive(Deserialize)]
pub(super) struct Identity<'a> {
    #[serde(borrow)]
    pub(super) metadata: IdentityMeta<'a>,
}

/// The same of its metadata.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IdentityMeta<'a> {
    #[serde(borrow, default)]
    pub(super) namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) resource_version: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) annotations: IdentityAnnotations<'a>,
}

/// The annotation of the bookmark that ends a list.
#[derive(Default, Deserialize)]
pub(super) struct IdentityAnnotations<'a> {
    #[serde(rename = "k8s.io/initial-events-end", borrow, default)]
    pub(super) ends_list: Option<Cow<'a, str>>,
}
