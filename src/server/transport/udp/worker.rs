//! One thread of the UDP path: its socket, its batch, its handler.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tracing::{debug, error, warn};

use super::UdpOptions;
use crate::address::AddressSet;
use crate::handle::{Handle, MakeHandler};
use crate::later::Later;
use crate::metrics::{DropReason, WorkerMetrics};
use crate::slot::Slot;
use crate::transport::gso::Segmenter;
use crate::transport::mmsg::{Calls, Inbox, Outbox, Room, Sent, Wait};
use crate::transport::proxy;

/// What all workers of a server share.
pub(crate) struct Shared {
    pub(crate) options: UdpOptions,
    pub(crate) proxies: AddressSet,
    pub(crate) make: MakeHandler,
    pub(crate) stop: AtomicBool,
}

/// One thread's share of the work.
pub(crate) struct Worker {
    socket: Arc<UdpSocket>,
    own: SocketAddr,
    shared: Arc<Shared>,
    handler: Box<dyn Handle>,
    metrics: WorkerMetrics,
    inbox: Inbox,
    outbox: Outbox,
    segmenter: Segmenter,
    turns: u32,
    failing: bool,
}

impl Worker {
    /// A worker for this socket. To be made by the thread that runs it.
    pub(crate) fn new(
        socket: UdpSocket,
        shared: Arc<Shared>,
        metrics: WorkerMetrics,
    ) -> io::Result<Self> {
        let calls = Calls::probe(socket.as_fd());
        Self::with_calls(socket, shared, metrics, calls)
    }

    pub(super) fn with_calls(
        socket: UdpSocket,
        shared: Arc<Shared>,
        metrics: WorkerMetrics,
        calls: Calls,
    ) -> io::Result<Self> {
        let own = socket.local_addr()?;
        let room = Room {
            batch: shared.options.batch.clamp(1, MOST),
            request: shared.options.largest_request + STAGGER,
            reply: shared.options.largest_answer,
        };
        Ok(Self {
            own,
            handler: (shared.make)(),
            metrics,
            inbox: Inbox::new(room, calls, own.ip().is_unspecified()),
            outbox: Outbox::new(room.batch, calls),
            segmenter: Segmenter::new(shared.options.gso),
            socket: Arc::new(socket),
            shared,
            turns: 0,
            failing: false,
        })
    }

    /// Serves until told to stop, and then what has already arrived.
    pub(crate) fn run(mut self) {
        let mut last_turns = LAST_TURNS;
        while last_turns > 0 {
            let wait = if self.shared.stop.load(Relaxed) {
                last_turns -= 1;
                Wait::Never
            } else {
                Wait::First
            };
            self.metrics.waits();
            let received = self.inbox.receive(self.socket.as_fd(), wait);
            self.metrics.works();
            match received {
                Ok(received) => {
                    self.failing = false;
                    self.turn(received);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock if wait == Wait::Never => return,
                    io::ErrorKind::WouldBlock
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::Interrupted => {}
                    _ => self.pause(&error),
                },
            }
        }
    }

    /// Answers one batch.
    fn turn(&mut self, received: usize) {
        let now = Instant::now();
        let bytes = self.inbox.slots().iter().map(|slot| slot.request_len).sum();
        self.metrics.received(received, bytes);
        self.sort_out();
        self.answer(now);
        self.hand_over();
        // A second reading of the clock is dear, so that not each batch pays for it.
        self.turns = self.turns.wrapping_add(1);
        if self.turns.is_multiple_of(TIMED) {
            self.metrics.took(self.inbox.slots().len(), now.elapsed());
        }
        self.send();
    }

    /// Takes out what the core must not see. From the last to the first, since the last one takes
    /// the place of the one that goes.
    fn sort_out(&mut self) {
        for at in (0..self.inbox.slots().len()).rev() {
            if let Err(reason) = self.admit(at) {
                self.metrics.dropped(reason);
                self.inbox.discard(at);
            }
        }
    }

    fn admit(&mut self, at: usize) -> Result<(), DropReason> {
        let is_cut = self.inbox.is_truncated(at);
        let named = !self.shared.proxies.is_empty();
        let slot = &mut self.inbox.slots_mut()[at];
        if slot.client.port() == 0 || is_own(self.own, slot) {
            return Err(DropReason::Source);
        }
        if named && self.shared.proxies.contains(slot.client.ip()) {
            strip_proxy(slot)?;
        } else if proxy::is_signed(slot.request()) {
            return Err(DropReason::Proxy);
        }
        if is_cut {
            // Its client must not wait for an answer in vain. Without its end it means nothing, so
            // all but the header goes, and the core finds that there is no question.
            slot.request_len = slot.request_len.min(HEADER);
        }
        Ok(())
    }

    fn answer(&mut self, now: Instant) {
        let slots = self.inbox.slots_mut();
        if slots.is_empty() {
            return;
        }
        let handler = &mut self.handler;
        if catch_unwind(AssertUnwindSafe(|| handler.handle(slots, now))).is_ok() {
            return;
        }
        *handler = (self.shared.make)();
        for slot in slots {
            slot.reply_len = 0;
            let one = std::slice::from_mut(slot);
            if catch_unwind(AssertUnwindSafe(|| handler.handle(one, now))).is_err() {
                slot.reply_len = 0;
                self.metrics.panicked();
                self.metrics.dropped(DropReason::Panic);
                *handler = (self.shared.make)();
            }
        }
    }

    /// Says where the answers go that are made elsewhere.
    fn hand_over(&mut self) {
        for at in 0..self.inbox.slots().len() {
            // No stream is made for a datagram.
            let Some(Later::Deferred(deferred)) = self.inbox.slots_mut()[at].later.take() else {
                continue;
            };
            let (mut way, socket) = (self.inbox.way_back(at), Arc::clone(&self.socket));
            let own = self.own;
            deferred.start(move |answer| {
                if !answer.is_empty() && !way.send(socket.as_fd(), answer) {
                    debug!(address = %own, "an answer that came late could not be sent");
                }
            });
        }
    }

    fn send(&mut self) {
        let (socket, inbox) = (self.socket.as_fd(), &self.inbox);
        let Some(plan) = self.segmenter.plan(inbox) else {
            return count(&mut self.metrics, self.outbox.send(socket, inbox));
        };
        let (order, runs) = (&plan.order, &plan.runs);
        let sent = self.outbox.send_runs(socket, inbox, order, runs);
        count(&mut self.metrics, sent);
        if sent.unsegmented == 0 {
            return;
        }
        // The last ones of the order have not been tried.
        let rest = &order[order.len() - sent.unsegmented..];
        let sent = self
            .outbox
            .send_runs(socket, inbox, rest, &[1; MOST][..rest.len()]);
        count(&mut self.metrics, sent);
        if self.segmenter.give_up() {
            warn!(address = %self.own, "system refuses segmented answers, sending them one by one");
        }
    }

    /// After an error that waiting may cure: want of memory, an address taken away.
    fn pause(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            error!(address = %self.own, %error, "receive over UDP");
        }
        std::thread::park_timeout(PAUSE);
    }
}

/// Whether a datagram claims to come from the very socket that received it. We would answer
/// ourselves.
fn is_own(own: SocketAddr, slot: &Slot) -> bool {
    slot.client.port() == own.port()
        && (slot.client.ip() == own.ip() || slot.local == Some(slot.client.ip()))
}

/// Takes the PROXY header off a request from a named peer. Such a peer always sends one: a request
/// that could come with or without would let its clients write the header themselves.
fn strip_proxy(slot: &mut Slot) -> Result<(), DropReason> {
    let header = proxy::parse(slot.request()).map_err(|_| DropReason::Proxy)?;
    slot.request.copy_within(header.len..slot.request_len, 0);
    slot.request_len -= header.len;
    if let Some(addresses) = header.addresses {
        slot.client = addresses.source;
        slot.local = Some(addresses.destination.ip());
    }
    Ok(())
}

fn count(metrics: &mut WorkerMetrics, sent: Sent) {
    metrics.sent(sent.answers, sent.bytes);
    if sent.full > 0 {
        metrics.dropped_many(DropReason::SendBuffer, sent.full);
    }
    if sent.refused > 0 {
        metrics.dropped_many(DropReason::SendError, sent.refused);
    }
}

/// The largest batch.
const MOST: usize = 128;
/// Buffers a page apart would all compete for the same few lines of the first cache.
const STAGGER: usize = 512;
/// One batch in so many is timed.
const TIMED: u32 = 16;
/// Batches served after the stop: what the socket's buffer holds, not what keeps coming.
const LAST_TURNS: u32 = 64;
/// The header of a message (RFC 1035 §4.1.1).
const HEADER: usize = 12;
/// Long enough to be no load, short enough to go unnoticed.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);
