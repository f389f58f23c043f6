//! Pod: where it runs, its addresses, and how it is.

use serde::Deserialize;

use super::raw::{RawMeta, Text, nullable};
use super::{KOPS_EXTERNAL, Keep, Key, Kind, Meta, Trim, Trimmed};
use crate::index::Link;

/// A Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Its metadata, with all labels: Services select by them.
    pub meta: Meta,
    /// The node it runs on; empty while it has none.
    pub node: Box<str>,
    /// Its own name as a host, if it was given one.
    pub hostname: Box<str>,
    /// Whether it uses the node's network.
    pub host_network: bool,
    /// How it is.
    pub state: PodState,
    /// Its first address; empty while it has none.
    pub ip: Box<str>,
    /// All its addresses.
    pub ips: Box<[Box<str>]>,
    /// The first address of its node.
    pub host_ip: Box<str>,
    /// Whether it can ask for addresses of its node.
    pub asks_node: bool,
}

/// How a running pod is; the better sorts higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodState {
    /// Not in phase Running.
    NotRunning,
    /// Running, but not ready.
    NotReady,
    /// Ready, but on its way out.
    ReadyTerminating,
    /// Ready, and to stay.
    Ready,
}

impl Trimmed for Pod {
    type Raw<'a> = RawPod<'a>;

    fn trim(raw: &RawPod<'_>, trim: &Trim) -> Self {
        let meta = Meta::new(&raw.metadata, Keep::All, trim);
        let conditions = &raw.status.conditions;
        let ready = conditions
            .iter()
            .find(|condition| &*condition.kind == "Ready");
        let state = if &*raw.status.phase != "Running" {
            PodState::NotRunning
        } else if ready.is_none_or(|condition| &*condition.status != "True") {
            PodState::NotReady
        } else if raw.metadata.deletion_timestamp.is_none() {
            PodState::Ready
        } else {
            PodState::ReadyTerminating
        };
        let asks_node = trim.value(&meta, "hostname").is_some()
            || meta.annotations.value(KOPS_EXTERNAL).is_some();
        Self {
            node: Box::from(&*raw.spec.node_name),
            hostname: Box::from(&*raw.spec.hostname),
            host_network: raw.spec.host_network,
            state,
            ip: Box::from(&*raw.status.pod_ip),
            ips: raw
                .status
                .pod_ips
                .iter()
                .map(|ip| Box::from(&*ip.ip))
                .collect(),
            host_ip: Box::from(&*raw.status.host_ip),
            asks_node,
            meta,
        }
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        if self.asks_node && !self.node.is_empty() {
            link(Link::Of(Kind::Node), Key::new("", &self.node));
        }
    }
}

/// A Pod as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawPod<'a> {
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
    #[serde(borrow)]
    node_name: Text<'a>,
    #[serde(borrow)]
    hostname: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    host_network: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    #[serde(borrow, rename = "podIP")]
    pod_ip: Text<'a>,
    #[serde(borrow, rename = "podIPs", deserialize_with = "nullable")]
    pod_ips: Vec<RawIp<'a>>,
    #[serde(borrow, rename = "hostIP")]
    host_ip: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<RawCondition<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawIp<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
}
