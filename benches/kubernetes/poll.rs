//! Questions asked again and again, until the answer is there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benches::{pause, question};
use wire::{Name, NameRef};

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Client(UdpSocket);

impl Client {
    pub(crate) fn new(server: SocketAddr) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((server.ip(), 0)).context("open a socket")?;
        socket.connect(server).context("open a socket")?;
        socket
            .set_read_timeout(Some(PATIENCE))
            .context("open a socket")?;
        Ok(Self(socket))
    }

    /// The address in the first answer; none if there is none.
    pub(crate) fn ask(&self, name: &str) -> Option<[u8; 4]> {
        let name = Name::from_text(name.as_bytes(), Some(NameRef::ROOT)).ok()?;
        let question = question(name.as_ref(), false);
        self.0.send(&question).ok()?;
        let mut reply = [0; 1232];
        loop {
            let length = self.0.recv(&mut reply).ok()?;
            let reply = reply.get(..length)?;
            // An answer to the question before may come late.
            if reply.get(12..question.len()) == question.get(12..) {
                let answers = reply.get(6..8)? != [0, 0];
                return answers.then(|| reply.last_chunk().copied()).flatten();
            }
        }
    }

    /// Asks until the answer is this one; tells when it was.
    pub(crate) fn wait(
        &self,
        name: &str,
        address: [u8; 4],
        step: Duration,
        at_most: Duration,
    ) -> anyhow::Result<Instant> {
        let begin = Instant::now();
        loop {
            let answer = self.ask(name);
            let now = Instant::now();
            if answer == Some(address) {
                return Ok(now);
            }
            if begin.elapsed() > at_most {
                bail!("\"{name}\" was not answered as wanted in {at_most:?}, but with {answer:?}");
            }
            pause(step);
        }
    }
}

/// Whether a page says 200.
pub(crate) fn is_ok(server: SocketAddr, page: &str) -> bool {
    let get = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {page} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(&head == b"HTTP/1.1 200")
    };
    get().unwrap_or(false)
}

/// Between two questions while a change is on its way.
pub(crate) const STEP: Duration = Duration::from_micros(200);

const PATIENCE: Duration = Duration::from_secs(1);
