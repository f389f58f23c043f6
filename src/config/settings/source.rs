//! Which sources there are, and the rules by which names are made from their objects.

/// A kind of object that names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SourceName {
    Crd,
    Empty,
    Fake,
    GatewayGrpcroute,
    GatewayHttproute,
    GatewayTcproute,
    GatewayTlsroute,
    GatewayUdproute,
    Ingress,
    Node,
    Pod,
    Service,
    Unstructured,
}

impl SourceName {
    /// The name as it is given: `gateway-httproute`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crd => "crd",
            Self::Empty => "empty",
            Self::Fake => "fake",
            Self::GatewayGrpcroute => "gateway-grpcroute",
            Self::GatewayHttproute => "gateway-httproute",
            Self::GatewayTcproute => "gateway-tcproute",
            Self::GatewayTlsroute => "gateway-tlsroute",
            Self::GatewayUdproute => "gateway-udproute",
            Self::Ingress => "ingress",
            Self::Node => "node",
            Self::Pod => "pod",
            Self::Service => "service",
            Self::Unstructured => "unstructured",
        }
    }
}

/// How names are made from objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRules {
    /// The one namespace that is looked at; `None` is all.
    pub namespace: Option<String>,
    /// Objects must have these labels.
    pub label_filter: Selector,
    /// Objects must have these annotations.
    pub annotation_filter: Selector,
    /// Prefixes of annotations, each ending in a slash; the first that has a key wins. Never empty.
    pub annotation_prefixes: Vec<String>,
    /// Annotations of older controllers are read too.
    pub compatibility: Option<Compatibility>,
    /// Templates of names.
    pub fqdn_templates: Vec<String>,
    /// Templates of targets.
    pub target_templates: Vec<String>,
    /// Templates of `name:target` pairs.
    pub fqdn_target_templates: Vec<String>,
    /// Templates add to annotations, rather than stand in for them.
    pub combine_fqdn_annotation: bool,
    /// Annotations give no names.
    pub ignore_hostname_annotation: bool,
    /// `spec.tls` of Ingresses gives no names.
    pub ignore_ingress_tls_spec: bool,
    /// `spec.rules` of Ingresses gives no names.
    pub ignore_ingress_rules_spec: bool,
    /// Only Ingresses of these classes; empty is all.
    pub ingress_classes: Vec<String>,
    /// Only Pods in the network of their host.
    pub ignore_non_host_network_pods: bool,
    /// Pods are published below this name.
    pub pod_source_domain: Option<String>,
    /// Cluster addresses of Services are published.
    pub publish_internal_services: bool,
    /// Headless Services publish the addresses of hosts.
    pub publish_host_ip: bool,
    /// Headless Services publish Pods that are not ready.
    pub always_publish_not_ready_addresses: bool,
    /// Only Services of these types; empty is all.
    pub service_types: Vec<ServiceType>,
    /// Names of load balancers are resolved to addresses.
    pub resolve_load_balancer_hostname: bool,
    /// Whether `--listen-endpoint-events` was given. Slices are watched either way.
    pub listen_endpoint_events: bool,
    /// Nodes that take no Pods are left out.
    pub exclude_unschedulable: bool,
    /// Internal IPv6 addresses of Nodes are published as if they were external.
    pub expose_internal_ipv6: bool,
    /// Only Gateways of this name.
    pub gateway_name: Option<String>,
    /// Only Gateways and ListenerSets of this namespace.
    pub gateway_namespace: Option<String>,
    /// Gateways must have these labels.
    pub gateway_label_filter: Selector,
    /// ListenerSets are watched.
    pub gateway_listener_sets: bool,
    /// Resources of the source `unstructured`, as `resource.version.group`.
    pub unstructured_resources: Vec<String>,
}

/// Annotations of older controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compatibility {
    /// Those of kops' DNS controller.
    KopsDnsController,
    /// Those of Mate.
    Mate,
    /// Those of Molecule.
    Molecule,
}

/// Types of Services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ServiceType {
    ClusterIp,
    ExternalName,
    LoadBalancer,
    NodePort,
}

/// A selector of Kubernetes: all its requirements hold. Empty selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// As it was given, without spaces around it: what an API server is asked.
    pub text: String,
    /// What must hold.
    pub requirements: Vec<Requirement>,
}

/// What must hold of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The key.
    pub key: String,
    /// What must hold of it.
    pub operator: Operator,
}

/// What must hold of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// It is there.
    Exists,
    /// It is there, and its value is a greater number.
    GreaterThan(i64),
    /// It is there, and its value is one of these.
    In(Vec<String>),
    /// It is there, and its value is a smaller number.
    LessThan(i64),
    /// It is not there.
    NotExists,
    /// It is not there, or its value is none of these.
    NotIn(Vec<String>),
}

impl Selector {
    /// Whether a map of labels or annotations has what is asked for.
    pub fn matches<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = value_of(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.operator {
                Operator::Exists => value.is_some(),
                Operator::NotExists => value.is_none(),
                Operator::In(values) => {
                    value.is_some_and(|value| values.iter().any(|one| one == value))
                }
                Operator::NotIn(values) => {
                    value.is_none_or(|value| values.iter().all(|one| one != value))
                }
                Operator::GreaterThan(than) => number().is_some_and(|number| number > *than),
                Operator::LessThan(than) => number().is_some_and(|number| number < *than),
            }
        })
    }
}
