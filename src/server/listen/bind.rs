//! All sockets of a server.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use socket2::{Domain, Socket, Type};
use tracing::warn;

use super::error::BindError;
use super::socket;
use crate::address::canonical;
use crate::options::{Listen, Options};

/// Sockets that are ready to serve.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    /// For each address, a socket for each worker.
    pub(crate) udp: Vec<Vec<UdpSocket>>,
    pub(crate) tcp: Vec<TcpListener>,
    pub(crate) tls: Vec<TcpListener>,
    /// The real addresses, each once.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Those of TLS.
    pub(crate) tls_addresses: Vec<SocketAddr>,
}

/// Opens everything that the options ask for, and takes what was inherited from them.
pub(crate) fn bind(options: &mut Options) -> Result<Bound, BindError> {
    let mut bound = Bound::default();
    let inherited: Vec<OwnedFd> = options.inherited.drain(..).collect();
    for (number, fd) in inherited.into_iter().enumerate() {
        bound.inherit(number, fd, options)?;
    }
    let (whole, inherited) = (bound.whole(), bound.tls_addresses.clone());
    let mut seen: Vec<SocketAddr> = Vec::new();
    for Listen { address, required } in options.listen.iter().copied() {
        // The same place twice is no mistake worth stopping for; port 0 is another one each time.
        if address.port() != 0 && seen.contains(&address) {
            continue;
        }
        seen.push(address);
        if whole.iter().any(|one| serves(*one, address)) {
            continue;
        }
        match bound.listen(address, options) {
            Err(error) if !required && error.is_family_missing() => {
                warn!(%address, "IPv6 is switched off on this machine, serving IPv4 only");
            }
            other => other?,
        }
    }
    for address in &options.listen_tls {
        if inherited.iter().any(|one| serves(*one, *address)) {
            continue;
        }
        let listener = socket::tcp(*address, options.tcp.backlog);
        let listener = listener.map_err(|error| error.of_flag("--listen-tls"))?;
        bound.tls_addresses.push(real(&listener, *address)?);
        bound.tls.push(listener);
    }
    Ok(bound)
}

impl Bound {
    /// Opens the sockets of one address: TCP first, since its port cannot be shared.
    fn listen(&mut self, address: SocketAddr, options: &Options) -> Result<(), BindError> {
        let mut tries = 0;
        loop {
            match pair(address, options) {
                // A free TCP port may be taken for UDP.
                Err(error) if address.port() == 0 && error.is_taken() && tries < TRIES => {
                    tries += 1
                }
                Err(error) => return Err(error),
                Ok((real, tcp, udp)) => {
                    self.tcp.push(tcp);
                    self.udp.push(udp);
                    self.addresses.push(real);
                    return Ok(());
                }
            }
        }
    }

    /// The addresses at which there are sockets of both kinds.
    fn whole(&self) -> Vec<SocketAddr> {
        let tcp: Vec<SocketAddr> = self.tcp.iter().flat_map(|one| one.local_addr()).collect();
        let udp = self.udp.iter().flatten().flat_map(|one| one.local_addr());
        udp.filter(|one| tcp.contains(one)).collect()
    }

    /// Takes over a socket: its kind says what it serves, and whether a stream is for TLS, its port.
    fn inherit(&mut self, number: usize, fd: OwnedFd, options: &Options) -> Result<(), BindError> {
        let (workers, buffer) = (options.udp.workers, options.udp.buffer);
        let problem = |problem| BindError::Inherited {
            number,
            problem,
            source: None,
        };
        let failed = |problem| {
            move |source| BindError::Inherited {
                number,
                problem,
                source: Some(source),
            }
        };
        let socket = Socket::from(fd);
        let kind = socket.r#type().map_err(failed("not a socket"))?;
        let domain = socket.domain().map_err(failed("not a socket"))?;
        if domain != Domain::IPV4 && domain != Domain::IPV6 {
            return Err(problem("neither IPv4 nor IPv6"));
        }
        let own = socket.local_addr().map_err(failed("has no address"))?;
        let own = own.as_socket().ok_or_else(|| problem("has no address"))?;
        if own.port() == 0 {
            return Err(problem("not bound to a port"));
        }
        if kind == Type::DGRAM {
            let socket = UdpSocket::from(socket);
            // Others may hold the socket, so it must not be shut down to end a wait.
            socket::prepare_udp(&socket, own, buffer)
                .and_then(|()| socket.set_read_timeout(Some(socket::WAIT)))
                .map_err(failed("set up UDP"))?;
            // All workers share the one socket.
            let copies = (1..workers).map(|_| socket.try_clone());
            let mut sockets: Vec<_> = copies
                .collect::<Result<_, _>>()
                .map_err(failed("share UDP between workers"))?;
            sockets.push(socket);
            self.udp.push(sockets);
        } else if kind == Type::STREAM {
            if !socket.is_listener().map_err(failed("not a socket"))? {
                return Err(problem("a stream that does not listen"));
            }
            socket.set_nonblocking(true).map_err(failed("set up TCP"))?;
            let mut tls = options.listen_tls.iter();
            if tls.any(|wanted| wanted.port() == own.port()) {
                self.tls.push(socket.into());
                self.tls_addresses.push(own);
                return Ok(());
            }
            self.tcp.push(socket.into());
        } else {
            return Err(problem("neither UDP nor TCP"));
        }
        let own = canonical(own);
        if !self.addresses.contains(&own) {
            self.addresses.push(own);
        }
        Ok(())
    }
}

fn pair(
    address: SocketAddr,
    options: &Options,
) -> Result<(SocketAddr, TcpListener, Vec<UdpSocket>), BindError> {
    let tcp = socket::tcp(address, options.tcp.backlog)?;
    let real = real(&tcp, address)?;
    let workers = options.udp.workers.max(1);
    let udp = (0..workers)
        .map(|_| socket::udp(real, workers > 1, options.udp.buffer))
        .collect::<Result<_, _>>()?;
    Ok((real, tcp, udp))
}

/// Whether a socket that is there takes in what comes to an address. One for all of IPv6 that somebody
/// else opened mostly takes IPv4 too.
fn serves(there: SocketAddr, wanted: SocketAddr) -> bool {
    let all = there.ip().is_unspecified() && (there.is_ipv6() || wanted.is_ipv4());
    there.port() == wanted.port() && (all || there.ip() == wanted.ip())
}

/// The address of a socket with its port.
fn real(tcp: &TcpListener, address: SocketAddr) -> Result<SocketAddr, BindError> {
    tcp.local_addr().map_err(|source| BindError::Socket {
        address,
        step: "read the port",
        source,
    })
}

const TRIES: u32 = 16;
