//! A place for JSON that comes up while a template runs and must live as long as its values.

use std::cell::{Cell, OnceCell};

use serde_json::Value as Json;

/// Keeps what is given to it until it is dropped itself.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// Made with the first value: few templates need any.
    places: OnceCell<Vec<OnceCell<Json>>>,
    used: Cell<usize>,
}

impl Arena {
    /// Keeps a value; once the arena is full, what is given is dropped and null stays in its place.
    pub(super) fn keep(&self, json: Json) -> &Json {
        let places = self
            .places
            .get_or_init(|| (0..CAPACITY).map(|_| OnceCell::new()).collect());
        let used = self.used.get();
        self.used.set(used + 1);
        places
            .get(used)
            .map_or(&Json::Null, |place| place.get_or_init(|| json))
    }

    /// Whether something was dropped.
    pub(super) fn is_overfull(&self) -> bool {
        self.used.get() > CAPACITY
    }
}

/// Values that come up in one execution: results of `fromJson`, mostly.
const CAPACITY: usize = 256;
