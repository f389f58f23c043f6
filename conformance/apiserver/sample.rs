//! Objects as clusters have them, as many as are wanted.

use serde_json::{Value, json};

/// The namespace of a Service: one of a hundred.
#[must_use]
pub fn namespace(number: u32) -> String {
    format!("team-{}", number % 100)
}

/// The name that a Service asks for.
#[must_use]
pub fn hostname(number: u32) -> String {
    format!("service-{number}.{}.example.org", namespace(number))
}

/// The address that a Service has at first.
#[must_use]
pub fn address(number: u32) -> String {
    let [_, high, middle, low] = number.to_be_bytes();
    format!("10.{high}.{middle}.{low}")
}

/// A Service as clusters have them: about 1.5 KB of JSON.
#[must_use]
pub fn service(number: u32, address: &str) -> Value {
    let (namespace, name) = (namespace(number), format!("service-{number}"));
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace, "app.kubernetes.io/managed-by": "Helm" },
            "annotations": {
                "external-dns.alpha.kubernetes.io/hostname": hostname(number),
                "meta.helm.sh/release-name": name,
                "meta.helm.sh/release-namespace": namespace,
            },
            "managedFields": [{ "manager": "helm", "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
                "fieldsV1": { "f:metadata": { "f:annotations": { ".": {}, "f:external-dns.alpha.kubernetes.io/hostname": {}, "f:meta.helm.sh/release-name": {} },
                    "f:labels": { ".": {}, "f:app.kubernetes.io/name": {}, "f:app.kubernetes.io/part-of": {} } },
                    "f:spec": { "f:allocateLoadBalancerNodePorts": {}, "f:externalTrafficPolicy": {}, "f:ports": {}, "f:selector": {}, "f:type": {} } } }],
        },
        "spec": {
            "type": "LoadBalancer",
            "clusterIP": "10.96.0.10",
            "clusterIPs": ["10.96.0.10"],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "externalTrafficPolicy": "Cluster",
            "internalTrafficPolicy": "Cluster",
            "sessionAffinity": "None",
            "allocateLoadBalancerNodePorts": true,
            "selector": { "app.kubernetes.io/name": name },
            "ports": [{ "name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30000 + number % 2767 }],
        },
        "status": { "loadBalancer": { "ingress": [{ "ip": address, "ipMode": "VIP" }] } },
    })
}
