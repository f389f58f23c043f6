//! A way to a server that counts what goes over it: messages of DNS over TCP, both ways.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What has gone over it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) updates: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    /// When the last update was answered.
    last: Mutex<Option<Instant>>,
}

impl Counts {
    /// When the last update was answered.
    pub(crate) fn last(&self) -> Option<Instant> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, message: &[u8]) {
        self.requests.fetch_add(1, Relaxed);
        self.updates
            .fetch_add(u64::from(is_update(message)), Relaxed);
        self.sent.fetch_add(length(message), Relaxed);
    }

    fn answer(&self, message: &[u8]) {
        self.received.fetch_add(length(message), Relaxed);
        if is_update(message) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// A message and the length before it.
fn length(message: &[u8]) -> u64 {
    message.len() as u64 + 2
}

/// RFC 2136 §2.2: the operation is 5.
fn is_update(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags >> 3 & 0xf == 5)
}

/// A listening way. It ends with this value.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) counts: Arc<Counts>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// A way to this server.
    pub(crate) async fn start(to: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("listen for what is pushed")?;
        let (port, counts) = (listener.local_addr()?.port(), Arc::new(Counts::default()));
        let (mut accepting, shared) = (JoinSet::new(), Arc::clone(&counts));
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Relaxed);
                connections.spawn(carry(stream, to, Arc::clone(&shared)));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            port,
            counts,
            _accepting: accepting,
        })
    }
}

/// Carries one connection to its end, which either side may bring about.
async fn carry(stream: TcpStream, to: SocketAddr, counts: Arc<Counts>) {
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    // Without this small messages would wait for acknowledgements on their way.
    let _slower = stream.set_nodelay(true).is_err() || server.set_nodelay(true).is_err();
    let ((from, back), (answers, on)) = (stream.into_split(), server.into_split());
    tokio::select! {
        () = messages(from, on, |message| counts.request(message)) => {}
        () = messages(answers, back, |message| counts.answer(message)) => {}
    }
}

/// Carries messages one way until an end.
async fn messages(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, count: impl Fn(&[u8])) {
    let mut message = Vec::new();
    loop {
        let Ok(length) = from.read_u16().await else {
            return;
        };
        message.clear();
        message.extend(length.to_be_bytes());
        message.resize(usize::from(length) + 2, 0);
        let Some(body) = message.get_mut(2..) else {
            return;
        };
        if from.read_exact(body).await.is_err() {
            return;
        }
        count(body);
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}
