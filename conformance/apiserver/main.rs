//! The stand-in as a program of its own, for benches: so many Services, then a line with its URL.
//!
//! `apiserver SERVICES` serves that many annotated Services of type LoadBalancer, each in one of a
//! hundred namespaces, until its standard input ends. A line `touch N ADDRESS` on standard input
//! changes the address of Service N.

use std::io::{BufRead, Write};

use apiserver::ApiServer;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let count = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1000);
    let server = ApiServer::start().await?;
    for number in 0..count {
        server.apply(service(
            number,
            &format!(
                "10.{}.{}.{}",
                number >> 16 & 255,
                number >> 8 & 255,
                number & 255
            ),
        ));
    }
    server.store().compact();
    writeln!(std::io::stdout(), "{}", server.url())?;
    let store = std::sync::Arc::clone(server.store());
    let reading = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let mut words = line.split_whitespace();
            if let (Some("touch"), Some(number), Some(address)) =
                (words.next(), words.next(), words.next())
                && let Ok(number) = number.parse()
            {
                store.apply(service(number, address));
            }
        }
    });
    // A panic of the reader ends the program as the end of its input does.
    let _ended = reading.await.is_ok();
    Ok(())
}

/// A Service as clusters have them: about 1.5 KB of JSON.
fn service(number: u32, address: &str) -> Value {
    let (namespace, name) = (
        format!("team-{}", number % 100),
        format!("service-{number}"),
    );
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace, "app.kubernetes.io/managed-by": "Helm" },
            "annotations": {
                "external-dns.alpha.kubernetes.io/hostname": format!("{name}.{namespace}.example.org"),
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
