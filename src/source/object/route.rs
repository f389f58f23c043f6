//! The routes of the Gateway API: five kinds of one shape.

use std::marker::PhantomData;

use serde::Deserialize;

use super::listener::{self, Protocol, RawCondition, group_or_ours};
use super::raw::{RawMeta, Text, nullable};
use super::{Keep, Key, Kind, Meta, Trim, Trimmed};
use crate::index::Link;

/// What tells the kinds of routes apart.
pub trait RouteKind: Clone + std::fmt::Debug + Default + PartialEq + 'static {
    /// The kind.
    const KIND: Kind;
    /// What the listeners of its Gateways have to speak.
    const PROTOCOL: Protocol;
    /// Whether its specification holds names.
    const NAMED: bool;
}

/// A route.
#[derive(Clone, Debug, PartialEq)]
pub struct Route<R> {
    /// Its metadata.
    pub meta: Meta,
    /// The names it is for.
    pub hostnames: Box<[Box<str>]>,
    /// Whether it asks to be attached anywhere.
    pub asks: bool,
    /// What its status says of where it is attached.
    pub parents: Box<[Parent]>,
    kind: PhantomData<R>,
}

/// Where a route is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// What it is attached to.
    pub kind: ParentKind,
    /// The Gateway or ListenerSet.
    pub key: Key,
    /// Its listener; empty for all.
    pub section: Box<str>,
    /// The port of its listener, if that was asked for.
    pub port: Option<i64>,
    /// Whether the specification of the route asks for it.
    pub asked: bool,
    /// Whether the route was accepted there.
    pub accepted: bool,
}

/// What a route can be attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentKind {
    /// A Gateway.
    Gateway,
    /// A ListenerSet.
    ListenerSet,
}

impl ParentKind {
    /// The kind of the object.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Gateway => Kind::Gateway,
            Self::ListenerSet => Kind::ListenerSet,
        }
    }
}

macro_rules! routes {
    ($($marker:ident, $route:ident, $kind:ident, $protocol:ident, $named:literal;)+) => {
        $(
            #[doc = concat!("Tells ", stringify!($kind), "s apart.")]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $marker;

            impl RouteKind for $marker {
                const KIND: Kind = Kind::$kind;
                const PROTOCOL: Protocol = Protocol::$protocol;
                const NAMED: bool = $named;
            }

            #[doc = stringify!($kind)]
            pub type $route = Route<$marker>;
        )+
    };
}

routes! {
    Grpc, GrpcRoute, GrpcRoute, Http, true;
    Http, HttpRoute, HttpRoute, Http, true;
    Tcp, TcpRoute, TcpRoute, Tcp, false;
    Tls, TlsRoute, TlsRoute, Tls, true;
    Udp, UdpRoute, UdpRoute, Udp, false;
}

impl<R: RouteKind> Trimmed for Route<R> {
    type Raw<'de> = RawRoute<'de>;

    fn trim(raw: &RawRoute<'_>, trim: &Trim) -> Self {
        let meta = Meta::new(&raw.metadata, Keep::Named(&[]), trim);
        let namespace = meta.key.namespace();
        let parents = raw.status.parents.iter().filter_map(|parent| {
            let reference = &parent.parent_ref;
            let target = reference.target(namespace);
            let (group, kind, _, _) = target;
            // Others, as Services, are attached to inside of the cluster.
            let kind = match kind {
                "Gateway" if group == listener::GROUP => ParentKind::Gateway,
                "ListenerSet" if group == listener::GROUP => ParentKind::ListenerSet,
                _ => return None,
            };
            let mut asked = raw.spec.parent_refs.iter();
            Some(Parent {
                kind,
                key: Key::new(target.2, target.3),
                section: Box::from(&*reference.section_name),
                port: reference.port,
                asked: asked.any(|reference| reference.target(namespace) == target),
                accepted: listener::accepted(&parent.conditions),
            })
        });
        let hostnames: &[Text<'_>] = if R::NAMED { &raw.spec.hostnames } else { &[] };
        Self {
            hostnames: hostnames.iter().map(|name| Box::from(&**name)).collect(),
            asks: !raw.spec.parent_refs.is_empty(),
            parents: parents.collect(),
            kind: PhantomData,
            meta,
        }
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        for parent in &self.parents {
            link(Link::Of(parent.kind.kind()), parent.key.clone());
        }
    }
}

/// A route as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawRoute<'a> {
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
    parent_refs: Vec<RawReference<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    hostnames: Vec<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawReference<'a> {
    #[serde(borrow)]
    group: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    section_name: Text<'a>,
    port: Option<i64>,
}

impl RawReference<'_> {
    /// Group, kind, namespace and name, with what is meant where nothing is written.
    fn target<'a>(&'a self, namespace: &'a str) -> (&'a str, &'a str, &'a str, &'a str) {
        let or = |text: &'a str, default| if text.is_empty() { default } else { text };
        (
            group_or_ours(Some(&self.group)),
            or(&self.kind, "Gateway"),
            or(&self.namespace, namespace),
            &self.name,
        )
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    parents: Vec<RawParent<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawParent<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    parent_ref: RawReference<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<RawCondition<'a>>,
}
