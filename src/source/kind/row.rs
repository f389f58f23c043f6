//! The table of kinds of sources.

use std::collections::BTreeSet;

use super::{fake, gateway, unstructured};
pub use plan::merge::SourceMerge as Merge;

use crate::object::{Key, Kind};
use crate::unknown::{Unknown, UnknownObject};
use crate::{Changed, Index, Outcome, Rules};

/// A kind of source.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name that users type, as `service`.
    pub name: &'static str,
    /// The kind of object that asks for names; none for sources without objects.
    pub kind: Option<Kind>,
    /// Further kinds that have to be watched now.
    pub also: fn(&Index, &Rules) -> Vec<Kind>,
    /// Which objects of its kind an event of another kind touches. That a changed object of its
    /// own kind is touched goes without saying.
    pub touched: fn(&Index, &Rules, &Changed, &mut Touched),
    /// An object of another kind that could never be read, and that what an object of its own asks
    /// for hangs on.
    pub doubt: for<'a> fn(&Index, &Key, &'a Unknown) -> Option<UnknownObject<'a>>,
    /// What an object asks for.
    pub endpoints: fn(&Index, &Rules, &Key, &mut Outcome),
    /// How its endpoints for one name come together.
    pub merge: Merge,
}

/// The objects that an event touches.
#[derive(Debug, Default)]
pub struct Touched(BTreeSet<Key>);

impl Touched {
    /// Adds an object.
    pub fn add(&mut self, key: &Key) {
        if !self.0.contains(key) {
            self.0.insert(key.clone());
        }
    }

    /// The objects, by namespace and name.
    pub(crate) fn into_keys(self) -> BTreeSet<Key> {
        self.0
    }
}

impl Row {
    /// The row of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name)
    }
}

/// All kinds of sources.
pub static ROWS: &[Row] = &[
    Row {
        name: "empty",
        kind: None,
        also: |_, _| Vec::new(),
        touched: |_, _, _, _| {},
        doubt: |_, _, _| None,
        endpoints: |_, _, _, _| {},
        merge: Merge::None,
    },
    fake::ROW,
    gateway::GRPC,
    gateway::HTTP,
    gateway::TCP,
    gateway::TLS,
    gateway::UDP,
    unstructured::ROW,
    Row {
        name: "crd",
        kind: Some(Kind::DnsEndpoint),
        also: |_, _| Vec::new(),
        touched: |_, _, _, _| {},
        doubt: |_, _, _| None,
        endpoints: super::crd::endpoints,
        merge: Merge::Plain,
    },
    Row {
        name: "ingress",
        kind: Some(Kind::Ingress),
        also: |_, _| Vec::new(),
        touched: |_, _, _, _| {},
        doubt: |_, _, _| None,
        endpoints: super::ingress::endpoints,
        merge: Merge::Plain,
    },
    Row {
        name: "node",
        kind: Some(Kind::Node),
        also: |_, _| Vec::new(),
        touched: |_, _, _, _| {},
        doubt: |_, _, _| None,
        endpoints: super::node::endpoints,
        merge: Merge::Plain,
    },
    Row {
        name: "pod",
        kind: Some(Kind::Pod),
        also: super::pod::also,
        touched: super::pod::touched,
        doubt: super::pod::doubt,
        endpoints: super::pod::endpoints,
        merge: Merge::Plain,
    },
    Row {
        name: "service",
        kind: Some(Kind::Service),
        also: super::service::also,
        touched: super::service::touched,
        doubt: super::service::doubt,
        endpoints: super::service::endpoints,
        merge: Merge::Service,
    },
];
