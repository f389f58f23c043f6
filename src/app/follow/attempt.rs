//! One attempt at one primary: what it has, and what of that we lack.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Fault, Limits, Server, Tls, Transfer, TransferFault};
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tsig::Key;
use wire::{Name, Rcode, Rtype, Serial};
use zone::copy::StepsError;
use zone::{Committed, Store, StoreError, Zone};

use super::intake::{Intake, Taken};
use super::turns::Turns;
use crate::app::{peer, telemetry};

/// A primary.
#[derive(Clone, Debug)]
pub(in crate::app) struct Upstream {
    server: Arc<Server>,
    turns: Arc<Turns>,
}

/// What came of an attempt that went well.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) enum Came {
    /// Nothing is newer than what we have.
    Current,
    /// We have the primary's version now.
    New {
        done: Committed,
        kind: &'static str,
        took: Duration,
    },
}

/// Why an attempt came to nothing.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum Trouble {
    #[error("ask for the zone")]
    Fault(#[from] Fault),
    #[error("{server} has serial {theirs}, which is older than ours, {ours}")]
    Older {
        server: String,
        theirs: u32,
        ours: u32,
    },
    #[error("{server} has no SOA for the zone, it answers {rcode}")]
    NoSoa { server: String, rcode: Rcode },
    #[error("what {server} gives cannot be served")]
    Store {
        server: String,
        #[source]
        source: StoreError,
    },
    #[error("a thread for the contents of the zone ended by a panic")]
    Panic,
}

impl Trouble {
    /// What to look at.
    pub(in crate::app) fn hint(&self) -> &'static str {
        match self {
            Self::Fault(Fault::Signature { .. }) => {
                "the primary must know the same key, by the same name and algorithm, and the same time"
            }
            Self::Fault(Fault::Transfer {
                source: TransferFault::Rcode(Rcode::REFUSED),
                ..
            }) => "the primary must allow the transfer, to our address or key",
            Self::Fault(Fault::Transfer {
                source: TransferFault::Rcode(Rcode::NOTAUTH),
                ..
            })
            | Self::NoSoa { .. } => {
                "is that server a primary of the zone, and does it know the key?"
            }
            Self::Fault(Fault::Tls { .. }) => {
                "is TLS spoken on that port, and is its certificate trusted (--secondary-tls-ca)?"
            }
            Self::Older { .. } => {
                "if the zone was begun anew there, give it a newer serial, or start us without the copy"
            }
            _ => "",
        }
    }
}

impl Upstream {
    pub(in crate::app) fn new(
        address: SocketAddr,
        key: Option<Arc<Key>>,
        tls: Option<Tls>,
    ) -> Self {
        let limits = Limits {
            answer: ANSWER,
            ..Limits::default()
        };
        Self {
            server: Arc::new(peer::server_by(address, tls, key, limits)),
            turns: Turns::of(address),
        }
    }

    /// One that is near: another copy of this program.
    pub(in crate::app) fn near(address: SocketAddr, key: Arc<Key>) -> Self {
        let limits = Limits {
            connect: NEAR,
            answer: 2 * NEAR,
            ..Limits::default()
        };
        Self {
            server: Arc::new(peer::server(address, Some(key), limits)),
            turns: Turns::of(address),
        }
    }

    pub(in crate::app) fn label(&self) -> &str {
        self.server.label()
    }

    /// Brings our copy to what the primary has. `base` is our version, if it is one to go on from.
    /// `look` asks for the SOA first: it is cheaper where nothing is known to have changed.
    pub(in crate::app) async fn attempt(
        &self,
        apex: &Name,
        base: Option<Arc<Zone>>,
        look: bool,
        store: &Arc<Store>,
    ) -> Result<Came, Trouble> {
        let _turn = self.turns.take().await;
        let came = self.ask(apex, base, look, store).await;
        let silent = match &came {
            Err(Trouble::Fault(fault)) => Some(is_silence(fault)),
            Err(Trouble::Panic) => None,
            _ => Some(false),
        };
        if let Some(silent) = silent {
            self.turns.note(silent);
        }
        came
    }

    async fn ask(
        &self,
        apex: &Name,
        base: Option<Arc<Zone>>,
        look: bool,
        store: &Arc<Store>,
    ) -> Result<Came, Trouble> {
        let have = base.as_ref().map(|zone| zone.serial());
        if let (Some(ours), true) = (have, look) {
            match self.serial(apex).await {
                Ok(theirs) if theirs == ours => return Ok(Came::Current),
                Ok(theirs) => self.is_newer(theirs, ours)?,
                // UDP may not get through where TCP does.
                Err(Trouble::Fault(Fault::Timeout { .. })) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let span = tracing::info_span!(
            target: "traces", "transfer in",
            otel.kind = "client",
            zone = %apex, primary = self.label(),
            kind = Empty, serial = Empty, records = Empty, otel.status_description = Empty,
        );
        let taken = self.take(apex, base, store, &span);
        let came = taken.instrument(span.clone()).await;
        if let Err(trouble) = &came
            && !span.is_disabled()
        {
            span.record("otel.status_description", telemetry::chain(trouble));
        }
        came
    }

    /// Takes what we lack.
    async fn take(
        &self,
        apex: &Name,
        base: Option<Arc<Zone>>,
        store: &Arc<Store>,
        span: &Span,
    ) -> Result<Came, Trouble> {
        let have = base.as_ref().map(|zone| zone.serial());
        let begin = Instant::now();
        let mut intake = Intake::new(apex, base);
        let transfer = self.server.transfer(apex.as_ref(), have, &mut intake);
        let (serial, kind) = match transfer.await? {
            Transfer::Current(theirs) => {
                return match have {
                    Some(ours) if theirs != ours => {
                        self.is_newer(theirs, ours).map(|()| Came::Current)
                    }
                    _ => Ok(Came::Current),
                };
            }
            Transfer::Steps(serial) => (serial, "steps"),
            Transfer::Whole(serial) => (serial, "whole"),
        };
        match have {
            Some(ours) if serial == ours => return Ok(Came::Current),
            Some(ours) => self.is_newer(serial, ours)?,
            None => {}
        }
        let (taken, store) = (intake.into_taken(), Arc::clone(store));
        let stored = tokio::task::spawn_blocking(move || put(taken, serial, &store));
        let done = stored.await.map_err(|_| Trouble::Panic)?;
        let done = done.map_err(|source| Trouble::Store {
            server: self.label().to_owned(),
            source,
        })?;
        let took = begin.elapsed();
        span.record("kind", kind).record("serial", done.serial.0);
        span.record("records", done.records);
        Ok(Came::New { done, kind, took })
    }

    /// The serial that the primary has.
    async fn serial(&self, apex: &Name) -> Result<Serial, Trouble> {
        let answer = self.server.query(apex.as_ref(), Rtype::SOA).await?;
        let found = answer.rrset(apex.as_ref(), Rtype::SOA).ok().flatten();
        let soa = found.as_ref().and_then(|found| found.rdatas.first());
        let numbers = soa.and_then(|soa| soa.last_chunk::<20>()?.first_chunk::<4>());
        match numbers {
            Some(serial) if answer.is_authoritative() => Ok(Serial(u32::from_be_bytes(*serial))),
            _ => Err(Trouble::NoSoa {
                server: self.label().to_owned(),
                rcode: answer.rcode(),
            }),
        }
    }

    fn is_newer(&self, theirs: Serial, ours: Serial) -> Result<(), Trouble> {
        if theirs.is_newer_than(ours) {
            return Ok(());
        }
        Err(Trouble::Older {
            server: self.label().to_owned(),
            theirs: theirs.0,
            ours: ours.0,
        })
    }
}

/// Whether an attempt has ended only because nothing came for as long as it is waited for.
fn is_silence(fault: &Fault) -> bool {
    match fault {
        Fault::Connect { source, .. } | Fault::Broken { source, .. } => {
            source.kind() == ErrorKind::TimedOut
        }
        Fault::Timeout { .. } => true,
        _ => false,
    }
}

/// Puts what came into the store. May take a while.
fn put(taken: Taken, serial: Serial, store: &Store) -> Result<Committed, StoreError> {
    match taken {
        Taken::Steps(steps) => {
            let apex = steps.zone().apex().to_name();
            store
                .apply_steps(steps, serial)
                .map_err(|error| match error {
                    // Nobody but the one task of a zone changes it.
                    StepsError::Moved { .. } => StoreError::NoZone { apex },
                    StepsError::Store(error) => error,
                })
        }
        Taken::Whole(mut records) => {
            records.sort();
            records.dedup();
            store.replace_copy(&records)
        }
        Taken::Nothing => store.replace_copy(&zone::records::Records::new(Name::root())),
    }
}

/// How long it takes to reach one that is near.
const NEAR: Duration = Duration::from_secs(1);

/// How long a primary may be silent.
const ANSWER: Duration = Duration::from_secs(6);
