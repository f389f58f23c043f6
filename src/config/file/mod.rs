//! Settings files: YAML with a version, so that a later form can be told from this one.
//!
//! ```text
//! version: 1
//! listen: [127.0.0.1:5300]
//! zones:
//!   - file: example.org.zone
//!   - file: internal.txt
//!     name: corp.example
//! rate-limit: 200
//! source: [service, ingress]
//! destinations:
//!   - name: home
//!     provider: embedded
//!     zone: [example.org]
//!     policy: sync
//!     addressMaps:
//!       - from: 192.168.1.240-192.168.1.250
//!         to: 203.0.113.7
//!   - name: away
//!     provider: webhook
//!     domain-filter: [example.com]
//!     txt-owner-id: away
//!     policy: upsert-only
//! claims:
//!   - namespaces: [web, shop]
//!     names: ["*.example.org"]
//! ```
//!
//! Every flag is a key under its own name, at the top or, if it is one of a destination, in that
//! destination; `camelCase` stands for `camel-case`. What the top says about destinations holds for
//! all that do not say otherwise. Relative paths start at the folder of the file.

mod document;
mod shown;
mod unclosed;
mod v1;
mod yaml;

pub(crate) use v1::parse;

use std::collections::BTreeMap;
use std::path::Path;

use crate::problem::{Origin, Problem, Quoted};
use crate::typed::Typed;

/// What a settings file says.
#[derive(Debug, Default)]
pub(crate) struct FileSettings {
    pub(crate) values: BTreeMap<&'static str, Vec<Typed>>,
    pub(crate) zones: Vec<FileZone>,
    pub(crate) destinations: Option<Vec<FileDestination>>,
    pub(crate) address_maps: Vec<FileAddressMap>,
    pub(crate) claims: Option<Vec<FileClaim>>,
    pub(crate) problems: Vec<Problem>,
}

/// A destination of a settings file: what it says itself.
#[derive(Clone, Debug)]
pub(crate) struct FileDestination {
    pub(crate) name: Option<Typed>,
    pub(crate) values: BTreeMap<&'static str, Vec<Typed>>,
    /// `None` leaves it to the top of the file.
    pub(crate) address_maps: Option<Vec<FileAddressMap>>,
    pub(crate) origin: Origin,
}

/// An address map of a settings file.
#[derive(Clone, Debug)]
pub(crate) struct FileAddressMap {
    pub(crate) from: Typed,
    pub(crate) to: Typed,
}

/// A claim of a settings file.
#[derive(Clone, Debug)]
pub(crate) struct FileClaim {
    pub(crate) namespaces: Vec<Typed>,
    pub(crate) names: Vec<Typed>,
    pub(crate) types: Vec<Typed>,
    pub(crate) origin: Origin,
}

/// A zone of a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileZone {
    pub(crate) name: Option<Typed>,
    pub(crate) file: String,
    pub(crate) origin: Origin,
}

/// Reads a settings file; `origin` is where its path was given.
pub(crate) fn read(path: &str, origin: &Origin) -> FileSettings {
    match read_text(Path::new(path)) {
        Ok(text) => parse(path, &text),
        Err(message) => FileSettings {
            problems: vec![Problem::new(
                origin,
                "config",
                format!("read file {}: {message}", Quoted(path)),
            )],
            ..FileSettings::default()
        },
    }
}

/// The text of a file that is read as a whole.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    // A wrong path, such as one of a zone file or a device, should not fill the memory.
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    let size = about.len();
    if size > MAX_SIZE {
        return Err(format!("{size} bytes are more than the {MAX_SIZE} allowed"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The largest settings file: far more than any needs.
const MAX_SIZE: u64 = 4 << 20;
