//! Gateway: where routes attach, and where they are reached.

use serde::Deserialize;

use super::listener::{From, Listener, RawAllowed, RawListener};
use super::raw::{RawMeta, Text, nullable};
use super::{Keep, Key, Kind, Meta, Trim, Trimmed};
use crate::index::Link;

/// A Gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// Its metadata.
    pub meta: Meta,
    /// Its listeners, in order.
    pub listeners: Box<[Listener]>,
    /// Namespaces whose ListenerSets it takes.
    pub sets_from: From,
    /// Where it is reached: addresses and names alike.
    pub addresses: Box<[Box<str>]>,
}

impl Trimmed for Gateway {
    type Raw<'de> = RawGateway<'de>;

    fn trim(raw: &RawGateway<'_>, trim: &Trim) -> Self {
        let listeners = raw.spec.listeners.iter();
        let addresses = raw.status.addresses.iter();
        Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&[]), trim),
            listeners: listeners.map(|listener| listener.trim(None)).collect(),
            sets_from: raw.spec.allowed_listeners.namespaces(From::None),
            addresses: addresses
                .map(|address| Box::from(&*address.value))
                .collect(),
        }
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        let selects = self
            .listeners
            .iter()
            .any(|listener| listener.from.selects());
        if selects || self.sets_from.selects() {
            link(Link::Wants(Kind::Namespace), Key::first_of(""));
        }
    }
}

/// A Gateway as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawGateway<'a> {
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
    listeners: Vec<RawListener<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    allowed_listeners: RawAllowed<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<RawAddress<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawAddress<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}
