//! Node: its addresses, and whether it takes pods.

use serde::Deserialize;

use super::raw::{RawMeta, Text, nullable};
use super::{Keep, Meta, Trim, Trimmed};

/// A Node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its metadata.
    pub meta: Meta,
    /// Whether it takes no more pods.
    pub unschedulable: bool,
    /// Its addresses, in order; others than external and internal ones are not kept.
    pub addresses: Box<[NodeAddress]>,
}

/// An address of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAddress {
    /// Whether it is meant for outside the cluster.
    pub external: bool,
    /// The address.
    pub text: Box<str>,
}

impl NodeAddress {
    /// Whether it is of IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        plan::Endpoint::suitable_type(&self.text) == wire::Rtype::AAAA
    }
}

impl Trimmed for Node {
    type Raw<'a> = RawNode<'a>;

    fn trim(raw: &RawNode<'_>, trim: &Trim) -> Self {
        let addresses = raw.status.addresses.iter().filter_map(|address| {
            let external = match &*address.kind {
                "ExternalIP" => true,
                "InternalIP" => false,
                _ => return None,
            };
            Some(NodeAddress {
                external,
                text: Box::from(&*address.address),
            })
        });
        Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&[ROLE]), trim),
            unschedulable: raw.spec.unschedulable,
            addresses: addresses.collect(),
        }
    }
}

/// The label of nodes that are for work, not for control, in kops's dialect.
pub(crate) const ROLE: &str = "node-role.kubernetes.io/node";

/// A Node as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawNode<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
    #[serde(deserialize_with = "nullable")]
    spec: RawSpec,
    #[serde(borrow, deserialize_with = "nullable")]
    status: RawStatus<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSpec {
    #[serde(deserialize_with = "nullable")]
    unschedulable: bool,
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
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
}
