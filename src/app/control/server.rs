//! The daemon's side: takes connections, answers one request on each.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::runtime::Handle as Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::{Name, NameRef};
use zone::records::{Place, Records};
use zone::{Snapshot, Store, Withheld};

use super::orders;
use super::protocol::{Command, MAX_REQUEST, Outcome, Released, Reply, Request, VERSION, Zone};
use super::socket::Socket;
use crate::app::follow::Hub;
use crate::app::sync::explain::explain;
use crate::app::sync::{Ask, Asks, Model, layer};
use crate::app::zones::{Handle, Order, Status, Statuses};

/// Knows the answers.
#[derive(Clone, Debug)]
pub(crate) struct Answerer {
    pub(crate) keeper: Handle,
    pub(crate) statuses: Statuses,
    pub(crate) store: Arc<Store>,
    /// The zones that follow other servers, if there are any.
    pub(crate) hub: Option<Arc<Hub>>,
    /// The objects and the ways to ask each destination; none without sources.
    pub(crate) sync: Option<(Model, Vec<Asks>)>,
}

/// Answers at the socket until `stop`.
pub(crate) async fn serve(
    mut socket: Socket,
    answerer: Answerer,
    stop: CancellationToken,
) -> io::Result<()> {
    let Some(listener) = socket.take() else {
        return Ok(());
    };
    let listener = UnixListener::from_std(listener)?;
    // Each holds a thread; people and scripts need few.
    let free = Arc::new(Semaphore::new(32));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return Ok(());
        };
        let stream = match accepted.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "take a connection at the control socket");
                continue;
            }
        };
        let answerer = answerer.clone();
        connections.spawn_blocking(move || {
            if let Err(error) = answerer.converse(&stream) {
                tracing::debug!(%error, "answer at the control socket");
            }
            drop(permit);
        });
    }
}

impl Answerer {
    /// Answers the one request of a connection.
    pub(super) fn converse(&self, stream: &UnixStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(REQUEST))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut line = Vec::new();
        let read = BufReader::new(stream.take(MAX_REQUEST)).read_until(b'\n', &mut line);
        if line.is_empty() {
            // Somebody looked whether we are alive.
            return read.map(drop);
        }
        let mut out = Replies(BufWriter::new(stream));
        let last = match serde_json::from_slice(&line) {
            _ if !line.ends_with(b"\n") => Reply::Error(unfinished(&line)),
            Ok(Request {
                version: VERSION,
                command,
            }) => match self.answer(command, &mut out)? {
                Ok(()) => Reply::Done,
                Err(message) => Reply::Error(message),
            },
            Ok(Request { version, .. }) => Reply::Error(format!(
                "version {version} of the control protocol is not spoken here; this daemon speaks \
                 version {VERSION}"
            )),
            Err(error) => Reply::Error(format!("the request is not understood: {error}")),
        };
        out.send(&last)?;
        out.0.flush()
    }

    /// Sends all but the last reply; that one is an error if there is a message.
    fn answer(&self, command: Command, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        match command {
            Command::List => {
                for (zone, status) in self.statuses.all() {
                    out.send(&Reply::Zone(Box::new(self.describe(&zone, status))))?;
                }
                Ok(Ok(()))
            }
            Command::Show { zone } => match self.find(&zone) {
                Ok((zone, status)) => {
                    out.send(&Reply::Zone(Box::new(self.describe(&zone, status))))?;
                    Ok(Ok(()))
                }
                Err(message) => Ok(Err(message)),
            },
            Command::Export { zone } => match self.records(&zone) {
                Ok(records) => {
                    let mut text = Text {
                        out,
                        buffer: String::new(),
                        error: None,
                    };
                    let apex = records.apex().as_ref();
                    let printed = zone::file::print(apex, records.iter(), &mut text);
                    match (printed, text.finish()) {
                        (Ok(()), result) => result.map(Ok),
                        (Err(_), Err(error)) => Err(error),
                        (Err(error), Ok(())) => Err(io::Error::other(error)),
                    }
                }
                Err(message) => Ok(Err(message)),
            },
            Command::Import {
                zone,
                serial,
                rrsets,
                try_only,
            } => self.import(&zone, serial, &rrsets, try_only, out),
            Command::Flush { zones } => self.order(orders::Order::Flush, &zones, out),
            Command::Freeze { zones } => self.order(orders::Order::Freeze, &zones, out),
            Command::Retransfer { zones } => self.order(orders::Order::Retransfer, &zones, out),
            Command::Thaw { zones } => self.order(orders::Order::Thaw, &zones, out),
            Command::Records { zone } => self.layer(&zone, out),
            Command::Reload { zones } => self.reload(&zones, out),
            Command::Explain { name } => self.explain(&name, out),
            Command::BrakeRelease { destination, zone } => {
                self.release(destination.as_deref(), zone.as_deref(), out)
            }
        }
    }

    fn explain(&self, name: &str, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        let Some((model, asks)) = &self.sync else {
            return Ok(Err(NO_SOURCES.to_owned()));
        };
        if plan::name::normalize(name).is_empty() {
            return Ok(Err(format!(
                "\"{name}\" is no name; expected one as web.example.org"
            )));
        }
        let explanation = Runtime::current().block_on(explain(model, asks, name));
        out.send(&Reply::Explanation(Box::new(explanation)))?;
        Ok(Ok(()))
    }

    /// The records that objects have in a zone, some at a time.
    fn layer(&self, zone: &str, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        let name = match name(zone) {
            Ok(name) => name,
            Err(message) => return Ok(Err(message)),
        };
        let Some(records) = layer(&self.store, &name) else {
            return Ok(Err(format!("zone \"{name}\" is not served here")));
        };
        for some in records.chunks(RECORDS) {
            out.send(&Reply::Records(some.to_vec()))?;
        }
        Ok(Ok(()))
    }

    fn release(
        &self,
        destination: Option<&str>,
        zone: Option<&str>,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let Some((_, asks)) = &self.sync else {
            return Ok(Err(NO_SOURCES.to_owned()));
        };
        let is_meant = |asks: &&Asks| destination.is_none_or(|name| name == asks.name);
        let meant: Vec<&Asks> = asks.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let known: Vec<String> = asks
                .iter()
                .map(|asks| format!("\"{}\"", asks.name))
                .collect();
            return Ok(Err(format!(
                "there is no destination \"{}\"; expected one of {}",
                destination.unwrap_or_default(),
                known.join(", ")
            )));
        }
        let zone = zone.map(|zone| plan::name::normalize(zone).into_owned());
        let (mut released, mut known) = (false, BTreeSet::new());
        for asks in meant {
            let (reply, answer) = oneshot::channel();
            let ask = Ask::Release(zone.clone(), reply);
            let sent = asks.sender.blocking_send(ask).is_ok();
            let answer = if sent {
                answer.blocking_recv().ok()
            } else {
                None
            };
            let deletes = match answer {
                None => return Ok(Err("the daemon is about to end".to_owned())),
                Some(Ok(deletes)) => deletes,
                Some(Err(zones)) => {
                    known.extend(zones);
                    continue;
                }
            };
            released = true;
            let destination = asks.name.clone();
            out.send(&Reply::Released(Released {
                destination,
                deletes,
            }))?;
        }
        Ok(match zone {
            Some(zone) if !released => Err(no_zone(&zone, &known)),
            _ => Ok(()),
        })
    }

    fn reload(&self, zones: &[String], out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        let names: Result<Vec<Name>, String> = zones.iter().map(|zone| name(zone)).collect();
        let names = match names {
            Ok(names) => names,
            Err(message) => return Ok(Err(message)),
        };
        let (reply, outcomes) = oneshot::channel();
        let ended = || Ok(Err("the daemon is about to end".to_owned()));
        if !self.keeper.give(Order::Reload(names, reply)) {
            return ended();
        }
        let Ok(outcomes) = outcomes.blocking_recv() else {
            return ended();
        };
        for outcome in outcomes {
            let zone = outcome.zone.to_string();
            let reply = match outcome.result {
                Ok(served) => Outcome {
                    zone,
                    serial: Some(served.serial.0),
                    records: served.records,
                    changed: served.changed,
                    errors: String::new(),
                },
                Err(errors) => Outcome {
                    zone,
                    serial: None,
                    records: 0,
                    changed: false,
                    errors,
                },
            };
            out.send(&Reply::Outcome(reply))?;
        }
        Ok(Ok(()))
    }

    fn find(&self, zone: &str) -> Result<(Name, Status), String> {
        let name = name(zone)?;
        match self.statuses.get(&name) {
            Some(status) => Ok((name, status)),
            None => Err(format!("zone \"{name}\" is not served here")),
        }
    }

    fn describe(&self, name: &Name, status: Status) -> Zone {
        let snapshot = self.store.snapshot();
        let zone = shown(&snapshot, name);
        Zone {
            zone: name.as_ref().to_lowercase().to_string(),
            state: status.state.label().to_owned(),
            frozen: self.store.is_frozen(name),
            serial: zone.map(|zone| zone.serial().0),
            records: zone.map_or(0, zone::Zone::record_count),
            names: zone.map_or(0, zone::Zone::name_count),
            memory_bytes: zone.map_or(0, zone::Zone::memory_bytes),
            file: status.path.to_string_lossy().into_owned(),
            folder: status
                .folder
                .map(|folder| folder.to_string_lossy().into_owned()),
            includes: status
                .includes
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
            read: status.loaded.to_string(),
            warnings: status.warnings,
            errors: status.report,
        }
    }

    /// The records of a zone as they are now. A copy, so that no version is held while a slow
    /// client reads.
    fn records(&self, zone: &str) -> Result<Records, String> {
        let name = name(zone)?;
        let snapshot = Arc::clone(&self.store.snapshot());
        let Some(zone) = shown(&snapshot, &name) else {
            return Err(format!("zone \"{name}\" is not served here"));
        };
        let mut records = Records::new(name);
        records.reserve(zone.record_count(), zone.memory_bytes());
        for (owner, rrset) in zone.rrsets() {
            for rdata in rrset.rdatas() {
                records.push(
                    owner.as_ref(),
                    rrset.rtype(),
                    rrset.ttl(),
                    rdata,
                    Place::default(),
                );
            }
        }
        Ok(records)
    }
}

/// A zone, if there is anything of it to show.
fn shown<'s>(snapshot: &'s Snapshot, name: &Name) -> Option<&'s zone::Zone> {
    let zone = snapshot.zone(name.as_ref())?;
    (zone.withheld() != Some(Withheld::Absent)).then_some(zone)
}

/// Why deletes in a zone cannot be let go.
fn no_zone(zone: &str, known: &BTreeSet<String>) -> String {
    let known: Vec<String> = known.iter().map(|zone| format!("\"{zone}\"")).collect();
    let expected = match known.as_slice() {
        [] => "no zones are known there yet; without --zone all deletes go".to_owned(),
        known => format!("expected one of {}", known.join(", ")),
    };
    format!("there is no zone \"{zone}\" at the destination; {expected}")
}

/// Why a request without an end is none.
fn unfinished(line: &[u8]) -> String {
    if line.len() as u64 == MAX_REQUEST {
        format!("the request is not understood: no line ends within {MAX_REQUEST} bytes")
    } else {
        format!("the request is not understood: no line ends within {REQUEST:?}")
    }
}

/// The name of a zone.
pub(super) fn name(text: &str) -> Result<Name, String> {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT))
        .map_err(|error| format!("\"{text}\" is not the name of a zone: {error}"))
}

/// The way back to the client.
pub(super) struct Replies<'a>(BufWriter<&'a UnixStream>);

impl Replies<'_> {
    pub(super) fn send(&mut self, reply: &Reply) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, reply)?;
        self.0.write_all(b"\n")
    }
}

/// Sends text in pieces.
struct Text<'a, 'b> {
    out: &'a mut Replies<'b>,
    buffer: String,
    error: Option<io::Error>,
}

impl Text<'_, '_> {
    fn send(&mut self) -> fmt::Result {
        let text = std::mem::take(&mut self.buffer);
        self.out.send(&Reply::Text(text)).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }

    fn finish(mut self) -> io::Result<()> {
        let sent = match self.error {
            None => self.send(),
            Some(_) => Err(fmt::Error),
        };
        match (sent, self.error) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(io::Error::other(error)),
        }
    }
}

impl fmt::Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.buffer.push_str(text);
        if self.buffer.len() < PIECE {
            return Ok(());
        }
        self.send()
    }
}

const NO_SOURCES: &str =
    "this daemon has no sources (flag --source), so it looks after no names of objects";

/// A client sends its request at once; one that does not must not keep others waiting.
const REQUEST: Duration = Duration::from_secs(1);

/// A client that takes longer to read a line is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records in one reply.
const RECORDS: usize = 512;

/// Bytes of a zone in one reply.
const PIECE: usize = 64 << 10;
