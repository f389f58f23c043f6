//! Who is told of what happens to zones.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use wire::Name;

use crate::store::Store;

/// What has happened to a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It is there from now on.
    Came,
    /// It has another version.
    Changed,
    /// It is not there any more.
    Gone,
}

/// All that are told.
#[derive(Debug, Default)]
pub(crate) struct Listeners(RwLock<Vec<Listener>>);

struct Listener(Box<Hear>);

type Hear = dyn Fn(&Name, News) + Send + Sync;

impl Listeners {
    pub(crate) fn say(&self, apex: &Name, news: News) {
        // They are added as a whole, so a panic elsewhere leaves none half written.
        let listeners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for listener in &*listeners {
            (listener.0)(apex, news);
        }
    }
}

impl Store {
    /// From now on says what happens to which zone, right after it is published and before anybody
    /// is told that something was committed. The listener must not wait, nor ask the store for more
    /// than its snapshot.
    pub fn tell(&self, listener: impl Fn(&Name, News) + Send + Sync + 'static) {
        let listeners = self.listeners.0.write();
        let mut listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        listeners.push(Listener(Box::new(listener)));
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
