//! Requests to the API server over connections that stay open.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, ensure};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A client for making and changing Services.
pub(crate) struct Api {
    runtime: Runtime,
    client: Client,
}

impl Api {
    pub(crate) fn new(kubeconfig: &Path) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("start the threads of the API client")?;
        let file = Kubeconfig::read_from(kubeconfig).context("read the kubeconfig")?;
        let client = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(file, &options).await;
            let config = config.context("read the kubeconfig")?;
            Client::try_from(config).context("make the API client")
        })?;
        Ok(Self { runtime, client })
    }

    /// Makes so many Services with their addresses.
    ///
    /// They are put into the store behind the server, which then tells of them as of any others: for
    /// each that it makes itself it counts all addresses given out, which for many takes half an hour.
    pub(crate) fn create(&self, etcd: SocketAddr, count: u32) -> anyhow::Result<()> {
        self.runtime.block_on(async {
            for number in 0..count.min(100) {
                let name = apiserver::sample::namespace(number);
                let body =
                    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
                send(&self.client, "POST", "/api/v1/namespaces", body, &[409]).await?;
            }
            anyhow::Ok(())
        })?;
        benches::store(etcd, (0..count).map(stored))
    }

    /// Gives a Service another address; done with the server's reply.
    pub(crate) fn change(&self, number: u32, address: &str) -> anyhow::Result<()> {
        self.runtime.block_on(status(&self.client, number, address))
    }
}

/// A Service as the server keeps it: where, and what.
fn stored(number: u32) -> (String, Value) {
    let address = apiserver::sample::address(number);
    let mut service = apiserver::sample::service(number, &address);
    // Addresses in the cluster and ports of nodes are each given out once, and are fewer than our
    // Services.
    for part in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        remove(&mut service, "/spec", part);
    }
    remove(&mut service, "/spec/ports/0", "nodePort");
    service["spec"]["allocateLoadBalancerNodePorts"] = json!(false);
    service["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
    service["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    let namespace = apiserver::sample::namespace(number);
    let key = format!("/registry/services/specs/{namespace}/service-{number}");
    (key, service)
}

async fn status(client: &Client, number: u32, address: &str) -> anyhow::Result<()> {
    let namespace = apiserver::sample::namespace(number);
    let path = format!("/api/v1/namespaces/{namespace}/services/service-{number}/status");
    let body = json!({"status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}});
    send(client, "PATCH", &path, body, &[]).await
}

async fn send(
    client: &Client,
    method: &str,
    path: &str,
    body: Value,
    accepted: &[u16],
) -> anyhow::Result<()> {
    let kind = match method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Body::from(body.to_string().into_bytes()))
        .context("make a request")?;
    let reply = client.send(request).await;
    let reply = reply.with_context(|| format!("{method} {path}"))?;
    let status = reply.status();
    let body = reply.into_body().collect_bytes().await;
    let body = body.with_context(|| format!("{method} {path}"))?;
    ensure!(
        status.is_success() || accepted.contains(&status.as_u16()),
        "{method} {path}: {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(())
}

fn remove(value: &mut Value, place: &str, key: &str) {
    let place = value.pointer_mut(place).and_then(Value::as_object_mut);
    if let Some(place) = place {
        place.remove(key);
    }
}
