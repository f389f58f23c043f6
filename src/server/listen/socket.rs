//! One socket: its options, in the order that the system wants them.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tracing::debug;

use super::error::BindError;
use super::holder::Holder;
use crate::transport::mmsg::set_option;

/// A TCP socket that listens. Never shared (SO_REUSEPORT): it is the one that tells a second
/// instance that the port is taken.
pub(super) fn tcp(address: SocketAddr, backlog: i32) -> Result<std::net::TcpListener, BindError> {
    let step = |step| move |source| refused(address, step, source);
    let socket = open(address, Type::STREAM, Protocol::TCP)?;
    // Connections of the process before us may still be ending.
    socket
        .set_reuse_address(true)
        .map_err(step("allow the address again"))?;
    // Connections inherit these. Left to itself the kernel grows a send buffer to megabytes, and
    // clients that never read would hold them all.
    socket
        .set_send_buffer_size(TCP_BUFFER)
        .and_then(|()| socket.set_recv_buffer_size(TCP_BUFFER))
        .map_err(step("bound the buffers"))?;
    bind(&socket, address)?;
    socket.listen(backlog).map_err(step("listen"))?;
    socket.set_nonblocking(true).map_err(step("set up TCP"))?;
    Ok(socket.into())
}

/// Room for one answer of the largest size, each way.
const TCP_BUFFER: usize = 64 << 10;

/// A UDP socket; `shared` with others of this process (SO_REUSEPORT).
pub(super) fn udp(
    address: SocketAddr,
    shared: bool,
    buffer: usize,
) -> Result<UdpSocket, BindError> {
    let step = |step| move |source| refused(address, step, source);
    let socket = open(address, Type::DGRAM, Protocol::UDP)?;
    if shared {
        socket
            .set_reuse_port(true)
            .map_err(step("share the port between workers"))?;
    }
    bind(&socket, address)?;
    let socket = UdpSocket::from(socket);
    prepare_udp(&socket, address, buffer).map_err(step("set up UDP"))?;
    Ok(socket)
}

/// The options of a UDP socket, whoever opened it.
pub(crate) fn prepare_udp(socket: &UdpSocket, own: SocketAddr, buffer: usize) -> io::Result<()> {
    socket.set_nonblocking(false)?;
    let fd = socket.as_fd();
    let wildcard = own.ip().is_unspecified();
    match own {
        SocketAddr::V4(_) => {
            if wildcard {
                set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
            }
            // Path MTUs that anybody can forge must not make us send fragments (RFC 9715 §3.1).
            wish(
                "path MTU",
                set_option(fd, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, PMTUDISC_OMIT),
            );
        }
        SocketAddr::V6(_) => {
            if wildcard {
                set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
            }
            wish(
                "path MTU",
                set_option(
                    fd,
                    libc::IPPROTO_IPV6,
                    libc::IPV6_MTU_DISCOVER,
                    PMTUDISC_OMIT,
                ),
            );
            // Larger answers are cut for the smallest link at once: no one has to tell us.
            wish(
                "MTU",
                set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_MTU, 1280),
            );
        }
    }
    enlarge(socket, buffer);
    Ok(())
}

/// Buffers of the wanted size, beyond the system's limit where that is allowed.
fn enlarge(socket: &UdpSocket, buffer: usize) {
    let size = i32::try_from(buffer).unwrap_or(i32::MAX);
    let both = [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
    ];
    for (force, plain) in both {
        let set = |name| set_option(socket.as_fd(), libc::SOL_SOCKET, name, size);
        wish("buffer", set(force).or_else(|_| set(plain)));
    }
}

/// An option that makes things better, but is not worth refusing to serve for.
fn wish(option: &str, done: io::Result<()>) {
    if let Err(error) = done {
        debug!(option, %error, "set a socket option");
    }
}

fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> Result<Socket, BindError> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))
        .map_err(|source| refused(address, "open a socket", source))?;
    if address.is_ipv6() {
        // IPv4 has sockets of its own, so that no address ever wears two forms.
        socket
            .set_only_v6(true)
            .map_err(|source| refused(address, "keep IPv4 apart", source))?;
    }
    Ok(socket)
}

fn bind(socket: &Socket, address: SocketAddr) -> Result<(), BindError> {
    socket
        .bind(&SockAddr::from(address))
        .map_err(|source| refused(address, "bind", source))
}

/// What an error of the system means.
pub(super) fn refused(address: SocketAddr, step: &'static str, source: io::Error) -> BindError {
    match source.raw_os_error() {
        Some(libc::EADDRINUSE) => BindError::Taken {
            address,
            holder: Holder::find(address),
            flag: "--listen",
            source,
        },
        Some(libc::EACCES) if address.port() < 1024 => BindError::Denied {
            address,
            flag: "--listen",
            source,
        },
        // Off in the kernel, or off by setting: then not even these two addresses are there.
        Some(libc::EAFNOSUPPORT) if address.is_ipv6() => BindError::NoIpv6 { address, source },
        Some(libc::EADDRNOTAVAIL) if is_always_there(address) => {
            BindError::NoIpv6 { address, source }
        }
        Some(libc::EADDRNOTAVAIL) => BindError::Absent { address, source },
        _ => BindError::Socket {
            address,
            step,
            source,
        },
    }
}

/// Whether each machine with IPv6 has this address.
fn is_always_there(address: SocketAddr) -> bool {
    address.is_ipv6() && (address.ip().is_loopback() || address.ip().is_unspecified())
}

/// IP_PMTUDISC_OMIT and IPV6_PMTUDISC_OMIT.
const PMTUDISC_OMIT: i32 = 5;
/// How long a worker waits before it looks whether to stop, where nothing else can wake it: four
/// wake-ups a second are no load.
pub(super) const WAIT: Duration = Duration::from_millis(250);
