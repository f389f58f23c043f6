//! Takes connections from a listening socket and gives each a task.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::TcpOptions;
use super::connection::Connection;
use super::pool::Pool;
use super::registry::Registry;
use crate::address::AddressSet;
use crate::handle::MakeHandler;
use crate::metrics::Metrics;
use crate::transport::tls::Tls;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(super) options: TcpOptions,
    pub(super) proxies: AddressSet,
    pub(super) pool: Pool,
    pub(super) registry: Arc<Registry>,
    pub(super) metrics: Metrics,
    pub(super) stop: CancellationToken,
}

impl Shared {
    pub(crate) fn new(
        options: TcpOptions,
        proxies: AddressSet,
        make: MakeHandler,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            registry: Registry::new(options.connections, options.per_client),
            pool: Pool::new(make, metrics.clone()),
            options,
            proxies,
            metrics,
            stop,
        })
    }
}

/// Serves one listening socket until the server stops and its connections have ended; by TLS, if it
/// is given.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Tls>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    let now = Instant::now();
                    let deadline = now + shared.options.first_query.min(shared.options.idle);
                    let ticket = shared.registry.admit(now, deadline);
                    let connection =
                        Connection::new(stream, peer, tls.clone(), ticket, deadline, Arc::clone(&shared));
                    connections.spawn(connection.run());
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, is_exhausted(&error)) && failing {
                        warn!(%error, "accept a TCP connection");
                    }
                    if failing {
                        shared.registry.make_room(Instant::now());
                    }
                    // The connection stays in the queue: without a pause this would be a busy loop.
                    tokio::select! {
                        () = shared.stop.cancelled() => break,
                        () = sleep(PAUSE) => {}
                    }
                }
            },
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(shared.options.drain, all).await.is_err() {
        connections.shutdown().await;
    }
}

/// Whether a system-wide or process-wide limit is reached: descriptors or memory.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    )
}

const PAUSE: Duration = Duration::from_millis(50);
