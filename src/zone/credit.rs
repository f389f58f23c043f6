//! Who wanted what a commit has changed: told by those who commit, to whoever writes it down.
//!
//! A zone does not keep it, and where nobody listens nothing is made of it.

use std::fmt;
use std::net::SocketAddr;

use wire::{Name, Rtype, Serial};

use crate::store::Store;

/// Somebody who wanted a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The client of an update.
    Client {
        /// Where it came from.
        address: SocketAddr,
        /// The key that it signed by.
        key: Option<Name>,
    },
    /// A command of whoever runs the server.
    Command(&'static str),
    /// An object of a cluster.
    Object {
        /// Its kind, namespace and name.
        object: Box<str>,
        /// The identity that the cluster gave it.
        uid: Box<str>,
    },
}

/// What somebody wanted of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The name.
    pub owner: Name,
    /// The type; all types of the name if none is said.
    pub rtype: Option<Rtype>,
    /// Those who wanted it; nobody wants any more what goes.
    pub authors: Vec<Author>,
}

/// Those who wanted one version of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credits {
    /// The zone.
    pub zone: Name,
    /// The version.
    pub serial: Serial,
    /// What of it they wanted.
    pub each: Vec<Credit>,
}

/// Who is told, if anybody is.
pub(crate) struct Hearer(Box<dyn Fn(Credits) + Send + Sync>);

impl fmt::Debug for Hearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hearer")
    }
}

impl Store {
    /// From now on says who wanted what was committed, a moment after it is published. Only the first one
    /// who asks is told, and must not wait.
    pub fn tell_credits(&self, hearer: impl Fn(Credits) + Send + Sync + 'static) {
        let _first = self.hearer.set(Hearer(Box::new(hearer))).is_ok();
    }

    /// Whether somebody wants to know.
    #[must_use]
    pub fn has_hearer(&self) -> bool {
        self.hearer.get().is_some()
    }

    /// Tells whom it concerns, if anybody.
    pub fn credit(&self, credits: impl FnOnce() -> Credits) {
        if let Some(hearer) = self.hearer.get() {
            (hearer.0)(credits());
        }
    }
}
