//! Handlers for TCP: lent out for the moment of one answer, so that there are no more of them, and
//! of their large slots, than threads that run connections.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::handle::{Handle, MakeHandler};
use crate::later::Later;
use crate::metrics::{DropReason, Metrics, WorkerMetrics};
use crate::slot::{Slot, Transport};
use crate::transport::tls::Certificate;

/// The handlers that nobody uses right now.
pub(crate) struct Pool {
    make: MakeHandler,
    metrics: Metrics,
    idle: Mutex<Vec<Desk>>,
}

/// Who asks on a connection, and how.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client: SocketAddr,
    /// The address that was asked.
    pub(crate) local: Option<IpAddr>,
    pub(crate) transport: Transport,
    pub(crate) certificate: Option<Arc<Certificate>>,
}

/// Room to answer one question.
struct Desk {
    handler: Box<dyn Handle>,
    metrics: WorkerMetrics,
    slot: Slot,
}

/// What came of a question.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered,
    /// The answer is not there yet, or longer than a message.
    Later(Later),
    /// The core has nothing to say to this client.
    Ignored,
    /// The core panicked; the client is not to try it again on this connection.
    Panicked,
}

impl Pool {
    pub(crate) fn new(make: MakeHandler, metrics: Metrics) -> Self {
        Self {
            make,
            metrics,
            idle: Mutex::default(),
        }
    }

    /// Answers one question and appends the answer, with its length before it, to `output`.
    pub(crate) fn answer(&self, question: &[u8], caller: &Caller, output: &mut Vec<u8>) -> Outcome {
        let lent = self.desks().pop();
        let mut desk = lent.unwrap_or_else(|| self.desk());
        let now = Instant::now();
        let Desk {
            handler,
            metrics,
            slot,
        } = &mut desk;
        let Some(room) = slot.request.get_mut(..question.len()) else {
            return Outcome::Ignored;
        };
        room.copy_from_slice(question);
        slot.request_len = question.len();
        slot.reply_len = 0;
        slot.client = caller.client;
        slot.local = caller.local;
        slot.transport = caller.transport;
        slot.certificate.clone_from(&caller.certificate);
        metrics.received(1, question.len());
        let slots = std::slice::from_mut(slot);
        if catch_unwind(AssertUnwindSafe(|| handler.handle(slots, now))).is_err() {
            metrics.panicked();
            metrics.dropped(DropReason::Panic);
            // The desk is not used again: who knows what state it is in.
            return Outcome::Panicked;
        }
        metrics.took(1, now.elapsed());
        if let Some(later) = slot.later.take() {
            self.desks().push(desk);
            return Outcome::Later(later);
        }
        let reply = slot.reply();
        let outcome = match u16::try_from(reply.len()) {
            Ok(len @ 1..) => {
                output.extend(len.to_be_bytes());
                output.extend(reply);
                metrics.sent(1, reply.len());
                Outcome::Answered
            }
            _ => Outcome::Ignored,
        };
        self.desks().push(desk);
        outcome
    }

    /// Counts an answer that came later.
    pub(crate) fn sent(&self, bytes: usize) {
        let lent = self.desks().pop();
        let mut desk = lent.unwrap_or_else(|| self.desk());
        desk.metrics.sent(1, bytes);
        self.desks().push(desk);
    }

    /// Counts something that was dropped before it came to a handler.
    pub(crate) fn dropped(&self, reason: DropReason) {
        let lent = self.desks().pop();
        let mut desk = lent.unwrap_or_else(|| self.desk());
        desk.metrics.dropped(reason);
        self.desks().push(desk);
    }

    fn desk(&self) -> Desk {
        Desk {
            handler: (self.make)(),
            metrics: self.metrics.worker(),
            slot: Slot::new(Transport::Tcp, MESSAGE, MESSAGE),
        }
    }

    fn desks(&self) -> std::sync::MutexGuard<'_, Vec<Desk>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest message that a length of 16 bits can give.
const MESSAGE: usize = u16::MAX as usize;
