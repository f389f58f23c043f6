//! Sends packets and waits for what comes back.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::query::{Query, Transport};

/// Sends a query to one server; `None` if nothing came back in time.
pub(crate) fn exchange(
    server: SocketAddr,
    query: &Query,
    wait: Duration,
) -> io::Result<Option<Vec<u8>>> {
    let mut replies = exchange_all(&[server], query, wait)?;
    Ok(replies.pop().flatten())
}

/// Sends a query to several servers at once and collects what each sent back.
pub(crate) fn exchange_all(
    servers: &[SocketAddr],
    query: &Query,
    wait: Duration,
) -> io::Result<Vec<Option<Vec<u8>>>> {
    match query.transport {
        Transport::Udp => exchange_udp(servers, query, wait),
        Transport::Tcp => servers
            .iter()
            .map(|server| {
                let mut connection = Connection::open(*server, wait)?;
                connection.send(&query.bytes)?;
                connection.receive()
            })
            .collect(),
    }
}

fn exchange_udp(
    servers: &[SocketAddr],
    query: &Query,
    wait: Duration,
) -> io::Result<Vec<Option<Vec<u8>>>> {
    let sockets = servers
        .iter()
        .map(|server| {
            let socket = UdpSocket::bind((local(*server), 0))?;
            socket.connect(server)?;
            socket.send(&query.bytes)?;
            Ok(socket)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let deadline = Instant::now() + wait;
    let mut buffer = vec![0; 65_535];
    sockets
        .iter()
        .map(|socket| {
            let left = deadline.saturating_duration_since(Instant::now());
            socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match socket.recv(&mut buffer) {
                Ok(length) => Ok(buffer.get(..length).map(<[u8]>::to_vec)),
                Err(error) if is_timeout(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .collect()
}

fn local(server: SocketAddr) -> IpAddr {
    if server.is_ipv4() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        Ipv6Addr::LOCALHOST.into()
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// A TCP connection that carries any number of messages.
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects; reads and writes wait at most this long.
    pub(crate) fn open(server: SocketAddr, wait: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, wait)?;
        stream.set_read_timeout(Some(wait))?;
        stream.set_write_timeout(Some(wait))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Sends one message with its length.
    pub(crate) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend(message);
        self.stream.write_all(&bytes)
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Receives one message; `None` if the server closes or stays silent.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 2];
        match self.stream.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if is_end(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut message)?;
        Ok(Some(message))
    }

    /// Whether the server has closed, or does within the time to wait.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0; 1];
        match self.stream.read(&mut byte) {
            Ok(count) => count == 0,
            Err(error) => !is_timeout(&error),
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    is_timeout(error)
        || matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
        )
}
