//! ListenerSet: listeners that someone else adds to a Gateway.

use serde::Deserialize;

use super::listener::{self, Listener, RawCondition, RawListener};
use super::raw::{RawMeta, Text, nullable};
use super::{Keep, Key, Kind, Meta, Trim, Trimmed};
use crate::index::Link;

/// A ListenerSet.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerSet {
    /// Its metadata.
    pub meta: Meta,
    /// The Gateway it adds to.
    pub gateway: Key,
    /// Whether that Gateway has taken it.
    pub accepted: bool,
    /// Its listeners, in order.
    pub listeners: Box<[Listener]>,
}

impl Trimmed for ListenerSet {
    type Raw<'de> = RawListenerSet<'de>;

    fn trim(raw: &RawListenerSet<'_>, trim: &Trim) -> Self {
        let meta = Meta::new(&raw.metadata, Keep::Named(&[]), trim);
        let parent = &raw.spec.parent_ref;
        let namespace = match &*parent.namespace {
            "" => meta.key.namespace(),
            namespace => namespace,
        };
        let listeners = raw.spec.listeners.iter().map(|listener| {
            let mut statuses = raw.status.listeners.iter();
            let status = statuses.find(|status| &*status.name == listener.name());
            listener.trim(status.map(|status| listener::accepted(&status.conditions)))
        });
        Self {
            gateway: Key::new(namespace, &parent.name),
            accepted: listener::accepted(&raw.status.conditions),
            listeners: listeners.collect(),
            meta,
        }
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        link(Link::Of(Kind::Gateway), self.gateway.clone());
        if self
            .listeners
            .iter()
            .any(|listener| listener.from.selects())
        {
            link(Link::Wants(Kind::Namespace), Key::first_of(""));
        }
    }
}

/// A ListenerSet as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawListenerSet<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    spec: RawSpec<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    status: RawStatus<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSpec<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    parent_ref: RawParent<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    listeners: Vec<RawListener<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawParent<'a> {
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<RawCondition<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    listeners: Vec<RawListenerStatus<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawListenerStatus<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<RawCondition<'a>>,
}
