//! One name server: how it is reached, and what is asked of it.
//!
//! ```text
//! query  ─ UDP, cut answers again ─→ TCP or TLS ┐
//! ask, exchange ────────────────────────────────┴→ a kept connection, or a new one
//! transfer ────────────────────────────────────────→ a connection of its own
//! ```
//!
//! Requests are signed by the key, if there is one. Where there are sessions, updates are signed in
//! one; all else goes unsigned then, as those who have sessions ask it: Windows signs no transfers.

mod ask;
mod connection;
mod follow;
mod udp;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::host::Host;
use crate::session::{Opened, SessionFault};
use crate::tls::Tls;
use connection::Kept;

/// Tells the seconds since 1970.
pub type Clock = fn() -> u64;

/// How long and how large things may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A connection, TLS included.
    pub connect: Duration,
    /// An answer; in a transfer the next message.
    pub answer: Duration,
    /// A whole transfer.
    pub transfer: Duration,
    /// Bytes of a whole transfer.
    pub transfer_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            transfer: Duration::from_mins(10),
            transfer_bytes: 4 << 30,
        }
    }
}

/// What there is to know about a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// TLS, if it is spoken; then for all requests.
    pub tls: Option<Tls>,
    /// What requests are signed with.
    pub key: Option<Arc<tsig::Key>>,
    /// How long and how large things may be.
    pub limits: Limits,
    /// The time of day, for signatures.
    pub clock: Clock,
}

/// Makes sessions.
pub trait Sessions: fmt::Debug + Send + Sync {
    /// Makes a session with a server. What it is asked for that goes unsigned.
    fn open<'a>(&'a self, server: &'a Server) -> Opening<'a>;
}

/// A session that is being made.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Opened, SessionFault>> + Send + 'a>>;

/// A name server that can be asked.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    /// Makes sessions, if updates are signed in one.
    sessions: Option<Arc<dyn Sessions>>,
    /// The session that was made last.
    opened: tokio::sync::Mutex<Option<Opened>>,
    /// As it stands in messages.
    label: Box<str>,
    /// Connections that no request is on, the newest last.
    kept: Mutex<Vec<Kept>>,
}

impl Server {
    /// A server. Nothing is sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let label = format!("{}:{}", settings.host, settings.port).into();
        Self {
            settings,
            sessions: None,
            opened: tokio::sync::Mutex::default(),
            label,
            kept: Mutex::default(),
        }
    }

    /// The same server, but updates are signed in sessions.
    #[must_use]
    pub fn with_sessions(mut self, sessions: Arc<dyn Sessions>) -> Self {
        self.sessions = Some(sessions);
        self
    }

    /// Where it is.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.settings.host
    }

    /// Where it is, as it stands in messages.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The key that signs requests.
    #[must_use]
    pub fn key(&self) -> Option<&Arc<tsig::Key>> {
        self.settings.key.as_ref()
    }

    fn now(&self) -> u64 {
        (self.settings.clock)()
    }

    /// A connection that is probably still there.
    fn take_kept(&self) -> Option<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(Kept::is_fresh);
        kept.pop()
    }

    fn keep(&self, connection: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push(connection);
        }
    }
}

/// As many as ask at once; servers count connections.
const MOST_KEPT: usize = 8;
