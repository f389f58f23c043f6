//! Service: how it is reached from outside, and by what it selects its pods.
//!
//! A Service that asks for no name keeps its metadata only: in most clusters that is nearly all.

use serde::Deserialize;

use super::raw::{RawMeta, RawPairs, Text, nullable};
use super::{Keep, Key, Kind, Meta, Pairs, Trim, Trimmed};
use crate::index::Link;

/// A Service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its metadata.
    pub meta: Meta,
    /// Its type.
    pub kind: ServiceType,
    /// Whether it can ask for names at all. If not, only its metadata is kept.
    pub asks: bool,
    /// Whether its pods stand for addresses of their nodes.
    pub by_node: bool,
    /// Whether names of its load balancer are to be resolved.
    pub resolve: bool,
    /// Where its load balancer is reached.
    pub entries: Box<[Entry]>,
    /// What most Services don't have.
    pub more: Option<Box<ServiceMore>>,
}

/// What most Services don't have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceMore {
    /// Its address in the cluster; `None` as text if it is headless. Not kept where no rule reads it.
    pub cluster_ip: Box<str>,
    /// Addresses that the user routes to the nodes.
    pub external_ips: Box<[Box<str>]>,
    /// The name that an external Service stands for.
    pub external_name: Box<str>,
    /// Labels of its pods.
    pub selector: Pairs,
    /// Whether only nodes with pods of it take its traffic.
    pub local: bool,
    /// Whether pods are published before they are ready.
    pub publish_not_ready: bool,
    /// Its ports on the nodes, each with its protocol in lower case.
    pub node_ports: Box<[(i64, Box<str>)]>,
}

/// The type of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceType {
    /// Reached inside the cluster.
    ClusterIp,
    /// An alias for a name outside.
    ExternalName,
    /// Reached through a load balancer.
    LoadBalancer,
    /// Reached on ports of the nodes.
    NodePort,
    /// Of a type that is not known, so nothing is published.
    Other,
}

/// One entry of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Its name.
    Hostname(Box<str>),
    /// Its address.
    Ip(Box<str>),
}

impl Entry {
    /// The address or name.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Hostname(text) | Self::Ip(text) => text,
        }
    }
}

impl Service {
    /// Whether its name stands for its pods, without an address of its own.
    #[must_use]
    pub fn is_headless(&self) -> bool {
        self.kind == ServiceType::ClusterIp && self.cluster_ip() == HEADLESS
    }

    /// Its address in the cluster; `None` as text if it is headless.
    #[must_use]
    pub fn cluster_ip(&self) -> &str {
        self.more.as_ref().map_or("", |more| &more.cluster_ip)
    }

    /// Labels of its pods; none selects all.
    #[must_use]
    pub fn selector(&self) -> &Pairs {
        self.more.as_ref().map_or(&EMPTY, |more| &more.selector)
    }

    /// Addresses that the user routes to the nodes.
    #[must_use]
    pub fn external_ips(&self) -> &[Box<str>] {
        self.more.as_ref().map_or(&[], |more| &more.external_ips)
    }
}

static EMPTY: std::sync::LazyLock<Pairs> = std::sync::LazyLock::new(Pairs::default);

/// What a headless Service has instead of an address.
pub(crate) const HEADLESS: &str = "None";

impl Trimmed for Service {
    type Raw<'a> = RawService<'a>;

    fn trim(raw: &RawService<'_>, trim: &Trim) -> Self {
        let spec = &raw.spec;
        let mut service = Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&["dns"]), trim),
            kind: match &*spec.kind {
                "ClusterIP" | "" => ServiceType::ClusterIp,
                "ExternalName" => ServiceType::ExternalName,
                "LoadBalancer" => ServiceType::LoadBalancer,
                "NodePort" => ServiceType::NodePort,
                _ => ServiceType::Other,
            },
            asks: false,
            by_node: false,
            resolve: false,
            entries: Box::default(),
            more: None,
        };
        // What is not read needs no other objects either.
        let types = trim.service_types();
        if !types.reads(service.kind) || !trim.asks(Kind::Service, &service.meta) {
            return service;
        }
        service.asks = true;
        service.by_node = types.reads(ServiceType::NodePort)
            && trim.value(&service.meta, "endpoints-type") == Some("NodeExternalIP");
        service.resolve = trim.resolves() && service.kind == ServiceType::LoadBalancer;
        service.entries = raw.status.load_balancer.entries();
        let mut more = ServiceMore {
            external_ips: (spec.external_ips.iter())
                .map(|ip| Box::from(&**ip))
                .collect(),
            external_name: Box::from(&*spec.external_name),
            ..ServiceMore::default()
        };
        if service.kind != ServiceType::LoadBalancer
            || trim.asks_inside(Kind::Service, &service.meta)
        {
            more.cluster_ip = Box::from(&*spec.cluster_ip);
        }
        let headless = service.kind == ServiceType::ClusterIp && *spec.cluster_ip == *HEADLESS;
        let by_pods = service.kind == ServiceType::NodePort || headless;
        if by_pods {
            more.selector = Pairs::new(spec.selector.0.iter().map(|(key, value)| (key, value)));
            more.local = &*spec.external_traffic_policy == "Local";
            more.publish_not_ready = spec.publish_not_ready_addresses;
            let ports = spec.ports.iter().filter(|port| port.node_port > 0);
            more.node_ports = ports
                .map(|port| {
                    let protocol = match &*port.protocol {
                        "" => "tcp".into(),
                        other => other.to_lowercase().into(),
                    };
                    (port.node_port, protocol)
                })
                .collect();
        }
        if more != ServiceMore::default() {
            service.more = Some(Box::new(more));
        }
        service
    }

    fn links(&self, link: &mut dyn FnMut(Link, Key)) {
        let namespace = self.meta.key.namespace();
        let local = self.more.as_ref().is_some_and(|more| more.local);
        if self.is_headless() {
            link(Link::Wants(Kind::Pod), Key::first_of(namespace));
            link(Link::Wants(Kind::EndpointSlice), Key::first_of(namespace));
        }
        if self.is_headless() && self.by_node {
            link(Link::Wants(Kind::Node), Key::first_of(""));
        }
        if self.kind == ServiceType::NodePort && self.asks {
            link(Link::Wants(Kind::Node), Key::first_of(""));
            if local {
                link(Link::Wants(Kind::Pod), Key::first_of(namespace));
            }
        }
        if self.resolve {
            for entry in &self.entries {
                if let Entry::Hostname(name) = entry {
                    link(Link::Resolves, Key::new("", name));
                }
            }
        }
    }
}

/// A Service as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawService<'a> {
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
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, rename = "clusterIP")]
    cluster_ip: Text<'a>,
    #[serde(borrow, rename = "externalIPs", deserialize_with = "nullable")]
    external_ips: Vec<Text<'a>>,
    #[serde(borrow)]
    external_name: Text<'a>,
    #[serde(borrow)]
    external_traffic_policy: Text<'a>,
    #[serde(borrow)]
    selector: RawPairs<'a>,
    #[serde(deserialize_with = "nullable")]
    publish_not_ready_addresses: bool,
    #[serde(borrow, deserialize_with = "nullable")]
    ports: Vec<RawPort<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawPort<'a> {
    #[serde(borrow)]
    protocol: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    node_port: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    load_balancer: RawLoadBalancer<'a>,
}

/// Where a load balancer is reached, as several kinds have it in their status.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawLoadBalancer<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    ingress: Vec<RawEntry<'a>>,
}

/// One entry of a load balancer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawEntry<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    #[serde(borrow)]
    hostname: Text<'a>,
}

impl RawLoadBalancer<'_> {
    /// Its addresses and names, in order.
    #[must_use]
    pub fn entries(&self) -> Box<[Entry]> {
        let mut entries = Vec::with_capacity(self.ingress.len());
        for entry in &self.ingress {
            if !entry.ip.is_empty() {
                entries.push(Entry::Ip(Box::from(&*entry.ip)));
            }
            if !entry.hostname.is_empty() {
                entries.push(Entry::Hostname(Box::from(&*entry.hostname)));
            }
        }
        entries.into()
    }
}
