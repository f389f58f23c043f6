//! One exchange with one KDC: by TCP, and by UDP where nobody listens there (RFC 4120 §7.2).

use std::fmt;
use std::io;
use std::time::Duration;

use client::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;

/// Where a KDC is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kdc {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl fmt::Display for Kdc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Kdc {
    /// Sends a message and takes the answer.
    pub(crate) async fn exchange(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let host = match &self.host {
            Host::Address(address) => address.to_string(),
            Host::Name(name) => name.to_string(),
        };
        match timeout(CONNECT, TcpStream::connect((&*host, self.port))).await {
            Ok(Ok(stream)) => timeout(ANSWER, by_tcp(stream, message)).await?,
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.by_udp(&host, message).await
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn by_udp(&self, host: &str, message: &[u8]) -> io::Result<Vec<u8>> {
        let mut last = io::Error::from(io::ErrorKind::ConnectionRefused);
        let addresses = timeout(CONNECT, lookup_host((host, self.port))).await??;
        for address in addresses.take(MOST_ADDRESSES) {
            let any = if address.is_ipv4() { "0.0.0.0" } else { "::" };
            let socket = UdpSocket::bind((any, 0)).await?;
            socket.connect(address).await?;
            let mut bytes = vec![0; MAX_DATAGRAM];
            for _ in 0..ATTEMPTS {
                let received = async {
                    socket.send(message).await?;
                    socket.recv(&mut bytes).await
                };
                match timeout(DATAGRAM, received).await {
                    Ok(Ok(length)) => {
                        bytes.truncate(length);
                        return Ok(bytes);
                    }
                    Ok(Err(error)) => last = error,
                    Err(_) => last = io::ErrorKind::TimedOut.into(),
                }
            }
        }
        Err(last)
    }
}

async fn by_tcp(mut stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let mut sent = length.to_be_bytes().to_vec();
    sent.extend_from_slice(message);
    stream.write_all(&sent).await?;
    let length = stream.read_u32().await?;
    if length > MAX_ANSWER {
        return Err(io::Error::other("an answer of more than a megabyte"));
    }
    // Grows with what comes, not with what is announced.
    let mut answer = Vec::new();
    stream.take(length.into()).read_to_end(&mut answer).await?;
    if answer.len() == length as usize {
        Ok(answer)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

const CONNECT: Duration = Duration::from_secs(4);
const ANSWER: Duration = Duration::from_secs(10);
/// A datagram and its answer.
const DATAGRAM: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
const MOST_ADDRESSES: usize = 2;
const MAX_DATAGRAM: usize = 65_535;
/// Tickets of users in very many groups have a hundred kilobytes.
const MAX_ANSWER: u32 = 1 << 20;
