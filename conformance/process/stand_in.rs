//! A stand-in for an API server that can be killed with all its connections, and our program beside it.
//!
//! ```text
//! Cluster (stand-in API server, on a runtime of its own) ─watch→ our program ─DNS→ trial
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apiserver::{ApiServer, Fault, Store};
use peers::{Options, Ready};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::site::{PATIENCE, check};

/// The stand-in, and what is in it.
pub(super) struct Cluster {
    pub(super) store: Arc<Store>,
    address: SocketAddr,
    running: Option<(Runtime, ApiServer)>,
}

impl Cluster {
    pub(super) fn start() -> Result<Self, String> {
        let store = Arc::new(Store::default());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let (runtime, server) = run(&store, address)?;
        Ok(Self {
            store,
            address: server.address(),
            running: Some((runtime, server)),
        })
    }

    pub(super) fn kill(&mut self) {
        if let Some((runtime, server)) = self.running.take() {
            server.kill();
            // The port is free once the tasks are gone.
            runtime.shutdown_timeout(PATIENCE);
        }
    }

    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.running = Some(run(&self.store, self.address)?);
        Ok(())
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The program beside it, with names of Services in `example.org`.
    pub(super) fn options(&self, more: &[&str]) -> Options {
        let server = format!("--server={}", self.url());
        let given = more.iter().any(|flag| flag.starts_with("--policy="));
        let policy = (!given).then_some("--policy=sync");
        Options::new([])
            .arguments([&*server, "--source=service", "--domain-filter=example.org"])
            .arguments(policy)
            .arguments(more.iter().copied())
            // The settings of whoever runs the trial are not its own.
            .wrapper(["env", "KUBECONFIG=/dev/null"])
            .ready(Ready::AnyAnswer)
    }

    /// Makes or changes a Service that asks for `NAME.example.org`.
    pub(super) fn apply(&self, name: &str, address: &str) {
        self.store.apply(service(name, address));
    }

    pub(super) fn delete(&self, name: &str) {
        // It may be gone already.
        let _was = self.store.delete("v1", "services", "default", name);
    }

    pub(super) fn fail(&self, faults: &[(&str, Fault)]) {
        let faults = faults.iter();
        self.store.fail(
            faults
                .map(|(of, fault)| ((*of).to_owned(), fault.clone()))
                .collect(),
        );
    }

    /// Waits for so many further requests.
    pub(super) fn wait_for_requests(&self, count: usize) -> Result<(), String> {
        let (begin, before) = (Instant::now(), self.store.requests().len());
        while self.store.requests().len() < before + count {
            check(begin.elapsed() < PATIENCE, || {
                "it does not ask again".into()
            })?;
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(store: &Arc<Store>, address: SocketAddr) -> Result<(Runtime, ApiServer), String> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let server = runtime.block_on(ApiServer::start_with(Arc::clone(store), address));
    Ok((runtime, server.map_err(|error| error.to_string())?))
}

fn service(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "default", "name": name,
            "annotations": {"external-dns.kubernetes.io/hostname": format!("{name}.example.org")}},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    })
}
