//! How vendors themselves describe their interfaces, to see that what is sent is what they say.
//!
//! ```text
//! description (botocore, Google's discovery, Swagger 2) ─→ Operations, Schemas ─┐
//! request on its way to a stand-in ─ Tap ─→ operation by method and path ─→ check ─→ what is wrong
//! ```
//!
//! A stand-in is written by who writes the client, and both may be wrong in the same way. Descriptions
//! are the vendors': none is kept here. `.ci/peers` puts them into a folder;
//! `ZONEWRIGHT_DESCRIPTIONS` names another one. Where one is missing its trial is left out, but not in
//! CI.
//!
//! Only requests are judged: their path, query, body, what is required, types, lengths, order in XML.

mod botocore;
mod discovery;
mod operation;
mod schema;
mod swagger;
mod tap;
mod tests;
mod xml;

use std::env;
use std::path::PathBuf;

use operation::Operation;
use schema::Schemas;
use serde_json::Value;

use crate::sim::Request;

/// A described interface.
#[derive(Debug)]
pub(crate) struct Description {
    operations: Vec<Operation>,
    schemas: Schemas,
}

impl Description {
    /// The description of this name; none if it is not installed.
    ///
    /// # Panics
    /// It cannot be read, or is missing in CI.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let file = folder().map(|folder| folder.join(format!("{name}.json")));
        let text = file.and_then(|file| std::fs::read_to_string(file).ok());
        let Some(text) = text else {
            let is_needed = env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!is_needed, "\"{name}\" is not described: run .ci/peers");
            return None;
        };
        Some(Self::read(&text).unwrap_or_else(|error| panic!("description \"{name}\": {error}")))
    }

    /// Reads a description of any of the kinds.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let (operations, schemas) = if whole.get("swagger").is_some() {
            swagger::read(&whole)
        } else if whole.get("discoveryVersion").is_some() {
            discovery::read(&whole)
        } else {
            botocore::read(text)?
        };
        match operations.is_empty() {
            true => Err("it has no operations".to_owned()),
            false => Ok(Self {
                operations,
                schemas,
            }),
        }
    }

    /// The name of the operation that a request asks for.
    ///
    /// # Errors
    /// What is not as the vendor says.
    pub(crate) fn check(&self, request: &Request) -> Result<&str, String> {
        let line = format!("{} {}", request.method(), request.uri().path());
        let asked = self.operations.iter().filter(|it| it.is_asked(request));
        // One with fewer parts that may be anything is more exact.
        let operation = asked.min_by_key(|operation| operation.wild());
        let operation = operation.ok_or_else(|| format!("{line}: there is no such operation"))?;
        let checked = operation.check(request, &self.schemas);
        checked.map_err(|wrong| format!("{line} ({}): {wrong}", operation.name))?;
        Ok(&operation.name)
    }
}

/// Where descriptions are.
fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("ZONEWRIGHT_DESCRIPTIONS") {
        return Some(folder.into());
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("zonewright/described"))
}
