//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::accept::Shared;
use super::pool::{Caller, Outcome};
use super::registry::Ticket;
use super::stream::Stream;
use crate::address::canonical;
use crate::later::{Broken, Later};
use crate::metrics::DropReason;
use crate::slot::Transport;
use crate::transport::proxy::{self, ProxyError};
use crate::transport::tls::Tls;

/// A connection and what it has to read and to write.
pub(crate) struct Connection {
    stream: Stream,
    peer: SocketAddr,
    caller: Caller,
    /// What it begins with, if TLS is spoken here.
    tls: Option<Tls>,
    ticket: Ticket,
    deadline: Instant,
    /// Whether a question has been answered.
    asked: bool,
    /// Whether the server stops.
    stopping: bool,
    input: Vec<u8>,
    output: Vec<u8>,
    shared: Arc<Shared>,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// In good order, or by the network.
    Closed,
    /// We close it for this reason.
    Dropped(DropReason),
    /// The core did not answer: it has counted why.
    Ignored,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<Tls>,
        ticket: Ticket,
        deadline: Instant,
        shared: Arc<Shared>,
    ) -> Self {
        let peer = canonical(peer);
        let local = stream.local_addr().ok();
        Self {
            stream: Stream::Plain(stream),
            peer,
            caller: Caller {
                client: peer,
                local: local.map(|local| canonical(local).ip()),
                transport: match tls {
                    None => Transport::Tcp,
                    Some(_) => Transport::Tls,
                },
                certificate: None,
            },
            tls,
            ticket,
            deadline,
            asked: false,
            stopping: false,
            input: Vec::new(),
            output: Vec::new(),
            shared,
        }
    }

    /// Serves the connection to its end.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let counts = shared.metrics.connections();
        counts.accepted.fetch_add(1, Relaxed);
        counts.open.fetch_add(1, Relaxed);
        let _leave = Leave(Arc::clone(&shared));
        let Err(end) = self.converse().await;
        match end {
            End::Dropped(reason) => shared.pool.dropped(reason),
            End::Closed | End::Ignored => {
                let deadline = Instant::now() + LAST_WORD;
                // Who does not hear it has gone.
                let _unheard = timeout_at(deadline, self.stream.say_end()).await;
            }
        }
    }

    async fn converse(&mut self) -> Result<Infallible, End> {
        // Small answers must not wait for acknowledgements; without the option they only come later.
        if let Some(Err(error)) = self.stream.tcp().map(|tcp| tcp.set_nodelay(true)) {
            debug!(client = %self.caller.client, %error, "switch off delays of a TCP connection");
        }
        self.introduce().await?;
        // Before TLS, which is dear.
        if !self.ticket.name(self.caller.client.ip()) {
            return Err(End::Dropped(DropReason::PeerLimit));
        }
        if let Some(tls) = self.tls.take() {
            self.secure(&tls).await?;
        }
        loop {
            let next = self.answer();
            let answered = !self.output.is_empty();
            if answered {
                self.flush().await?;
                self.asked = true;
                self.wait_for_more();
            }
            match next? {
                Some(later) => {
                    self.follow(later).await?;
                    self.asked = true;
                    self.wait_for_more();
                }
                None if answered => {}
                None => self.fill(usize::MAX).await?,
            }
        }
    }

    /// Writes what an answer that comes later, or in several messages, turns out to be.
    async fn follow(&mut self, later: Later) -> Result<(), End> {
        match later {
            Later::Deferred(deferred) => {
                let (sender, answer) = oneshot::channel();
                deferred.start(move |answer| {
                    // The client may have gone.
                    let _unread = sender.send(answer.to_vec()).is_err();
                });
                let deadline = Instant::now() + PATIENCE;
                self.ticket.reads_until(deadline);
                let answer = tokio::select! {
                    answer = timeout_at(deadline, answer) => answer,
                    () = self.ticket.evicted() => {
                        return Err(End::Dropped(DropReason::ConnectionLimit));
                    }
                };
                let Ok(Ok(answer)) = answer else {
                    return Err(End::Dropped(DropReason::Timeout));
                };
                if let Ok(len @ 1..) = u16::try_from(answer.len()) {
                    self.output.extend(len.to_be_bytes());
                    self.output.extend(&answer);
                    self.flush().await?;
                    self.shared.pool.sent(answer.len());
                }
            }
            Later::Stream(mut messages) => {
                let mut more = true;
                while more {
                    while more && self.output.len() < self.shared.options.queued {
                        let before = self.output.len();
                        more = messages
                            .next(&mut self.output)
                            .map_err(|Broken| End::Ignored)?;
                        self.shared.pool.sent(self.output.len() - before);
                    }
                    self.flush_by_steps().await?;
                }
            }
        }
        Ok(())
    }

    /// Reads the PROXY header of a named peer.
    async fn introduce(&mut self) -> Result<(), End> {
        if self.shared.proxies.is_empty() || !self.shared.proxies.contains(self.peer.ip()) {
            return Ok(());
        }
        let header = loop {
            match proxy::parse(&self.input) {
                Ok(header) => break header,
                // What follows it may be TLS, and not ours to read.
                Err(ProxyError::Short(needed)) => self.fill(needed - self.input.len()).await?,
                Err(error) => {
                    debug!(peer = %self.peer, %error, "drop a TCP connection");
                    return Err(End::Dropped(DropReason::Proxy));
                }
            }
        };
        self.input.drain(..header.len);
        if let Some(addresses) = header.addresses {
            self.caller.client = addresses.source;
            self.caller.local = Some(addresses.destination.ip());
        }
        Ok(())
    }

    /// Begins TLS. Its deadline is that of the first question, which then has one of its own.
    async fn secure(&mut self, tls: &Tls) -> Result<(), End> {
        let config = tls.current().ok_or(End::Dropped(DropReason::Tls))?;
        self.ticket.reads_until(self.deadline);
        tokio::select! {
            biased;
            begun = timeout_at(self.deadline, self.stream.secure(config)) => match begun {
                Ok(Ok(())) => {}
                // Who looks only whether somebody listens does nothing wrong.
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(End::Closed);
                }
                Ok(Err(error)) => {
                    debug!(client = %self.caller.client, %error, "begin TLS");
                    return Err(End::Dropped(DropReason::Tls));
                }
                Err(_) => return Err(End::Dropped(DropReason::Timeout)),
            },
            () = self.ticket.evicted() => return Err(End::Dropped(DropReason::ConnectionLimit)),
            () = self.shared.stop.cancelled() => return Err(End::Closed),
        }
        let options = &self.shared.options;
        self.deadline = Instant::now() + options.first_query.min(options.idle);
        self.caller.certificate = self.stream.certificate().map(Arc::new);
        Ok(())
    }

    /// Answers the whole questions at hand, until as many answers wait as may or one is not there
    /// yet: answers come in the order of their questions.
    fn answer(&mut self) -> Result<Option<Later>, End> {
        if proxy::is_signed(&self.input) {
            return Err(End::Dropped(DropReason::Proxy));
        }
        let mut rest = &self.input[..];
        let mut end = Ok(None);
        while self.output.len() < self.shared.options.queued
            && let Some((length, after)) = rest.split_first_chunk::<2>()
            && let Some((question, after)) =
                after.split_at_checked(u16::from_be_bytes(*length).into())
        {
            rest = after;
            let pool = &self.shared.pool;
            let outcome = pool.answer(question, &self.caller, &mut self.output);
            end = match outcome {
                Outcome::Answered => continue,
                Outcome::Later(later) => Ok(Some(later)),
                Outcome::Ignored | Outcome::Panicked => Err(End::Ignored),
            };
            break;
        }
        let used = self.input.len() - rest.len();
        self.input.drain(..used);
        if self.input.is_empty() && self.input.capacity() > KEPT {
            self.input = Vec::new();
        }
        end
    }

    /// Sets the deadline for the next question. At the stop it is short, but not at once: what a
    /// client has sent may still be on its way through the system.
    fn wait_for_more(&mut self) {
        let patience = match self.stopping {
            true => LAST_WORD,
            false => self.shared.options.idle,
        };
        self.deadline = Instant::now() + patience;
    }

    /// Waits for bytes until the deadline, at most so many.
    async fn fill(&mut self, most: usize) -> Result<(), End> {
        self.ticket.reads_until(self.deadline);
        self.input.reserve(READ);
        let mut bytes = (&mut self.stream).take(most as u64);
        tokio::select! {
            biased;
            read = timeout_at(self.deadline, bytes.read_buf(&mut self.input)) => match read {
                Ok(Ok(1..)) => Ok(()),
                Ok(Ok(0) | Err(_)) => Err(End::Closed),
                Err(_) if self.stopping => Err(End::Closed),
                // RFC 7766 §6.2.3: a client that asked and is silent now has done nothing wrong.
                Err(_) if self.asked && self.input.is_empty() => Err(End::Closed),
                Err(_) => Err(End::Dropped(DropReason::Timeout)),
            },
            () = self.ticket.evicted() => Err(End::Dropped(DropReason::ConnectionLimit)),
            () = self.shared.stop.cancelled(), if !self.stopping => {
                self.stopping = true;
                self.wait_for_more();
                Ok(())
            }
        }
    }

    /// Writes the answers.
    async fn flush(&mut self) -> Result<(), End> {
        let patience = self.shared.options.write;
        let end = self.write(0, self.output.len(), patience).await;
        self.written(end)
    }

    /// Writes messages of a transfer. Who may have one is trusted to take it, at its own speed: it may
    /// write to a slow disk between two of them.
    async fn flush_by_steps(&mut self) -> Result<(), End> {
        let patience = self.shared.options.write.max(STEP_PATIENCE);
        let (mut from, mut end) = (0, Ok(()));
        while from < self.output.len() && end.is_ok() {
            let to = self.output.len().min(from + STEP);
            end = self.write(from, to, patience).await;
            from = to;
        }
        self.written(end)
    }

    async fn write(&mut self, from: usize, to: usize, patience: Duration) -> Result<(), End> {
        let now = Instant::now();
        let deadline = now + patience;
        self.ticket.writes_until(now, deadline);
        let bytes = self.output.get(from..to).unwrap_or_default();
        tokio::select! {
            biased;
            written = timeout_at(deadline, send(&mut self.stream, bytes)) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Closed),
                Err(_) => Err(End::Dropped(DropReason::Timeout)),
            },
            () = self.ticket.evicted() => Err(End::Dropped(DropReason::ConnectionLimit)),
        }
    }

    /// Clears up after answers were written, or not.
    fn written(&mut self, end: Result<(), End>) -> Result<(), End> {
        self.output.clear();
        self.output.shrink_to(KEPT);
        if matches!(end, Err(End::Dropped(_)))
            && let Some(tcp) = self.stream.tcp()
        {
            // Answers that nobody reads would stay in the system's memory for minutes.
            let reset = socket2::SockRef::from(tcp).set_linger(Some(Duration::ZERO));
            if let Err(error) = reset {
                debug!(client = %self.caller.client, %error, "reset a TCP connection");
            }
        }
        end
    }
}

/// Writes bytes, out of all buffers of ours.
async fn send(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Counts the end of a connection, however it comes.
struct Leave(Arc<Shared>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.metrics.connections().open.fetch_sub(1, Relaxed);
    }
}

/// How long an answer that somebody else makes may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// So much of a transfer is written at a time, and a client may take so long for it at least.
const STEP: usize = 16 << 10;
const STEP_PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection is open after the stop, or after its last answer then.
const LAST_WORD: Duration = Duration::from_millis(50);
/// Bytes asked for at a time: a few questions.
const READ: usize = 1024;
/// Larger buffers are given back when they are empty.
const KEPT: usize = 8 << 10;
