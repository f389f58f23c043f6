//! HTTP for those who run the server: `/metrics`, `/healthz`, `/readyz`. Nothing is taken in.
//!
//! Connections are few and end after five minutes, so that nobody can hold them all for long.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::registry::Registry;
use server::listen::Holder;
use server::metrics::Metrics;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use zone::{Store, Withheld};

use super::capped::{Capped, Ends};
use super::zones::Statuses;

/// The listening side.
#[derive(Debug)]
pub(crate) struct Admin {
    listener: TcpListener,
    address: SocketAddr,
}

/// What the pages show.
#[derive(Debug)]
pub(crate) struct Pages {
    /// Whether all zones have been read.
    pub(crate) ready: AtomicBool,
    /// The zones that there should be, and those that there are.
    pub(crate) zones: (Statuses, Arc<Store>),
    pub(crate) live: Live,
    pub(crate) registry: Registry,
}

impl Pages {
    /// Whether the threads that answer and the writer go on, whatever there is outside.
    pub(crate) async fn is_live(self: &Arc<Self>) -> bool {
        let pages = Arc::clone(self);
        // A writer may take a moment.
        let free = tokio::task::spawn_blocking(move || pages.zones.1.is_free_within(PATIENCE));
        let free = free.await.unwrap_or(true);
        let now = Instant::now();
        self.live.writes(now, free) && self.live.answers(now)
    }
}

/// Whether the threads that answer, and whoever writes, still go on.
#[derive(Debug)]
pub(crate) struct Live {
    metrics: Metrics,
    /// Which turns they were at some time.
    last: Mutex<(Instant, Vec<Option<u64>>)>,
    /// Since when no look has found the writers' side free.
    busy: Mutex<Option<Instant>>,
}

impl Live {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            last: Mutex::new((Instant::now(), Vec::new())),
            busy: Mutex::default(),
        }
    }

    /// Whether no thread that answers is at the same turn as at a reading that is old enough to tell.
    fn answers(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(last.0) < STUCK {
            return true;
        }
        let turns = self.metrics.turns();
        let mut pairs = turns.iter().zip(&last.1);
        let stuck = turns.len() == last.1.len() && pairs.any(|(a, b)| a.is_some() && a == b);
        if !stuck {
            *last = (now, turns);
        }
        !stuck
    }

    /// Whether the writers' side was found free, now or a moment ago.
    fn writes(&self, now: Instant, free: bool) -> bool {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if free {
            *busy = None;
            return true;
        }
        now.saturating_duration_since(*busy.get_or_insert(now)) < STUCK
    }
}

/// How long a thread may stand still.
const STUCK: Duration = Duration::from_secs(10);

/// How long one look waits for the writer: shorter than probes do.
const PATIENCE: Duration = Duration::from_millis(500);

impl Admin {
    /// Opens the socket.
    pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let listen = async || {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok::<_, io::Error>(Self { listener, address })
        };
        listen().await.map_err(|error| {
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            let why = taken.then(|| {
                let holder = Holder::find(address);
                let rest = Holder::explain(holder.as_ref(), address, "--metrics-address");
                format!(": port taken{rest}")
            });
            let why = why.unwrap_or_default();
            anyhow::Error::new(error)
                .context(format!("--metrics-address: listen on {address}{why}"))
        })
    }

    /// The real address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the pages until `stop`.
    pub(crate) async fn run(self, pages: Arc<Pages>, stop: CancellationToken) -> io::Result<()> {
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(live))
            .route("/readyz", get(ready))
            .layer(DefaultBodyLimit::max(0))
            .with_state(pages);
        let listener = Capped::new(self.listener, CONNECTIONS, Ends::After(LIFETIME));
        tokio::select! {
            result = axum::serve(listener, router).into_future() => result,
            () = stop.cancelled() => Ok(()),
        }
    }
}

async fn metrics(State(pages): State<Arc<Pages>>) -> Response {
    // Rows are counted for it now and then, which takes longer than a task may hold its thread.
    let page = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &pages.registry).map(|()| text)
    });
    match page.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn live(State(pages): State<Arc<Pages>>) -> (StatusCode, &'static str) {
    match pages.is_live().await {
        true => (StatusCode::OK, "ok\n"),
        false => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "a thread that answers or writes stands still\n",
        ),
    }
}

async fn ready(State(pages): State<Arc<Pages>>) -> (StatusCode, &'static str) {
    let (wanted, served) = &pages.zones;
    if !pages.ready.load(Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    } else if served
        .snapshot()
        .zones()
        .all(|zone| zone.withheld().is_some())
        && !wanted.all().is_empty()
    {
        // Whoever stands in for us is not to go while we have nothing to answer with.
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "there is nothing to answer of any zone\n",
        )
    } else if has_expired(served) {
        // Other copies may have been confirmed.
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "a zone has expired: no leader has confirmed it for too long\n",
        )
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// Whether a zone that other copies have too has expired here.
fn has_expired(store: &Store) -> bool {
    let shared = store.behind();
    let snapshot = store.snapshot();
    let mut zones = shared
        .iter()
        .filter_map(|apex| snapshot.zone(apex.as_ref()));
    zones.any(|zone| zone.withheld() == Some(Withheld::Expired))
}

/// The format that the encoder writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A few scrapers and probes, and many to spare.
const CONNECTIONS: usize = 256;

/// Longer than any scrape; who keeps a connection open opens another one then. Short, since those
/// that send nothing keep probes from getting through until then.
const LIFETIME: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[test]
    fn who_writes_for_long_is_alive_and_who_never_ends_is_not() {
        let live = Live::new(Metrics::new());
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert!(live.writes(begin, false));
        assert!(live.writes(after(9), false));
        assert!(live.writes(after(12), true), "it was a long one");
        assert!(live.writes(after(20), false));
        assert!(!live.writes(after(31), false));
    }

    #[tokio::test]
    async fn readiness_follows_its_flag() {
        let admin = Admin::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let address = admin.address();
        let pages = Arc::new(Pages {
            ready: AtomicBool::new(false),
            zones: (Statuses::default(), Arc::new(Store::new([1, 2]))),
            live: Live::new(Metrics::new()),
            registry: Registry::default(),
        });
        let stop = CancellationToken::new();
        let ask = async |path: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer.lines().next().unwrap_or_default().to_owned()
        };
        let asked = async {
            assert_eq!(ask("/healthz").await, "HTTP/1.1 200 OK");
            assert_eq!(ask("/readyz").await, "HTTP/1.1 503 Service Unavailable");
            pages.ready.store(true, Relaxed);
            assert_eq!(ask("/readyz").await, "HTTP/1.1 200 OK");
            assert_eq!(ask("/metrics").await, "HTTP/1.1 200 OK");
            assert_eq!(ask("/").await, "HTTP/1.1 404 Not Found");
            stop.cancel();
        };
        let (ended, ()) = tokio::join!(admin.run(Arc::clone(&pages), stop.clone()), asked);
        ended.unwrap();
    }
}
