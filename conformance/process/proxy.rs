//! PROXY protocol v2: the client that a named peer speaks for.
//!
//! The server listens on IPv4 and IPv6; 127.0.0.1 is the load balancer, `::1` is anybody.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use peers::{Options, Program, Server};

use super::site::{Check, Site, check, free, start};
use crate::client::{Connection, Message, Query};

pub(super) const TRIALS: &[Check] = &[
    ("proxy_header_names_the_client_by_udp", by_udp),
    ("proxy_header_names_the_client_by_tcp", by_tcp),
    ("proxy_headers_of_strangers_are_not_read", strangers),
];

/// A server that refuses 192.0.2.7 and 2001:db8::7.
fn serve(program: &Program) -> Result<(Site, Server, SocketAddr), String> {
    let site = Site::new()?;
    let port = free()?;
    let balanced = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options = Options::new([site.zone("a.test", 1, "")?])
        .address(Ipv6Addr::LOCALHOST.into())
        .arguments(["--listen", &balanced.to_string()])
        .arguments(["--proxy-protocol-from", "127.0.0.1/32"])
        .arguments(["--deny-query", "192.0.2.7", "--deny-query", "2001:db8::7"]);
    let server = start(program, &options)?;
    Ok((site, server, balanced))
}

/// A header for a client, over the transport that the last byte says: 1 stream, 2 datagrams.
fn header(client: SocketAddr, transport: u8) -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    let mut addresses = Vec::new();
    let family = match client {
        SocketAddr::V4(client) => {
            addresses.extend(client.ip().octets());
            addresses.extend([192, 0, 2, 53]);
            0x10
        }
        SocketAddr::V6(client) => {
            addresses.extend(client.ip().octets());
            addresses.extend(Ipv6Addr::LOCALHOST.octets());
            0x20
        }
    };
    addresses.extend(client.port().to_be_bytes());
    addresses.extend(53_u16.to_be_bytes());
    // A field that nobody knows, as balancers add them.
    addresses.extend([0xEE, 0, 1, 7]);
    header.extend([0x21, family | transport, 0]);
    header.push(u8::try_from(addresses.len()).unwrap_or(0));
    header.extend(addresses);
    header
}

/// The header of a balancer that speaks for itself, to see whether we are alive.
fn local() -> Vec<u8> {
    [&SIGNATURE[..], &[0x20, 0, 0, 0]].concat()
}

/// Headers, and the response code that a query behind them gets.
fn cases(transport: u8) -> Result<Vec<(Vec<u8>, u16)>, String> {
    let named = |client: &str| -> Result<Vec<u8>, String> {
        let client: SocketAddr = client.parse().map_err(|_| client.to_owned())?;
        Ok(header(client, transport))
    };
    Ok(vec![
        (named("192.0.2.7:4000")?, REFUSED),
        (named("192.0.2.8:4000")?, 0),
        (named("[2001:db8::7]:4000")?, REFUSED),
        (named("[2001:db8::8]:4000")?, 0),
        (local(), 0),
    ])
}

fn by_udp(program: &Program) -> Result<(), String> {
    let (_site, server, balanced) = serve(program)?;
    let query = Query::parse("a.test SOA")?.bytes;
    for (header, rcode) in cases(2)? {
        let reply = by_datagram(balanced, &[&header[..], &query].concat(), ANSWERED)?;
        let reply = reply.ok_or_else(|| format!("no answer behind {header:x?}"))?;
        let message = Message::decode(&reply)?;
        check(message.rcode == rcode, || {
            format!("{header:x?}: rcode {}:\n{}", message.rcode, server.log())
        })?;
    }
    // A balancer that forgets its header, and headers that break off, get no answer.
    let whole = header(([192, 0, 2, 8], 4000).into(), 2);
    let short = whole.get(..20).unwrap_or_default();
    for packet in [&query[..], short, &whole] {
        let reply = by_datagram(balanced, packet, SILENT)?;
        check(reply.is_none(), || format!("{packet:x?} is answered"))?;
    }
    let reply = by_datagram(balanced, &[&whole[..], &query].concat(), ANSWERED)?;
    check(reply.is_some(), || "no answer afterwards".into())
}

fn by_tcp(program: &Program) -> Result<(), String> {
    let (_site, server, balanced) = serve(program)?;
    let query = Query::parse("a.test SOA +tcp")?.bytes;
    for (header, rcode) in cases(1)? {
        let mut connection = open(balanced)?;
        // It may come in pieces.
        for piece in header.chunks(7) {
            connection.send_raw(piece).map_err(said)?;
        }
        // It stands in front of the first query only.
        for _ in 0..2 {
            connection.send(&query).map_err(said)?;
            let reply = connection.receive().map_err(said)?;
            let reply = reply.ok_or_else(|| format!("no answer behind {header:x?}"))?;
            let message = Message::decode(&reply)?;
            check(message.rcode == rcode, || {
                format!("{header:x?}: rcode {}:\n{}", message.rcode, server.log())
            })?;
        }
    }
    let mut connection = open(balanced)?;
    connection.send(&query).map_err(said)?;
    check(connection.is_closed(), || {
        "a balancer without a header is served".into()
    })
}

/// Whoever is not named has no say in who it is: its header is no query.
fn strangers(program: &Program) -> Result<(), String> {
    let (_site, server, _) = serve(program)?;
    let query = Query::parse("a.test SOA")?.bytes;
    let packet = [&header(([192, 0, 2, 8], 4000).into(), 2)[..], &query].concat();
    let reply = by_datagram(server.address(), &packet, SILENT)?;
    check(reply.is_none(), || format!("answered: {reply:x?}"))?;
    let mut connection = open(server.address())?;
    let packet = header(([192, 0, 2, 8], 4000).into(), 1);
    connection.send_raw(&packet).map_err(said)?;
    check(connection.is_closed(), || {
        "a stranger's header is read".into()
    })?;
    let reply = by_datagram(server.address(), &query, ANSWERED)?;
    check(reply.is_some(), || "no answer without a header".into())
}

fn open(server: SocketAddr) -> Result<Connection, String> {
    Connection::open(server, ANSWERED).map_err(said)
}

fn by_datagram(
    server: SocketAddr,
    packet: &[u8],
    wait: Duration,
) -> Result<Option<Vec<u8>>, String> {
    let own = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
    };
    let socket = UdpSocket::bind(own).map_err(said)?;
    socket.connect(server).map_err(said)?;
    socket.set_read_timeout(Some(wait)).map_err(said)?;
    socket.send(packet).map_err(said)?;
    let mut buffer = [0; 4096];
    match socket.recv(&mut buffer) {
        Ok(length) => Ok(buffer.get(..length).map(<[u8]>::to_vec)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(said(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn said(error: io::Error) -> String {
    error.to_string()
}

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const REFUSED: u16 = 5;
const ANSWERED: Duration = Duration::from_secs(3);
/// How long to wait for what should not come.
const SILENT: Duration = Duration::from_millis(300);
