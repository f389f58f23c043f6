//! TCP clients that do not do their part: they never read, or never finish what they say.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use benches::{Mix, Random, pause, question};
use socket2::{Domain, Socket, Type};

/// Clients that ask as fast as they may and read nothing. Where the server closes a connection,
/// another one is opened.
pub(crate) fn never_read(
    server: SocketAddr,
    connections: usize,
    time: Duration,
) -> anyhow::Result<u64> {
    let mut random = Random::new(9);
    // Several hundred questions in one write.
    let mut questions = Vec::new();
    while questions.len() < 32 << 10 {
        let name = Mix::Negative.name_to_ask(&mut random, 0);
        let question = question(name.as_ref(), true);
        questions.extend_from_slice(&u16::try_from(question.len())?.to_be_bytes());
        questions.extend_from_slice(&question);
    }
    hold(server, connections, time, |stream| {
        match stream.write(&questions) {
            // The rest of a question that was cut comes with the next write; the server need not
            // understand it.
            Ok(written) => Some(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Some(0),
            Err(_) => None,
        }
    })
}

/// Clients that send one byte now and then of a message that never ends.
pub(crate) fn half_open(
    server: SocketAddr,
    connections: usize,
    time: Duration,
) -> anyhow::Result<u64> {
    hold(server, connections, time, |stream| {
        match stream.write(&[1]) {
            Ok(written) => Some(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Some(0),
            Err(_) => None,
        }
    })
}

/// Holds this many connections for this long; gives the bytes that were sent.
fn hold(
    server: SocketAddr,
    connections: usize,
    time: Duration,
    mut write: impl FnMut(&mut TcpStream) -> Option<usize>,
) -> anyhow::Result<u64> {
    let begin = Instant::now();
    let mut held: Vec<Option<TcpStream>> = (0..connections).map(|_| None).collect();
    let mut sent = 0;
    while begin.elapsed() < time {
        let mut opened = 0;
        for (number, place) in held.iter_mut().enumerate() {
            if place.is_none() && opened < OPENED_AT_ONCE {
                opened += 1;
                // Refused connections are tried again in the next turn.
                *place = open(server, number).ok();
            }
            let written = place.as_mut().map(&mut write);
            match written {
                Some(Some(bytes)) => sent += bytes as u64,
                Some(None) => *place = None,
                None => {}
            }
        }
        pause(TURN);
    }
    Ok(sent)
}

/// A connection from one of many addresses, ten of them for each, with a small window.
fn open(server: SocketAddr, number: usize) -> anyhow::Result<TcpStream> {
    let [.., high, low] = (number / 10).to_be_bytes();
    let from = Ipv4Addr::new(127, 1, high, low.max(1));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(4096)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&server.into(), Duration::from_secs(1))?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// A client writes once in a turn.
const TURN: Duration = Duration::from_millis(100);
/// Connections opened in a turn: the attack is that they are held, not that there are ever more.
const OPENED_AT_ONCE: usize = 50;
