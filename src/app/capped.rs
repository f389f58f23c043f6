//! Connections of HTTP with bounds: so many at once, and each ends by itself.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// A listener with a bound on its open connections.
#[derive(Debug)]
pub(crate) struct Capped {
    listener: TcpListener,
    free: Arc<Semaphore>,
    ends: Ends,
}

/// When a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// So long after it has begun.
    After(Duration),
    /// When nothing was read or written for so long.
    Idle(Duration),
}

impl Capped {
    /// A bound of `most` connections, each of which ends by itself.
    pub(crate) fn new(listener: TcpListener, most: usize, ends: Ends) -> Self {
        Self {
            listener,
            free: Arc::new(Semaphore::new(most)),
            ends,
        }
    }
}

impl axum::serve::Listener for Capped {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // The semaphore is never closed; if it were, connections would be without a bound.
            let permit = Arc::clone(&self.free).acquire_owned().await.ok();
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let (Ends::After(time) | Ends::Idle(time)) = self.ends;
                    let connection = Connection {
                        stream,
                        end: Box::pin(sleep(time)),
                        ends: self.ends,
                        _permit: permit,
                    };
                    return (connection, peer);
                }
                Err(error) => {
                    // Out of descriptors, most likely: they come back.
                    tracing::debug!(%error, "take a connection of HTTP");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends by itself.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    ends: Ends,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Whether its time is over; if not, `context` is woken then.
    fn has_ended(&mut self, context: &mut Context<'_>) -> bool {
        self.end.as_mut().poll(context).is_ready()
    }

    /// Something was read or written.
    fn moved(&mut self) {
        if let Ends::Idle(time) = self.ends {
            self.end.as_mut().reset(Instant::now() + time);
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.has_ended(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.moved();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.has_ended(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.moved();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
