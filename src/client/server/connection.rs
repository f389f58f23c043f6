//! A connection by TCP, perhaps with TLS: messages behind their length (RFC 1035 §4.2.2).

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Duration, Instant, timeout};
use tokio_rustls::TlsConnector;

use super::Server;
use crate::error::Fault;
use crate::host::Host;

/// Bytes both ways.
trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// A connection.
pub(super) struct Connection {
    stream: Box<dyn Duplex>,
}

/// A connection that no request is on.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) connection: Connection,
    since: Instant,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection(..)")
    }
}

impl Kept {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            since: Instant::now(),
        }
    }

    /// Whether the server has probably not ended it yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.since.elapsed() < KEPT_FOR
    }
}

impl Server {
    /// Makes a connection.
    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        let limit = self.settings.limits.connect;
        match timeout(limit, self.connect_in_time()).await {
            Ok(result) => result,
            Err(_) => Err(Fault::Connect {
                server: self.label.clone(),
                source: io::ErrorKind::TimedOut.into(),
            }),
        }
    }

    async fn connect_in_time(&self) -> Result<Connection, Fault> {
        let failed = |source| Fault::Connect {
            server: self.label.clone(),
            source,
        };
        let port = self.settings.port;
        let tcp = match &self.settings.host {
            Host::Address(address) => TcpStream::connect((*address, port)).await,
            Host::Name(name) => TcpStream::connect((&**name, port)).await,
        };
        let tcp = tcp.map_err(failed)?;
        // Messages are written whole, so nothing is gained by waiting for more.
        tcp.set_nodelay(true).map_err(failed)?;
        let Some(tls) = &self.settings.tls else {
            return Ok(Connection {
                stream: Box::new(tcp),
            });
        };
        let failed = |source| Fault::Tls {
            server: self.label.clone(),
            source,
        };
        let name = match (&tls.server_name, &self.settings.host) {
            (Some(name), _) | (None, Host::Name(name)) => ServerName::try_from(name.to_string())
                .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?,
            (None, Host::Address(address)) => ServerName::from(*address),
        };
        // A folder that does not answer must hold up nobody else.
        let own = tls.clone();
        let config = tokio::task::spawn_blocking(move || own.current()).await;
        let config = config.map_err(|error| failed(io::Error::other(error)))?;
        let connector = TlsConnector::from(config);
        let stream = connector.connect(name, tcp).await.map_err(failed)?;
        Ok(Connection {
            stream: Box::new(stream),
        })
    }

    /// The addresses of the server.
    pub(super) async fn addresses(&self) -> Result<Vec<std::net::SocketAddr>, Fault> {
        let port = self.settings.port;
        let name = match &self.settings.host {
            Host::Address(address) => return Ok(vec![(*address, port).into()]),
            Host::Name(name) => name,
        };
        match timeout(self.settings.limits.connect, lookup_host((&**name, port))).await {
            Ok(Ok(addresses)) => Ok(addresses.collect()),
            Ok(Err(source)) => Err(Fault::Connect {
                server: self.label.clone(),
                source,
            }),
            Err(_) => Err(Fault::Connect {
                server: self.label.clone(),
                source: io::ErrorKind::TimedOut.into(),
            }),
        }
    }
}

impl Connection {
    /// Writes a message of at most 65,535 bytes.
    pub(super) async fn write(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(message.len() + 2);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(message);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    /// Reads the next message into `message`; false if the server has ended the connection before
    /// its first byte.
    pub(super) async fn read(&mut self, message: &mut Vec<u8>) -> io::Result<bool> {
        let mut length = [0; 2];
        let [first, second] = &mut length;
        match self.stream.read(std::slice::from_mut(first)).await {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            // Some servers end TLS without saying so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        self.stream.read_exact(std::slice::from_mut(second)).await?;
        message.clear();
        message.resize(u16::from_be_bytes(length).into(), 0);
        self.stream.read_exact(message).await?;
        Ok(true)
    }
}

/// Less than servers keep a quiet connection: PowerDNS 5 s, Knot 10 s, BIND 30 s.
const KEPT_FOR: Duration = Duration::from_secs(4);
