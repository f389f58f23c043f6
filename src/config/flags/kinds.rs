//! Flags about objects of one kind.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Kinds of sources",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::repeated("service-type-filter", "TYPE", "all of them").says(
            "Only Services of this type",
            "ClusterIP, NodePort, LoadBalancer or ExternalName.",
        ),
        Flag::switch("publish-internal-services", false)
            .says("Publish the cluster addresses of Services", ""),
        Flag::switch("publish-host-ip", false)
            .says("Publish the addresses of hosts for headless Services", ""),
        Flag::switch("always-publish-not-ready-addresses", false).says(
            "Publish Pods of headless Services before they are ready",
            "",
        ),
        Flag::switch("resolve-service-load-balancer-hostname", false).says(
            "Resolve names of load balancers, and publish addresses",
            "Not for those of Ingresses.",
        ),
        Flag::switch("listen-endpoint-events", false).says(
            "Taken for external-dns: EndpointSlices are always followed",
            "",
        ),
        Flag::repeated("ingress-class", "CLASS", "all of them").says(
            "Only Ingresses of this class",
            "By spec.ingressClassName, else by annotation kubernetes.io/ingress.class.",
        ),
        Flag::switch("ignore-ingress-tls-spec", false)
            .says("Take no names from spec.tls of Ingresses", ""),
        Flag::switch("ignore-ingress-rules-spec", false)
            .says("Take no names from spec.rules of Ingresses", ""),
        Flag::once("gateway-name", "NAME", "").says("Only Gateways of this name", ""),
        Flag::once("gateway-namespace", "NAME", "all of them")
            .says("Only Gateways and ListenerSets of this namespace", ""),
        Flag::once("gateway-label-filter", "SELECTOR", "")
            .says("Only Gateways with these labels", ""),
        Flag::switch("gateway-listener-sets", false).says("Look at ListenerSets too", ""),
        Flag::switch("exclude-unschedulable", true).says(
            "Publish Nodes that take no new Pods too",
            "For the source node and NodePort Services.",
        ),
        Flag::switch("expose-internal-ipv6", false).says(
            "Publish internal IPv6 addresses of Nodes like external ones",
            "",
        ),
        Flag::once("pod-source-domain", "DOMAIN", "")
            .says("Publish each Pod under its name below this one", ""),
        Flag::switch("ignore-non-host-network-pods", false).says(
            "Only Pods in the network of their host",
            "For the source pod.",
        ),
        Flag::repeated("unstructured-resource", "RESOURCE.VERSION.GROUP", "").says(
            "Take names from this resource",
            "For the source unstructured; 'configmaps.v1' is one of the core group.",
        ),
        Flag::once(
            "crd-source-apiversion",
            "VERSION",
            "externaldns.k8s.io/v1alpha1",
        )
        .says("Taken for external-dns: it is always the default", ""),
        Flag::once("crd-source-kind", "KIND", "DNSEndpoint")
            .says("Taken for external-dns: it is always the default", ""),
    ],
};

pub(super) const LATER: Group = Group {
    heading: "Sources that are not part of this build",
    scope: Scope::Sync,
    built: false,
    flags: &[
        Flag::repeated("gloo-namespace", "NAME", "gloo-system")
            .says("Namespaces of Gloo Proxies", ""),
        Flag::once(
            "skipper-routegroup-groupversion",
            "VERSION",
            "zalando.org/v1",
        )
        .says("Group and version of RouteGroups", ""),
        Flag::once("openshift-router-name", "NAME", "")
            .says("Only what this router of OpenShift admitted", ""),
        Flag::once("connector-source-server", "ADDR:PORT", "localhost:8080")
            .says("Where endpoints are fetched ready-made", ""),
        Flag::switch("traefik-enable-legacy", false).says("Look at traefik.containo.us too", ""),
        Flag::switch("traefik-disable-new", false).says("Do not look at traefik.io", ""),
    ],
};
