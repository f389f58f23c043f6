//! The bytes of a connection, as they are or by TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::transport::tls::Certificate;

/// The bytes of a connection.
pub(super) enum Stream {
    /// None any more: TLS could not be begun.
    Gone,
    /// As they are.
    Plain(TcpStream),
    /// By TLS. Large, and few of all connections.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Begins TLS. Without success, or given up, it is gone.
    pub(super) async fn secure(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        let Self::Plain(tcp) = std::mem::replace(self, Self::Gone) else {
            return Err(gone());
        };
        let accept = TlsAcceptor::from(config).accept_with(tcp, |session| {
            session.set_buffer_limit(Some(BUFFER));
        });
        *self = Self::Tls(Box::new(accept.await?));
        Ok(())
    }

    /// The socket below.
    pub(super) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Gone => None,
            Self::Plain(tcp) => Some(tcp),
            Self::Tls(stream) => Some(stream.get_ref().0),
        }
    }

    /// Says by TLS that this is the end, so that nobody can cut a connection short unnoticed. TCP
    /// alone has no word for that.
    pub(super) async fn say_end(&mut self) -> io::Result<()> {
        match self {
            Self::Gone | Self::Plain(_) => Ok(()),
            Self::Tls(stream) => stream.shutdown().await,
        }
    }

    /// What the client has shown of itself.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        let Self::Tls(stream) = self else {
            return None;
        };
        let (_, session) = stream.get_ref();
        let own = session.peer_certificates()?.first()?;
        Some(Certificate::new(own.clone().into_owned()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Gone => Poll::Ready(Err(gone())),
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Gone => Poll::Ready(Err(gone())),
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Gone => Poll::Ready(Err(gone())),
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Gone => Poll::Ready(Err(gone())),
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

/// Bytes of a connection that wait to be enciphered, or written.
const BUFFER: usize = 32 << 10;
