//! Updates of followed zones on their way to a primary, and what became of those of a moment ago.
//!
//! ```text
//! update ─ seen a moment ago? ─ yes ─→ its answer, or who waits for it too
//!                └ no ─→ primaries in their turn, over TCP ─→ answer ─→ all who wait, and kept
//! ```
//!
//! Clients send an update again when its answer is late; handed on once more it would be judged by what
//! it has changed itself (RFC 2136 §4 leaves that to clients, few of which do anything about it).

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use client::{Fault, Limits, Server, Tls};
use server::later::Deliver;
use wire::Rcode;

use crate::app::peer;

/// Updates that are on their way, and the answers of those that were.
#[derive(Debug, Default)]
pub(in crate::app) struct Forwards {
    /// Messages by who sent them and their hash: its key is random, so nobody can make two alike.
    seen: Mutex<HashMap<(SocketAddr, u64), Seen>>,
    hasher: RandomState,
}

enum Seen {
    /// It is on its way, and these wait for its answer.
    Pending(Vec<Deliver>),
    /// It was answered.
    Answered(Instant, Box<[u8]>),
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pending(waiting) => write!(f, "Pending({})", waiting.len()),
            Self::Answered(..) => f.write_str("Answered(..)"),
        }
    }
}

/// An update that is to be handed on.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Turn((SocketAddr, u64));

impl Forwards {
    /// Takes an update: gives what it is ended by, or nothing if it was seen a moment ago. Then `deliver`
    /// has its answer, or gets it together with the first one.
    pub(in crate::app) fn begin(
        &self,
        client: SocketAddr,
        message: &[u8],
        deliver: Deliver,
    ) -> Option<Turn> {
        let turn = Turn((client, self.hasher.hash_one(message)));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_SEEN {
            seen.retain(|_, one| one.is_recent());
        }
        match seen.get_mut(&turn.0) {
            Some(Seen::Pending(waiting)) => {
                if waiting.len() < MOST_WAITING {
                    waiting.push(deliver);
                }
                None
            }
            Some(Seen::Answered(since, answer)) if since.elapsed() < KEPT => {
                let answer = answer.clone();
                drop(seen);
                deliver(&answer);
                None
            }
            Some(Seen::Answered(..)) | None => {
                seen.insert(turn.0, Seen::Pending(vec![deliver]));
                Some(turn)
            }
        }
    }

    /// Gives all who wait the answer of a primary, which is kept for a while.
    pub(in crate::app) fn answer(&self, turn: Turn, answer: &[u8]) {
        self.end(
            turn,
            answer,
            Some(Seen::Answered(Instant::now(), answer.into())),
        );
    }

    /// Gives all who wait an answer of ours: who asks again is handed on again.
    pub(in crate::app) fn fail(&self, turn: Turn, answer: &[u8]) {
        self.end(turn, answer, None);
    }

    fn end(&self, turn: Turn, answer: &[u8], then: Option<Seen>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match then {
            Some(then) if seen.len() <= MOST_SEEN => seen.insert(turn.0, then),
            _ => seen.remove(&turn.0),
        };
        drop(seen);
        if let Some(Seen::Pending(waiting)) = before {
            for deliver in waiting {
                deliver(answer);
            }
        }
    }
}

impl Seen {
    fn is_recent(&self) -> bool {
        match self {
            Self::Pending(_) => true,
            Self::Answered(since, _) => since.elapsed() < KEPT,
        }
    }
}

/// Hands a message to the first server that can be reached. One that may have got it is the last.
pub(in crate::app) async fn pass_on(
    servers: &[Arc<Server>],
    message: Vec<u8>,
) -> Option<Result<Vec<u8>, Fault>> {
    let mut last = None;
    for server in servers {
        match server.exchange(message.clone()).await {
            Ok(answer) => return Some(Ok(answer.as_bytes().to_vec())),
            Err(fault) if fault.is_unsent() => last = Some(Err(fault)),
            Err(fault) => return Some(Err(fault)),
        }
    }
    last
}

/// SERVFAIL to a request, without anything of it but its number and kind.
pub(in crate::app) fn failure(message: &[u8]) -> Vec<u8> {
    let Some([id_high, id_low, flags, ..]) = message.first_chunk::<12>() else {
        return Vec::new();
    };
    let [_, rcode] = Rcode::SERVFAIL.0.to_be_bytes();
    let mut answer = vec![*id_high, *id_low, flags & 0x78 | 0x80, rcode];
    answer.resize(12, 0);
    answer
}

/// The server that updates go to, one of so many: whoever sends them has signed them.
pub(in crate::app) fn server(address: SocketAddr, tls: Option<Tls>, of: usize) -> Arc<Server> {
    let of = u32::try_from(of).unwrap_or(u32::MAX).max(1);
    let limits = Limits {
        connect: (REACHED / of).max(LEAST),
        answer: Duration::from_secs(5),
        ..Limits::default()
    };
    Arc::new(peer::server_by(address, tls, None, limits))
}

/// If no primary can be reached in this time, the client is told so before it asks again.
const REACHED: Duration = Duration::from_millis(1800);

/// What even the first of many primaries gets: the round trips of TLS, to another continent.
const LEAST: Duration = Duration::from_millis(800);

/// How long an answer is kept: clients ask again after some seconds, a few times.
const KEPT: Duration = Duration::from_secs(10);

/// Answers of updates are small, but they are not kept without end.
const MOST_SEEN: usize = 1024;

/// Who asks more often than clients do gets no more answers by that.
const MOST_WAITING: usize = 8;

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn an_update_that_is_sent_again_is_handed_on_once() {
        let forwards = Forwards::default();
        let client: SocketAddr = "192.0.2.1:5300".parse().unwrap();
        let other: SocketAddr = "192.0.2.2:5300".parse().unwrap();
        let (sender, answers) = channel();
        let deliver = || -> Deliver {
            let sender = sender.clone();
            Box::new(move |answer: &[u8]| sender.send(answer.to_vec()).unwrap())
        };
        let first = forwards.begin(client, b"update", deliver()).unwrap();
        assert!(forwards.begin(client, b"update", deliver()).is_none());
        let second = forwards.begin(other, b"update", deliver()).unwrap();
        let third = forwards.begin(client, b"another", deliver()).unwrap();
        assert!(answers.try_recv().is_err());
        forwards.answer(first, b"done");
        forwards.fail(second, b"failed");
        forwards.answer(third, b"third");
        let all: Vec<Vec<u8>> = answers.try_iter().collect();
        assert_eq!(all, [&b"done"[..], b"done", b"failed", b"third"]);
        // It is answered already; what has failed is tried anew.
        assert!(forwards.begin(client, b"update", deliver()).is_none());
        assert_eq!(answers.try_recv().unwrap(), b"done");
        assert!(forwards.begin(other, b"update", deliver()).is_some());
    }

    #[test]
    fn failures_repeat_the_number_and_the_operation() {
        let request = [0x12, 0x34, 0x28, 0, 0, 1, 0, 0, 0, 1, 0, 0, 9];
        let expected = [0x12, 0x34, 0xa8, 2, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(failure(&request), expected);
        assert!(failure(&request[..11]).is_empty());
    }
}
