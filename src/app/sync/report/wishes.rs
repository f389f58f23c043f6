//! Which objects asked for what was made at a destination, so that they can be told when it goes.
//!
//! Where a registry keeps the object in a text, that text tells it; our own zones have none.

use std::collections::HashMap;
use std::sync::Arc;

use plan::{Endpoint, ObjectRef, RowName};
use wire::Rtype;

type Place = (RowName, Rtype, Box<str>);

/// The objects, by what they asked for.
#[derive(Debug, Default)]
pub(in crate::app::sync) struct Wishes(HashMap<Place, Vec<Arc<ObjectRef>>>);

impl Wishes {
    /// This was made.
    pub(super) fn note(&mut self, endpoint: &Endpoint) {
        if !endpoint.origins.is_empty() {
            self.0.insert(place(endpoint), endpoint.origins.clone());
        }
    }

    /// This is gone: who asked for it.
    pub(super) fn take(&mut self, endpoint: &Endpoint) -> Vec<Arc<ObjectRef>> {
        self.0.remove(&place(endpoint)).unwrap_or_default()
    }
}

fn place(endpoint: &Endpoint) -> Place {
    let name = RowName::new(&endpoint.name);
    (name, endpoint.rtype, endpoint.set_identifier.clone())
}
