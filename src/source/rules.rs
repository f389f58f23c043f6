//! All settings that decide what the sources read and publish. Plain values; the flags they come
//! from are named in each line.

use std::sync::Arc;

use crate::Selector;
use crate::object::{Key, Kind, Meta, ServiceType};
use crate::template::Engine;

/// The settings of all sources.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub struct Rules {
    /// `--annotation-prefix`, each with its `/`: what stands first wins, key by key.
    pub prefixes: Vec<Box<str>>,
    /// `--namespace`: only objects in it are read; empty for all. Not for objects of the cluster.
    pub namespace: Box<str>,
    /// `--label-filter`, over labels.
    pub label_filter: Selector,
    /// `--annotation-filter`, over annotations.
    pub annotation_filter: Selector,
    /// `--compatibility`.
    pub compatibility: Option<Compatibility>,
    /// `--ignore-hostname-annotation`.
    pub ignore_hostname_annotation: bool,
    /// `--publish-internal-services`.
    pub publish_internal_services: bool,
    /// `--publish-host-ip`.
    pub publish_host_ip: bool,
    /// `--always-publish-not-ready-addresses`.
    pub always_publish_not_ready: bool,
    /// `--resolve-service-load-balancer-hostname`.
    pub resolve_load_balancers: bool,
    /// `--service-type-filter`.
    pub service_types: ServiceTypes,
    /// `--expose-internal-ipv6`.
    pub expose_internal_ipv6: bool,
    /// `--exclude-unschedulable`.
    pub exclude_unschedulable: bool,
    /// `--ingress-class`: any of them; empty for all.
    pub ingress_classes: Vec<Box<str>>,
    /// `--ignore-ingress-rules-spec`.
    pub ignore_ingress_rules: bool,
    /// `--ignore-ingress-tls-spec`.
    pub ignore_ingress_tls: bool,
    /// `--ignore-non-host-network-pods`.
    pub ignore_pods_off_host_network: bool,
    /// `--pod-source-domain`; empty for none.
    pub pod_domain: Box<str>,
    /// `--gateway-name`; empty for all.
    pub gateway_name: Box<str>,
    /// `--gateway-namespace`: only Gateways in it are read; empty for all.
    pub gateway_namespace: Box<str>,
    /// `--gateway-label-filter`, over labels of Gateways.
    pub gateway_label_filter: Selector,
    /// `--gateway-listener-sets`.
    pub gateway_listener_sets: bool,
    /// The templates for names and targets, if there are any.
    pub templates: Option<Arc<Engine>>,
    /// `--unstructured-resource`, as `resource.version.group`.
    pub unstructured: Vec<Box<str>>,
}

/// The dialect of another controller, understood where our own annotations give nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compatibility {
    /// `kops-dns-controller`.
    KopsDnsController,
    /// `mate`.
    Mate,
    /// `molecule`.
    Molecule,
}

/// Which types of Services are read. All, if none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four named things")]
pub struct ServiceTypes {
    /// `ClusterIP`.
    pub cluster_ip: bool,
    /// `ExternalName`.
    pub external_name: bool,
    /// `LoadBalancer`.
    pub load_balancer: bool,
    /// `NodePort`.
    pub node_port: bool,
}

impl ServiceTypes {
    /// Whether none is named, so that all are read.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Self::default()
    }

    /// Whether Services of a type are read.
    #[must_use]
    pub fn reads(self, kind: ServiceType) -> bool {
        self.is_all()
            || match kind {
                ServiceType::ClusterIp => self.cluster_ip,
                ServiceType::ExternalName => self.external_name,
                ServiceType::LoadBalancer => self.load_balancer,
                ServiceType::NodePort => self.node_port,
                ServiceType::Other => false,
            }
    }
}

impl Rules {
    /// Whether objects in the namespace of this key are read. Gateways and what belongs to them
    /// have rules of their own, with their kind.
    #[must_use]
    pub fn reads(&self, kind: Kind, key: &Key) -> bool {
        self.namespace.is_empty()
            || !kind.namespaced()
            || matches!(kind, Kind::Gateway | Kind::ListenerSet)
            || *self.namespace == *key.namespace()
    }
}

impl Rules {
    /// Whether an object passes the filters for labels and annotations.
    #[must_use]
    pub fn selects(&self, meta: &Meta) -> bool {
        self.label_filter.matches(&meta.labels) && self.annotation_filter.matches(&meta.annotations)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            prefixes: DEFAULT_PREFIXES
                .iter()
                .map(|text| Box::from(*text))
                .collect(),
            namespace: Box::default(),
            label_filter: Selector::default(),
            annotation_filter: Selector::default(),
            compatibility: None,
            ignore_hostname_annotation: false,
            publish_internal_services: false,
            publish_host_ip: false,
            always_publish_not_ready: false,
            resolve_load_balancers: false,
            service_types: ServiceTypes::default(),
            expose_internal_ipv6: false,
            exclude_unschedulable: true,
            ingress_classes: Vec::new(),
            ignore_ingress_rules: false,
            ignore_ingress_tls: false,
            ignore_pods_off_host_network: false,
            pod_domain: Box::default(),
            gateway_name: Box::default(),
            gateway_namespace: Box::default(),
            gateway_label_filter: Selector::default(),
            gateway_listener_sets: false,
            templates: None,
            unstructured: Vec::new(),
        }
    }
}

/// The prefix since external-dns 0.22, and the one before it.
pub const DEFAULT_PREFIXES: [&str; 2] = [
    "external-dns.kubernetes.io/",
    "external-dns.alpha.kubernetes.io/",
];
