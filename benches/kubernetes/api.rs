//! Requests to the API server over connections that stay open.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

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
    pub(crate) fn create(&self, count: u32) -> anyhow::Result<()> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        NEXT.store(0, Ordering::Relaxed);
        self.runtime.block_on(async {
            for number in 0..count.min(100) {
                let name = apiserver::sample::namespace(number);
                let body =
                    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
                send(&self.client, "POST", "/api/v1/namespaces", body, &[409]).await?;
            }
            let mut tasks = JoinSet::new();
            for _ in 0..WRITERS {
                let client = self.client.clone();
                tasks.spawn(async move {
                    loop {
                        let number = NEXT.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return anyhow::Ok(());
                        }
                        create(&client, number).await?;
                    }
                });
            }
            while let Some(ended) = tasks.join_next().await {
                ended.context("a writer ended")??;
            }
            anyhow::Ok(())
        })
    }

    /// Gives a Service another address; done with the server's reply.
    pub(crate) fn change(&self, number: u32, address: &str) -> anyhow::Result<()> {
        self.runtime.block_on(status(&self.client, number, address))
    }
}

async fn create(client: &Client, number: u32) -> anyhow::Result<()> {
    let address = apiserver::sample::address(number);
    let mut service = apiserver::sample::service(number, &address);
    // A real server gives these out itself, and node ports are fewer than our Services.
    for part in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        remove(&mut service, "/spec", part);
    }
    remove(&mut service, "/spec/ports/0", "nodePort");
    remove(&mut service, "/metadata", "managedFields");
    service["spec"]["allocateLoadBalancerNodePorts"] = json!(false);
    let namespace = apiserver::sample::namespace(number);
    let path = format!("/api/v1/namespaces/{namespace}/services");
    send(client, "POST", &path, service, &[]).await?;
    status(client, number, &address).await
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

/// Enough to keep the server busy.
const WRITERS: usize = 16;
