//! A folder with zone files, and a server of ours on them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use peers::{Options, Program, Server, Zone, free_port};
use tempfile::TempDir;

use crate::client::{Message, Query, exchange};

/// What a trial is: its name and what it does with our program.
pub(crate) type Check = (&'static str, fn(&Program) -> Result<(), String>);

/// A folder with zone files.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(Self { folder })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.path(name), text).map_err(|error| format!("{name}: {error}"))
    }

    /// Writes a zone of this serial, with more lines.
    pub(crate) fn zone(&self, origin: &str, serial: u32, more: &str) -> Result<Zone, String> {
        self.write(origin, &text(serial, more))?;
        Ok(Zone::new(origin, self.path(origin)))
    }
}

/// A zone file.
pub(crate) fn text(serial: u32, more: &str) -> String {
    format!(
        "$TTL 300\n@ SOA ns hostmaster {serial} 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n{more}\n"
    )
}

/// Starts our program.
pub(crate) fn start(program: &Program, options: &Options) -> Result<Server, String> {
    Server::start(program, options).map_err(|error| error.to_string())
}

/// Runs our program, which must end by itself with a failure; out comes what it said.
pub(crate) fn fails(program: &Program, options: &Options) -> Result<String, String> {
    let mut server = Server::launch(program, options).map_err(|error| error.to_string())?;
    let status = server.wait(PATIENCE);
    let log = server.log();
    check(status.is_some_and(|status| !status.success()), || {
        format!("ended with {status:?}:\n{log}")
    })?;
    check(!log.contains("panicked"), || log.clone())?;
    Ok(log)
}

/// Says that a trial has nothing to see here, and why.
#[expect(clippy::print_stderr, reason = "a test runner speaks on the terminal")]
pub(crate) fn skip(trial: &str, why: &str) {
    eprintln!("process::{trial}: left out: {why}");
}

/// Sends a query as `client::query` reads it.
pub(crate) fn ask(server: SocketAddr, line: &str) -> Result<Message, String> {
    let query = Query::parse(line)?;
    let reply = exchange(server, &query, WAIT).map_err(|error| format!("{line}: {error}"))?;
    let bytes = reply.ok_or_else(|| format!("{line}: no answer"))?;
    Message::decode(&bytes).map_err(|error| format!("{line}: {error}"))
}

/// The records of an answer, as lines.
pub(crate) fn answer(server: SocketAddr, line: &str) -> Result<Vec<String>, String> {
    let message = ask(server, line)?;
    Ok(message
        .answer
        .iter()
        .map(crate::client::Record::line)
        .collect())
}

/// The serial of a zone.
pub(crate) fn serial(server: SocketAddr, origin: &str) -> Option<u32> {
    let lines = answer(server, &format!("{origin} SOA")).ok()?;
    lines.first()?.split_whitespace().nth(5)?.parse().ok()
}

/// Waits until a zone has this serial.
pub(crate) fn wait_for_serial(server: &Server, origin: &str, wanted: u32) -> Result<(), String> {
    let came = server.wait_for(PATIENCE, |server| {
        serial(server.address(), origin) == Some(wanted)
    });
    check(came, || {
        let found = serial(server.address(), origin);
        format!(
            "{origin} has serial {found:?}, not {wanted}; log:\n{}",
            server.log()
        )
    })
}

/// Waits until the log has this text.
pub(crate) fn wait_for_log(server: &Server, text: &str) -> Result<(), String> {
    let came = server.wait_for(PATIENCE, |server| server.log().contains(text));
    check(came, || {
        format!("the log has no {text:?}:\n{}", server.log())
    })
}

/// Waits for an answer of these records; tells how long that took.
pub(crate) fn wait_for_answer(
    server: &Server,
    query: &str,
    wanted: &[&str],
) -> Result<Duration, String> {
    let begin = Instant::now();
    let came = server.wait_for(PATIENCE, |server| {
        answer(server.address(), query).is_ok_and(|lines| lines == wanted)
    });
    let took = begin.elapsed();
    check(came, || {
        let found = answer(server.address(), query);
        format!("{query}: {found:?}, not {wanted:?}; log:\n{}", server.log())
    })?;
    Ok(took)
}

/// Waits until a name has this one address, with the TTL of names that ask for none; tells how long
/// that took.
pub(crate) fn wait_for_address(
    server: &Server,
    name: &str,
    address: &str,
) -> Result<Duration, String> {
    let wanted = format!("{name}. 300 A {address}");
    wait_for_answer(server, &format!("{name} A"), &[&wanted])
}

/// Waits for an answer with this code.
pub(crate) fn wait_for_rcode(server: &Server, query: &str, wanted: u16) -> Result<(), String> {
    let code = |server: &Server| ask(server.address(), query).ok().map(|reply| reply.rcode);
    let came = server.wait_for(PATIENCE, |server| code(server) == Some(wanted));
    check(came, || {
        format!(
            "{query}: {:?}, not {wanted}; log:\n{}",
            code(server),
            server.log()
        )
    })
}

/// A port of loopback that nobody has.
pub(crate) fn free() -> Result<u16, String> {
    free_port(Ipv4Addr::LOCALHOST.into()).ok_or_else(|| "no free port".into())
}

/// An error unless the condition holds.
pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

const WAIT: Duration = Duration::from_secs(2);

/// How long something may take that comes at once on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const SERVFAIL: u16 = 2;
pub(crate) const NXDOMAIN: u16 = 3;
