//! A server: its sockets, and the threads and tasks that serve them.
//!
//! ```text
//! bind ─→ addresses ─→ run ─┬─ thread udp-0, udp-1, …   one for each UDP socket
//!                           └─ task accept              one for each TCP socket, with TLS or without
//! stop ─→ UDP answers what has arrived, TCP ends its connections ─→ run returns
//! ```

use std::io;
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use socket2::SockRef;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};
use zone::Store;

use crate::address::AddressSet;
use crate::handle::MakeHandler;
use crate::listen::{self, BindError, Bound};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::pipeline::{Authority, Core};
use crate::transport::{tcp, udp};

/// A server that listens, and serves once it runs.
pub struct Server {
    bound: Bound,
    options: Options,
    metrics: Metrics,
    make: MakeHandler,
}

/// Why a server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A listening TCP socket could not be handed to the runtime.
    #[error("accept TCP connections")]
    Accept(#[source] io::Error),
    /// A thread could not be started.
    #[error("start a thread for UDP")]
    Thread(#[source] io::Error),
}

impl Server {
    /// Opens all sockets, to answer from the store.
    ///
    /// # Errors
    /// If an address cannot be listened at.
    pub fn bind(
        mut options: Options,
        authority: Authority,
        store: Arc<Store>,
    ) -> Result<Self, BindError> {
        let metrics = Metrics::new();
        let room = usize::from(options.core.edns_size);
        options.udp.largest_answer = options.udp.largest_answer.max(room);
        options.core.tcp_idle = options.tcp.idle;
        let key = &mut options.core.rate_limit.key;
        if *key == [0; 16] {
            getrandom::fill(key).map_err(BindError::Random)?;
        }
        let core = Core::new(options.core.clone(), authority, store, metrics.clone());
        let make: MakeHandler = Arc::new(move || Box::new(core.worker()));
        Self::with_handlers(options, metrics, make)
    }

    /// Opens all sockets, to answer with the handlers that `make` makes.
    ///
    /// # Errors
    /// If an address cannot be listened at.
    pub fn with_handlers(
        mut options: Options,
        metrics: Metrics,
        make: MakeHandler,
    ) -> Result<Self, BindError> {
        Ok(Self {
            bound: listen::bind(&mut options)?,
            options,
            metrics,
            make,
        })
    }

    /// The addresses it listens at, with their real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.bound.addresses
    }

    /// The addresses it listens at for TLS.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.bound.tls_addresses
    }

    /// Its counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Serves until `stop`, then ends in good order.
    ///
    /// # Errors
    /// If serving cannot begin.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let proxies = AddressSet::new(&self.options.proxies);
        let shared = tcp::Shared::new(
            self.options.tcp,
            proxies.clone(),
            Arc::clone(&self.make),
            self.metrics.clone(),
            stop.clone(),
        );
        let mut accepts = JoinSet::new();
        let plain = self.bound.tcp.into_iter().map(|listener| (listener, None));
        let tls = || Some(self.options.tls.clone());
        let tls = self.bound.tls.into_iter().map(|listener| (listener, tls()));
        for (listener, tls) in plain.chain(tls) {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(RunError::Accept)?;
            accepts.spawn(tcp::serve(listener, tls, Arc::clone(&shared)));
        }
        let shared = Arc::new(udp::Shared {
            options: self.options.udp,
            proxies,
            make: self.make,
            stop: AtomicBool::new(false),
        });
        // However this function ends, the threads do.
        let mut stop_threads = StopThreads {
            shared: Arc::clone(&shared),
            endless: Vec::new(),
        };
        let mut threads = Vec::new();
        for sockets in self.bound.udp {
            let processors = processors(&shared.options, sockets.len());
            for (number, socket) in sockets.into_iter().enumerate() {
                stop_threads.watch(&socket).map_err(RunError::Thread)?;
                let job = Job {
                    socket,
                    shared: Arc::clone(&shared),
                    metrics: self.metrics.clone(),
                    processor: processors.get(number).copied(),
                };
                threads.push(job.start(number).map_err(RunError::Thread)?);
            }
        }
        stop.cancelled().await;
        drop(stop_threads);
        while accepts.join_next().await.is_some() {}
        let joined = tokio::task::spawn_blocking(move || {
            threads
                .into_iter()
                .filter_map(|thread| thread.join().err())
                .count()
        });
        if !matches!(joined.await, Ok(0)) {
            error!("a thread for UDP ended by a panic");
        }
        Ok(())
    }
}

/// Has the threads end when it is dropped.
struct StopThreads {
    shared: Arc<udp::Shared>,
    /// Sockets that are waited at without end.
    endless: Vec<UdpSocket>,
}

impl StopThreads {
    fn watch(&mut self, socket: &UdpSocket) -> io::Result<()> {
        if socket.read_timeout()?.is_none() {
            self.endless.push(socket.try_clone()?);
        }
        Ok(())
    }
}

impl Drop for StopThreads {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        for socket in &self.endless {
            // The system says that it is not connected, and ends all waits for it: a limit of each
            // wait would cost a timer whenever there is nothing to read.
            SockRef::from(socket)
                .shutdown(Shutdown::Read)
                .unwrap_or_default();
        }
    }
}

/// What a UDP thread needs to begin, and to begin again.
struct Job {
    socket: UdpSocket,
    shared: Arc<udp::Shared>,
    metrics: Metrics,
    processor: Option<usize>,
}

impl Job {
    fn start(self, number: usize) -> io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name(format!("udp-{number}"))
            .spawn(move || self.run())
    }

    /// Serves until the stop. A worker that panics outside of a request is replaced: its socket
    /// would go on to take in requests.
    fn run(self) {
        if let Some(processor) = self.processor {
            pin(processor);
        }
        while !self.shared.stop.load(Relaxed) {
            if catch_unwind(AssertUnwindSafe(|| self.serve())).is_err() {
                error!("worker for UDP panicked, starting another one");
                thread::park_timeout(udp::PAUSE);
            }
        }
    }

    fn serve(&self) {
        let socket = self.socket.try_clone();
        let worker = socket.and_then(|socket| {
            udp::Worker::new(socket, Arc::clone(&self.shared), self.metrics.worker())
        });
        match worker {
            Ok(worker) => worker.run(),
            Err(error) => {
                error!(%error, "start a worker for UDP");
                thread::park_timeout(udp::PAUSE);
            }
        }
    }
}

/// The processors to bind workers to: only where there is exactly one for each. With more of them,
/// others may want the same ones, and the system knows better.
fn processors(options: &udp::UdpOptions, workers: usize) -> Vec<usize> {
    if !options.pin || workers < 2 {
        return Vec::new();
    }
    let Ok(allowed) = sched_getaffinity(Pid::from_raw(0)) else {
        return Vec::new();
    };
    let allowed: Vec<usize> = (0..CpuSet::count())
        .filter(|processor| allowed.is_set(*processor).unwrap_or(false))
        .collect();
    match allowed.len() == workers {
        true => allowed,
        false => Vec::new(),
    }
}

fn pin(processor: usize) {
    let mut one = CpuSet::new();
    let done = one
        .set(processor)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &one));
    if let Err(error) = done {
        debug!(processor, %error, "bind a worker to a processor");
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpStream, UdpSocket};

    use super::*;
    use crate::options::Listen;
    use crate::transport::testing::echo;

    #[tokio::test]
    async fn server_answers_over_udp_and_tcp_until_it_is_stopped() {
        let listen = ["127.0.0.1:0", "127.0.0.2:0"];
        let mut options = Options {
            listen: listen
                .iter()
                .map(|address| Listen::required(address.parse().unwrap()))
                .collect(),
            ..Options::default()
        };
        options.udp.workers = 2;
        let server = Server::with_handlers(options, Metrics::new(), echo()).unwrap();
        let addresses = server.addresses().to_vec();
        let metrics = server.metrics().clone();
        let stop = CancellationToken::new();
        let client = async {
            for address in &addresses {
                // Many ports, so that both workers get some of them.
                for _ in 0..8 {
                    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    udp.connect(address).await.unwrap();
                    udp.send(b"hello").await.unwrap();
                    let mut answer = [0; 512];
                    let len = udp.recv(&mut answer).await.unwrap();
                    assert!(answer[..len].starts_with(b"hello from 127.0.0.1:"));
                }
                let mut tcp = TcpStream::connect(address).await.unwrap();
                tcp.write_all(b"\x00\x05hello").await.unwrap();
                let len = tcp.read_u16().await.unwrap();
                assert!(len > 5);
            }
            stop.cancel();
            Instant::now()
        };
        let (result, stopped) = tokio::join!(server.run(stop.clone()), client);
        result.unwrap();
        assert!(stopped.elapsed() < Duration::from_secs(2));
        let totals = metrics.totals();
        assert_eq!(
            (totals.received, totals.sent, totals.tcp_accepted),
            (18, 18, 2)
        );
    }
}
