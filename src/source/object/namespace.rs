//! Namespace: its labels, by which listeners select.

use serde::Deserialize;

use super::raw::{RawMeta, nullable};
use super::{Keep, Meta, Trim, Trimmed};

/// A Namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Namespace {
    /// Its metadata.
    pub meta: Meta,
}

impl Trimmed for Namespace {
    type Raw<'de> = RawNamespace<'de>;

    fn trim(raw: &RawNamespace<'_>, trim: &Trim) -> Self {
        Self {
            meta: Meta::new(&raw.metadata, Keep::All, trim),
        }
    }
}

/// A Namespace as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawNamespace<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
}
