//! A stand-in for the Kubernetes API server: lists, watches and what goes wrong with them.
//!
//! ```text
//! test ─ apply, delete, compact, fault ─→ store (objects as JSON, one version counter, history)
//! client ─HTTP→ list · list as a stream · watch from a version · bookmarks · 410 · status · Events
//! ```
//!
//! It keeps what real servers do that clients must bear: versions are opaque and grow over all
//! resources, history ends somewhere, a watch is closed after a while, bookmarks come unasked,
//! streaming lists end in a marked bookmark, resources that are not installed are 404. It checks
//! nothing about objects. The real server is tested against as well; this one is for speed and for
//! faults that cannot be had on demand.

#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "for tests only: tasks end with the runtime of the test"
)]

mod answer;
mod discovery;
mod fault;
mod request;
mod route;
pub mod sample;
mod store;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fault::{Fault, Faults};
pub use store::Store;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct ApiServer {
    address: SocketAddr,
    store: Arc<Store>,
    task: JoinHandle<()>,
}

impl ApiServer {
    /// Starts one on a free port of loopback, with nothing in it.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_with(
            Arc::new(Store::default()),
            SocketAddr::from(([127, 0, 0, 1], 0)),
        )
        .await
    }

    /// Starts one over a store, at an address: a server that comes back after it was killed.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn start_with(store: Arc<Store>, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .fallback(route::answer)
            .with_state(Arc::clone(&store));
        let task = tokio::spawn(async move {
            // An error of one connection does not end it; one of the listener ends the test.
            let _ended = axum::serve(listener, router).await.is_ok();
        });
        Ok(Self {
            address,
            store,
            task,
        })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it holds.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Makes or changes an object; it must say its kind, version and name.
    pub fn apply(&self, object: Value) {
        self.store.apply(object);
    }

    /// Stops it at once, connections and all.
    pub fn kill(self) {}
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.task.abort();
        self.store.close_watches();
    }
}

/// The text of a kubeconfig for a server at this address, which asks nobody who they are.
#[must_use]
pub fn kubeconfig(url: &str) -> String {
    KUBECONFIG.replace("URL", url)
}

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: 'URL'}}]
users: [{name: a, user: {}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
";
