//! Objects and roles for trials beside a real API server.

use serde_json::{Value, json};

/// What a role made for external-dns by its chart allows, for these sources.
pub(crate) fn chart_role() -> Value {
    let read = json!(["get", "watch", "list"]);
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "external-dns"},
        "rules": [
            {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": read},
            {"apiGroups": [""], "resources": ["services"], "verbs": read},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
            {"apiGroups": ["extensions", "networking.k8s.io"], "resources": ["ingresses"],
                "verbs": read},
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsendpoints"], "verbs": read},
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsendpoints/status"],
                "verbs": ["update"]},
            {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["gateways"], "verbs": read},
            {"apiGroups": [""], "resources": ["namespaces"], "verbs": read},
            {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"],
                "verbs": read},
        ],
    })
}

pub(crate) fn events_role() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "events"},
        "rules": [{"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]}],
    })
}

/// The user without rights of its own gets those of a role.
pub(crate) fn bound(role: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "limited"}],
    })
}

fn hostname(name: &str) -> Value {
    json!({"external-dns.kubernetes.io/hostname": format!("{name}.example.org")})
}

pub(crate) fn service(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "annotations": hostname(name)},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    })
}

pub(crate) fn node_port(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "annotations": hostname(name)},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    })
}

pub(crate) fn headless(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "annotations": hostname(name)},
        "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"port": 80}]},
    })
}

pub(crate) fn node(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
        "status": {"addresses": [{"type": "ExternalIP", "address": address}]},
    })
}

pub(crate) fn pod(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "db"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    })
}

pub(crate) fn slice(service: &str, pod: &str, address: &str) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": service, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "ports": [],
        "endpoints": [{"addresses": [address], "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "name": pod, "namespace": "default"}}],
    })
}

pub(crate) fn ingress(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
        "spec": {"rules": [{"host": format!("{name}.example.org")}]},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    })
}

pub(crate) fn endpoint(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": name},
        "spec": {"endpoints": [{"dnsName": format!("{name}.example.org"), "recordType": "A",
            "targets": [address]}]},
    })
}

pub(crate) fn gateway(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": name},
        "spec": {"gatewayClassName": "c",
            "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]},
        "status": {"addresses": [{"type": "IPAddress", "value": address}]},
    })
}

pub(crate) fn route(name: &str, gateway: &str) -> Value {
    let parent = json!({"name": gateway});
    let accepted = json!({"type": "Accepted", "status": "True", "reason": "Accepted",
        "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {"parentRefs": [parent], "hostnames": [format!("{name}.example.org")]},
        "status": {"parents": [{"parentRef": parent, "controllerName": "example.org/c",
            "conditions": [accepted]}]},
    })
}
