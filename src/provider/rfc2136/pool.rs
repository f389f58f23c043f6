//! Several servers that stand in for each other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use client::{Answer, Fault, Server, Sessions};
use tsig::AnswerFault;
use wire::{Name, Rcode, Rtype};

use super::settings::Balance;

/// The servers, in the order they were named.
#[derive(Debug)]
pub(super) struct Pool {
    servers: Vec<Server>,
    balance: Balance,
    /// The place of the server that comes next, or that answered last.
    place: AtomicUsize,
    /// Servers that could not be reached in this pass: each would be waited for again and again, zone
    /// by zone.
    away: Mutex<BTreeSet<usize>>,
}

/// Why none of the servers did it: what the first one said that answered, else what was wrong with
/// the last one.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) server: Box<str>,
    pub(super) reason: Reason,
}

#[derive(Debug)]
pub(super) enum Reason {
    /// It could not be reached a moment ago, and is not tried again in this pass.
    Away,
    Fault(Fault),
    Rcode(Rcode),
}

impl Pool {
    pub(super) fn new(
        servers: Vec<client::Settings>,
        sessions: Option<Arc<dyn Sessions>>,
        balance: Balance,
    ) -> Self {
        let servers = servers.into_iter().map(|settings| {
            let server = Server::new(settings);
            match &sessions {
                Some(sessions) => server.with_sessions(Arc::clone(sessions)),
                None => server,
            }
        });
        Self {
            servers: servers.collect(),
            balance,
            place: AtomicUsize::new(0),
            away: Mutex::default(),
        }
    }

    /// A pass begins: who was away may be back.
    pub(super) fn begin(&self) {
        self.away
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Notes what was wrong with a server.
    pub(super) fn failed(&self, at: usize, reason: &Reason) {
        if let Reason::Fault(Fault::Connect { .. }) = reason {
            let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            away.insert(at);
        }
    }

    /// Why nothing came of a request, where no server was left to be asked.
    pub(super) fn refusal(&self, said: Option<Refusal>) -> Refusal {
        match (said, self.servers.first()) {
            (Some(said), _) => said,
            (None, Some(server)) => Refusal::new(server, Reason::Away),
            (None, None) => Refusal::nobody(),
        }
    }

    pub(super) fn server(&self, at: usize) -> Option<&Server> {
        self.servers.get(at)
    }

    /// The places of all servers that may be reached, in the order they are to be tried, one that is
    /// known first.
    pub(super) fn order(&self, known: Option<usize>) -> Vec<usize> {
        let count = self.servers.len().max(1);
        let first = known.unwrap_or_else(|| match self.balance {
            Balance::Disabled => self.place.load(Relaxed),
            Balance::Random => random(),
            Balance::RoundRobin => self.place.fetch_add(1, Relaxed),
        });
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        (0..self.servers.len())
            .map(|next| (first % count + next) % count)
            .filter(|at| !away.contains(at))
            .collect()
    }

    /// A server has answered.
    pub(super) fn answered(&self, at: usize) {
        if self.balance == Balance::Disabled {
            self.place.store(at, Relaxed);
        }
    }

    /// Sends an update to one server after the other until one has judged it. Each gets it signed
    /// anew. Tells which one, and how it did.
    pub(super) async fn update(&self, message: &[u8]) -> Result<(Box<str>, Rcode), Refusal> {
        let mut said: Option<Refusal> = None;
        for at in self.order(None) {
            let Some(server) = self.server(at) else {
                continue;
            };
            let result = match server.id() {
                Ok(id) => {
                    let mut message = message.to_vec();
                    if let Some(number) = message.first_chunk_mut::<2>() {
                        *number = id.to_be_bytes();
                    }
                    server.exchange(message).await
                }
                Err(fault) => Err(fault),
            };
            let reason = match result {
                Ok(answer) if is_final(answer.rcode()) => {
                    self.answered(at);
                    return Ok((server.label().into(), answer.rcode()));
                }
                Ok(answer) => Reason::Rcode(answer.rcode()),
                // Windows signs no refusal of an update that is signed well. Nobody gains by making
                // up one: who could do that could as well cut the connection.
                Err(Fault::Signature {
                    source: AnswerFault::Echoed { rcode },
                    ..
                }) if rcode != Rcode::NOERROR => Reason::Rcode(rcode),
                Err(fault) => Reason::Fault(fault),
            };
            self.failed(at, &reason);
            said = Some(Refusal::better(said, server, reason));
        }
        Err(self.refusal(said))
    }

    /// Asks one server after the other until one answers with or without the name. Tells which.
    pub(super) async fn query(
        &self,
        name: &Name,
        rtype: Rtype,
        known: Option<usize>,
    ) -> Result<(usize, Answer), Refusal> {
        let mut said: Option<Refusal> = None;
        for at in self.order(known) {
            let Some(server) = self.server(at) else {
                continue;
            };
            let reason = match server.ask(name.as_ref(), rtype).await {
                Ok(answer) if matches!(answer.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) => {
                    self.answered(at);
                    return Ok((at, answer));
                }
                Ok(answer) => Reason::Rcode(answer.rcode()),
                Err(fault) => Reason::Fault(fault),
            };
            self.failed(at, &reason);
            said = Some(Refusal::better(said, server, reason));
        }
        Err(self.refusal(said))
    }
}

impl Refusal {
    pub(super) fn new(server: &Server, reason: Reason) -> Self {
        Self {
            server: server.label().into(),
            reason,
        }
    }

    /// Of two refusals the one that says more: an answer more than none.
    pub(super) fn better(before: Option<Self>, server: &Server, reason: Reason) -> Self {
        match before {
            Some(before) if !before.is_silence() => before,
            _ => Self::new(server, reason),
        }
    }

    /// There is nobody to ask.
    fn nobody() -> Self {
        Self {
            server: Box::default(),
            reason: Reason::Rcode(Rcode::SERVFAIL),
        }
    }

    /// Whether the server did not say anything.
    pub(super) fn is_silence(&self) -> bool {
        match &self.reason {
            Reason::Away => true,
            Reason::Fault(fault) => fault.is_of_server(),
            Reason::Rcode(_) => false,
        }
    }
}

/// Whether another server would say the same of an update: what was sent, or what is there, is what
/// this one does not like.
fn is_final(rcode: Rcode) -> bool {
    matches!(
        rcode,
        Rcode::NOERROR
            | Rcode::FORMERR
            | Rcode::NXDOMAIN
            | Rcode::YXDOMAIN
            | Rcode::YXRRSET
            | Rcode::NXRRSET
            | Rcode::NOTZONE
    )
}

fn random() -> usize {
    let mut bytes = [0; 4];
    // Without random bytes the first server is as good as any.
    let _filled = getrandom::fill(&mut bytes).is_ok();
    u32::from_be_bytes(bytes) as usize
}

#[cfg(test)]
mod tests {
    use client::{Host, Limits};

    use super::*;

    fn pool(count: u16) -> Pool {
        let settings = |port| client::Settings {
            host: Host::Address([192, 0, 2, 1].into()),
            port,
            tls: None,
            key: None,
            limits: Limits::default(),
            clock: || 0,
        };
        Pool::new((1..=count).map(settings).collect(), None, Balance::Disabled)
    }

    #[test]
    fn who_is_away_is_not_tried_again_before_the_next_pass() {
        let pool = pool(3);
        let away = |at: usize| {
            let fault = Fault::Connect {
                server: "192.0.2.1:53".into(),
                source: std::io::ErrorKind::TimedOut.into(),
            };
            pool.failed(at, &Reason::Fault(fault));
        };
        pool.failed(1, &Reason::Rcode(Rcode::SERVFAIL));
        assert_eq!(pool.order(None), [0, 1, 2]);
        away(0);
        assert_eq!(pool.order(None), [1, 2]);
        assert_eq!(pool.order(Some(2)), [2, 1]);
        away(1);
        away(2);
        assert!(pool.order(None).is_empty());
        let refusal = pool.refusal(None);
        assert!(refusal.is_silence());
        assert_eq!(&*refusal.server, "192.0.2.1:1");
        pool.begin();
        assert_eq!(pool.order(None), [0, 1, 2]);
    }
}
