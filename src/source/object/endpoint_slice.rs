//! EndpointSlice: the pods behind a Service.

use serde::Deserialize;

use super::raw::{RawMeta, Text, nullable};
use super::{Keep, Key, Kind, Meta, Trim, Trimmed};
use crate::index::Link;

/// A slice of the addresses behind a Service.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSlice {
    /// Its metadata.
    pub meta: Meta,
    /// Whether its addresses are of IPv4 or IPv6, not names.
    pub by_ip: bool,
    /// What stands behind the Service, in order. Only pods are kept.
    pub backends: Box<[Backend]>,
}

/// A pod behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The pod, in the slice's namespace.
    pub pod: Box<str>,
    /// Its first address; empty if it has none.
    pub address: Box<str>,
    /// Whether it takes traffic; so too if the slice does not say.
    pub ready: bool,
}

/// The label that names the Service of a slice.
const SERVICE: &str = "kubernetes.io/service-name";

impl EndpointSlice {
    /// The Service it belongs to.
    #[must_use]
    pub fn service(&self) -> Option<Key> {
        let name = self.meta.labels.value(SERVICE)?;
        (!name.is_empty()).then(|| Key::new(self.meta.key.namespace(), name))
    }
}

impl Trimmed for EndpointSlice {
    type Raw<'a> = RawSlice<'a>;

    fn trim(raw: &RawSlice<'_>, trim: &Trim) -> Self {
        let backends = raw.endpoints.iter().filter_map(|endpoint| {
            // An API version here means another kind of pod than the cluster's own.
            let target = endpoint.target_ref.as_ref()?;
            (&*target.kind == "Pod" && target.api_version.is_empty()).then(|| Backend {
                pod: Box::from(&*target.name),
                address: endpoint.addresses.first().map_or("", |text| &**text).into(),
                ready: endpoint.conditions.ready.unwrap_or(true),
            })
        });
        Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&[SERVICE]), trim),
            by_ip: matches!(&*raw.address_type, "IPv4" | "IPv6"),
            backends: backends.collect(),
        }
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        if let Some(service) = self.service() {
            link(Link::Of(Kind::Service), service);
        }
    }
}

/// An EndpointSlice as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawSlice<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
    #[serde(borrow)]
    address_type: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    endpoints: Vec<RawEndpoint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawEndpoint<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<Text<'a>>,
    #[serde(deserialize_with = "nullable")]
    conditions: RawConditions,
    #[serde(borrow)]
    target_ref: Option<RawTarget<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawConditions {
    ready: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawTarget<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    api_version: Text<'a>,
}
