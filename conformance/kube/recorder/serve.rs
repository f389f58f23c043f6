//! The recorder's socket: routes, faults, what was applied and when.

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::records::{Changes, Endpoint, Records};
use crate::http::{self, Asked, Reply};
use crate::process::pause;

/// One of the protocol's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// `POST /adjustendpoints`.
    Adjust,
    /// `POST /records`.
    Apply,
    /// `GET /`.
    Negotiate,
    /// `GET /records`.
    Records,
}

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Changes are made, but the connection is closed without an answer.
    AppliedThenDropped,
    /// The connection is closed in the middle of the body.
    Cut,
    /// The connection is closed without an answer, and nothing is done.
    Drop,
    /// Status 200 and a body that is no JSON.
    Nonsense,
    /// The answer comes late.
    Slow(Duration),
    /// This status, and nothing is done.
    Status(u16),
}

/// Changes that were asked for.
#[derive(Clone, Debug)]
pub struct Applied {
    /// When they came.
    pub at: Instant,
    /// What they were, as written.
    pub changes: Changes,
}

#[derive(Debug)]
struct State {
    records: Records,
    filter: Value,
    applied: Vec<Applied>,
    faults: BTreeMap<Route, (Fault, usize)>,
    refused: BTreeMap<String, u16>,
    calls: BTreeMap<Route, usize>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    ended: AtomicBool,
}

/// A webhook provider that runs until this value is dropped.
#[derive(Debug)]
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Recorder {
    /// Starts one without records, that takes every name, on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub fn start() -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// The same at an address.
    ///
    /// # Errors
    ///
    /// The address cannot be bound.
    pub fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let state = State {
            records: Records::default(),
            filter: json!({}),
            applied: Vec::new(),
            faults: BTreeMap::new(),
            refused: BTreeMap::new(),
            calls: BTreeMap::new(),
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.ended.load(Ordering::Relaxed) {
                    break;
                }
                let server = Arc::clone(&server);
                std::thread::spawn(move || drop(serve(stream, &server)));
            }
        });
        Ok(Self { address, shared })
    }

    /// What clients are told: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts records in, as if they had been there before.
    pub fn put(&self, endpoints: impl IntoIterator<Item = Endpoint>) {
        let mut state = self.state();
        for endpoint in endpoints {
            state.records.put(endpoint);
        }
    }

    /// Sets the domain filter that negotiation gives: the protocol's JSON.
    pub fn set_filter(&self, filter: Value) {
        self.state().filter = filter;
    }

    /// Lets the next calls of a route go wrong, this many times.
    pub fn fail(&self, route: Route, fault: Fault, times: usize) {
        self.state().faults.insert(route, (fault, times));
    }

    /// Answers every request that makes or changes this name with a status, and does none of it.
    pub fn refuse(&self, name: &str, status: u16) {
        self.state().refused.insert(name.to_owned(), status);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.refused.clear();
    }

    /// The records as they stand, in order.
    #[must_use]
    pub fn records(&self) -> Vec<Endpoint> {
        self.state().records.list()
    }

    /// All changes since the start or since [`Self::take_applied`].
    #[must_use]
    pub fn applied(&self) -> Vec<Applied> {
        self.state().applied.clone()
    }

    /// The same, and forgets them.
    #[must_use]
    pub fn take_applied(&self) -> Vec<Applied> {
        std::mem::take(&mut self.state().applied)
    }

    /// How often a route was called.
    #[must_use]
    pub fn calls(&self, route: Route) -> usize {
        self.state().calls.get(&route).copied().unwrap_or(0)
    }

    /// Waits until the records fulfil a condition, at most this long; says whether they did, and when
    /// the last change came.
    #[must_use]
    pub fn wait_for(
        &self,
        at_most: Duration,
        holds: impl Fn(&[Endpoint]) -> bool,
    ) -> Option<Instant> {
        let end = Instant::now() + at_most;
        let mut state = self.state();
        while !holds(&state.records.list()) {
            let left = end.checked_duration_since(Instant::now())?;
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(
            state
                .applied
                .last()
                .map_or_else(Instant::now, |applied| applied.at),
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // The accepting thread looks when something connects; if it has ended, all is well.
        drop(TcpStream::connect(self.address));
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(asked) = http::read(&mut reader)? {
        if shared.ended.load(Ordering::Relaxed) {
            break;
        }
        let route = match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/") => Some(Route::Negotiate),
            ("GET", "/records") => Some(Route::Records),
            ("POST", "/adjustendpoints") => Some(Route::Adjust),
            ("POST", "/records") => Some(Route::Apply),
            _ => None,
        };
        let Some(route) = route else {
            http::write(&mut writer, &plain(404, "no such call"))?;
            continue;
        };
        let fault = next_fault(shared, route);
        if let Some(Fault::Slow(time)) = fault {
            pause(time);
        }
        let reply = match fault {
            Some(Fault::Drop) => break,
            Some(Fault::Status(status)) => plain(status, "as told"),
            Some(Fault::Nonsense) => ok(b"{\"not\": [json".to_vec()),
            _ => answer(shared, route, &asked),
        };
        match fault {
            Some(Fault::AppliedThenDropped) => break,
            Some(Fault::Cut) => {
                http::write(&mut writer, &Reply { cut: true, ..reply })?;
                break;
            }
            _ => http::write(&mut writer, &reply)?,
        }
    }
    Ok(())
}

/// Counts a call and takes the fault that it shall have.
fn next_fault(shared: &Shared, route: Route) -> Option<Fault> {
    let mut state = lock(shared);
    *state.calls.entry(route).or_default() += 1;
    let (fault, times) = state.faults.get_mut(&route)?;
    *times = times.checked_sub(1)?;
    Some(fault.clone())
}

fn answer(shared: &Shared, route: Route, asked: &Asked) -> Reply {
    let now = Instant::now();
    let mut state = lock(shared);
    match route {
        Route::Negotiate => ok(state.filter.to_string().into_bytes()),
        Route::Records => ok(encode(&state.records.list())),
        Route::Adjust => match serde_json::from_slice::<Value>(&asked.body) {
            Ok(_) if !has_media_type(asked) => plain(415, "Content-Type is not the media type"),
            // What is null in Go's JSON is an empty list.
            Ok(Value::Null) => ok(b"[]".to_vec()),
            Ok(_) => ok(asked.body.clone()),
            Err(error) => plain(400, &error.to_string()),
        },
        Route::Apply => match serde_json::from_slice::<Changes>(&asked.body) {
            Ok(_) if !has_media_type(asked) => plain(415, "Content-Type is not the media type"),
            Ok(changes) if refusal(&state, &changes).is_some() => {
                plain(refusal(&state, &changes).unwrap_or(400), "as told")
            }
            Ok(changes) => {
                state.records.apply(&changes);
                state.applied.push(Applied { at: now, changes });
                shared.changed.notify_all();
                plain(204, "")
            }
            Err(error) => plain(400, &error.to_string()),
        },
    }
}

/// The status for changes with a name that is refused.
fn refusal(state: &State, changes: &Changes) -> Option<u16> {
    let mut made = changes.create.iter().chain(&changes.update_new);
    made.find_map(|endpoint| state.refused.get(&endpoint.dns_name).copied())
}

fn has_media_type(asked: &Asked) -> bool {
    asked
        .headers
        .get("content-type")
        .is_some_and(|kind| kind == MEDIA_TYPE)
}

fn encode(endpoints: &[Endpoint]) -> Vec<u8> {
    serde_json::to_vec(endpoints).unwrap_or_else(|_| b"[]".to_vec())
}

fn ok(body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        content_type: MEDIA_TYPE.to_owned(),
        body,
        cut: false,
    }
}

fn plain(status: u16, text: &str) -> Reply {
    Reply {
        status,
        content_type: "text/plain".to_owned(),
        body: text.as_bytes().to_vec(),
        cut: false,
    }
}

/// What both sides must call the protocol, to the letter.
const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";
