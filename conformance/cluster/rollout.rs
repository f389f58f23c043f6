//! Copies that are replaced one after the other, as a rollout does, behind a front that goes by `/readyz`.
//!
//! ```text
//! dnsperf → front ─┬→ copy 0          /readyz of each ─ a second later ─→ who is asked
//!                  ├→ copy 1
//!                  └→ copy 2
//! ```

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{park_timeout, spawn};
use std::time::{Duration, Instant};

use peers::{Program, Server, Signal};

use super::copies::{Copies, LONG, Lease, Scene, ZONE, pass, say};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check};
use crate::process::telemetry::page;
use crate::process::tool::{has, path};

pub(super) const TRIALS: &[Check] = &[("a_rollout_loses_no_query", rollout)];

fn rollout(program: &Program) -> Result<(), String> {
    let trial = "a_rollout_loses_no_query";
    if !has("dnsperf") {
        return Err("dnsperf is not installed (.ci/peers installs it)".into());
    }
    let first = [service("web", "192.0.2.1")];
    let copies = Copies::start_with(trial, program, Lease::Usual, &first, Scene::Rollout)?;
    let Some(mut copies) = copies else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    for (_, server) in copies.running() {
        check(server.wait_for(LONG, is_ready), || copies.logs())?;
    }
    let places = copies.running();
    let places = places.map(|(_, server)| Some((server.address(), server.metrics()?)));
    let places: Vec<Place> = places.collect::<Option<_>>().ok_or("no metrics address")?;
    let front = Front::start(places)?;
    copies.site.write(
        "queries",
        &format!("web.{ZONE} A\nno.{ZONE} A\n{ZONE} SOA\n"),
    )?;
    let perf = dnsperf(&copies, front.address)?;
    let begin = Instant::now();
    pass(Duration::from_secs(1));
    for number in 0..copies.servers.len() {
        let taken = copies.servers.get_mut(number).and_then(Option::take);
        let mut server = taken.ok_or("it does not run")?;
        let told = server.signal(Signal::Terminate);
        told.map_err(|error| error.to_string())?;
        let status = server.wait(LONG);
        check(status.is_some_and(|status| status.success()), || {
            server.log()
        })?;
        copies.revive(number)?;
        let server = copies.servers.get(number).and_then(Option::as_ref);
        let server = server.ok_or("it does not run")?;
        front.moved(number, server)?;
        check(server.wait_for(LONG, is_ready), || copies.logs())?;
        // The next one is replaced when this one is asked.
        pass(2 * DELAY);
    }
    let took = begin.elapsed();
    let text = end(perf)?;
    let number = |what: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.contains(what))?;
        line.split_whitespace().find_map(|word| word.parse().ok())
    };
    let (sent, lost) = (number("Queries sent:"), number("Queries lost:"));
    check(
        sent.is_some_and(|sent| sent > 1000) && lost == Some(0),
        || format!("{text}\n{}", copies.logs()),
    )?;
    check(
        !text.contains("SERVFAIL") && !text.contains("REFUSED"),
        || text.clone(),
    )?;
    say(&format!(
        "three copies replaced in {took:.1?}: {} queries sent, none lost",
        sent.unwrap_or_default()
    ));
    Ok(())
}

pub(super) fn is_ready(server: &Server) -> bool {
    server.metrics().is_some_and(says_ready)
}

fn says_ready(admin: SocketAddr) -> bool {
    page(admin, "/readyz").is_ok_and(|text| text.starts_with("HTTP/1.1 200"))
}

fn dnsperf(copies: &Copies, front: SocketAddr) -> Result<Child, String> {
    let queries = copies.site.path("queries").display().to_string();
    let (ip, port) = (front.ip().to_string(), front.port().to_string());
    Command::new("dnsperf")
        .args(["-s", &ip, "-p", &port, "-d", &queries])
        .args(["-Q", "400", "-c", "4", "-T", "1", "-t", "5", "-l", "150"])
        .env("PATH", path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("dnsperf: {error}"))
}

/// Ends it, and gives what it says then.
fn end(perf: Child) -> Result<String, String> {
    let told = Command::new("kill")
        .args(["-INT", &perf.id().to_string()])
        .status();
    told.map_err(|error| error.to_string())?;
    let output = perf.wait_with_output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where a copy answers, and where it says how it is.
type Place = (SocketAddr, SocketAddr);

/// Hands queries to copies that are ready, as it was known a second ago.
struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    places: Mutex<Vec<Place>>,
    asked: Mutex<Vec<bool>>,
    over: AtomicBool,
}

impl Front {
    fn start(places: Vec<Place>) -> Result<Self, String> {
        let socket =
            UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
        let address = socket.local_addr().map_err(|error| error.to_string())?;
        let shared = Arc::new(Shared {
            asked: Mutex::new(vec![true; places.len()]),
            places: Mutex::new(places),
            over: AtomicBool::new(false),
        });
        let (looking, carrying) = (Arc::clone(&shared), Arc::clone(&shared));
        spawn(move || look(&looking));
        spawn(move || drop(carry(&socket, &carrying)));
        Ok(Self { address, shared })
    }

    /// A copy is elsewhere from now on.
    fn moved(&self, number: usize, server: &Server) -> Result<(), String> {
        let metrics = server.metrics().ok_or("no metrics address")?;
        let mut places = lock(&self.shared.places);
        if let Some(place) = places.get_mut(number) {
            *place = (server.address(), metrics);
        }
        Ok(())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.over.store(true, Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks who is ready, and goes by it a second later.
fn look(shared: &Arc<Shared>) {
    let mut seen: Vec<(Instant, Vec<bool>)> = Vec::new();
    while !shared.over.load(Relaxed) {
        let places = lock(&shared.places).clone();
        let ready = places.iter().map(|(_, admin)| says_ready(*admin));
        seen.push((Instant::now(), ready.collect()));
        while seen.first().is_some_and(|(at, _)| at.elapsed() >= DELAY) {
            *lock(&shared.asked) = seen.remove(0).1;
        }
        park_timeout(DELAY / 20);
    }
}

/// Carries each query to the next copy that is asked, from a socket of its own.
fn carry(socket: &UdpSocket, shared: &Arc<Shared>) -> std::io::Result<()> {
    socket.set_read_timeout(Some(DELAY))?;
    let mut buffer = [0; 4096];
    let mut turn = 0;
    while !shared.over.load(Relaxed) {
        let Ok((count, client)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let (asked, places) = (lock(&shared.asked).clone(), lock(&shared.places).clone());
        let open = places.iter().zip(&asked).filter(|(_, asked)| **asked);
        let open: Vec<SocketAddr> = open.map(|((server, _), _)| *server).collect();
        turn += 1;
        let Some(server) = open.get(turn % open.len().max(1)).copied() else {
            continue;
        };
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        back.set_read_timeout(Some(Duration::from_secs(4)))?;
        back.connect(server)?;
        // An error here is a query that is lost.
        if back.send(buffer.get(..count).unwrap_or_default()).is_err() {
            continue;
        }
        let front = socket.try_clone()?;
        spawn(move || -> std::io::Result<()> {
            let mut answer = [0; 4096];
            let count = back.recv(&mut answer)?;
            front.send_to(answer.get(..count).unwrap_or_default(), client)?;
            Ok(())
        });
    }
    Ok(())
}

/// What passes until the front goes by what a copy says of itself.
const DELAY: Duration = Duration::from_secs(1);
