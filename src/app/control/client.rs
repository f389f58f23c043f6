//! The user's side: `zonewright zone …`, `zonewright explain NAME`, `zonewright brake release`, and
//! what `zonewright plan` compares with.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use config::{Brake, ControlSocket, Environment, Explain, Output, ZoneAction, ZoneCommand};
use wire::Name;

use super::protocol::{Command, Done, Outcome, Released, Reply, Request, VERSION, Zone};
use super::socket::{Found, connect, find};
use super::{print, report};
use crate::app::plain::{plain, plain_json};
use crate::app::sync::LayerRecord;
use crate::app::sync::explain::Explanation;
use crate::app::telemetry;

/// Asks about zones and prints what the daemon says.
///
/// # Errors
/// There is no daemon, or it says no.
pub(crate) fn zone(command: ZoneCommand, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    match zone_to_stdout(command, environment) {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        result => result,
    }
}

/// Whether whoever reads our output has gone, as `head` does once it has read enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn zone_to_stdout(command: ZoneCommand, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let stream = connect(&command.control_socket?, environment)?;
    let request = match &command.action {
        ZoneAction::Export { zone } => Command::Export { zone: zone.clone() },
        ZoneAction::Flush { zones } => Command::Flush {
            zones: zones.clone(),
        },
        ZoneAction::Freeze { zones } => Command::Freeze {
            zones: zones.clone(),
        },
        ZoneAction::List { .. } => Command::List,
        ZoneAction::Reload(reload) => Command::Reload {
            zones: reload.zones.clone(),
        },
        ZoneAction::Retransfer { zones } => Command::Retransfer {
            zones: zones.clone(),
        },
        ZoneAction::Show { zone, .. } => Command::Show { zone: zone.clone() },
        ZoneAction::Thaw { zones } => Command::Thaw {
            zones: zones.clone(),
        },
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut zones, mut outcomes): (Vec<Zone>, Vec<Outcome>) = (Vec::new(), Vec::new());
    let mut done: Vec<Done> = Vec::new();
    ask(&stream, request, |reply| {
        match reply {
            Reply::Ordered(one) => done.push(one),
            Reply::Outcome(outcome) => outcomes.push(outcome),
            Reply::Text(text) => out.write_all(text.as_bytes())?,
            Reply::Zone(zone) => zones.push(*zone),
            _ => {}
        }
        Ok(())
    })?;
    match command.action {
        ZoneAction::Export { .. } => {}
        ZoneAction::Flush { .. } => out.write_all(print::done(&done, print::FLUSHED).as_bytes())?,
        ZoneAction::Freeze { .. } => out.write_all(print::done(&done, print::FROZEN).as_bytes())?,
        ZoneAction::Retransfer { .. } => {
            out.write_all(print::done(&done, print::TRANSFERRED).as_bytes())?;
        }
        ZoneAction::Thaw { .. } => out.write_all(print::done(&done, print::THAWED).as_bytes())?,
        ZoneAction::List { json: true } => {
            writeln!(out, "{}", serde_json::to_string_pretty(&zones)?)?;
        }
        ZoneAction::List { json: false } => out.write_all(print::list(&zones).as_bytes())?,
        ZoneAction::Reload(_) => out.write_all(print::outcomes(&outcomes).as_bytes())?,
        ZoneAction::Show { json, .. } => {
            for zone in &zones {
                let text = match json {
                    true => format!("{}\n", serde_json::to_string_pretty(zone)?),
                    false => print::zone(zone),
                };
                out.write_all(text.as_bytes())?;
            }
        }
    }
    out.flush()?;
    let failed = outcomes.iter().any(|outcome| !outcome.errors.is_empty())
        || done.iter().any(|one| !one.error.is_empty());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks about a name and prints what is known of it.
///
/// # Errors
/// There is no daemon, or it says no.
pub(crate) fn explain(command: Explain, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let stream = connect(&command.control_socket?, environment)?;
    let mut found: Option<Box<Explanation>> = None;
    ask(&stream, Command::Explain { name: command.name }, |reply| {
        if let Reply::Explanation(explanation) = reply {
            found = Some(explanation);
        }
        Ok(())
    })?;
    let found = found.context("the daemon says nothing about the name")?;
    let text = match command.output {
        Output::Json => format!("{}\n", plain_json(&serde_json::to_string_pretty(&found)?)),
        Output::Table => report::report(&found),
    };
    telemetry::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Lets held deletes go and prints how many these are.
///
/// # Errors
/// There is no daemon, or it says no.
pub(crate) fn brake(command: Brake, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let stream = connect(&command.control_socket?, environment)?;
    let (destination, zone) = (command.release.destination, command.release.zone);
    let mut released: Vec<Released> = Vec::new();
    ask(
        &stream,
        Command::BrakeRelease { destination, zone },
        |reply| {
            if let Reply::Released(one) = reply {
                released.push(one);
            }
            Ok(())
        },
    )?;
    telemetry::print(print::released(&released).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// What a running daemon holds of the names of objects, for a plan to be compared with.
pub(crate) struct Held {
    /// By zone.
    pub(crate) records: Vec<(Name, Vec<LayerRecord>)>,
    /// What that is, for people.
    pub(crate) what: String,
}

/// Asks what objects have in these zones. Without an answer they are empty, and why is said.
pub(crate) fn held(setting: &ControlSocket, environment: Environment<'_>, zones: &[Name]) -> Held {
    let nothing = |why: String| Held {
        records: Vec::new(),
        what: format!("{why}: compared with an empty zone"),
    };
    let path = match find(setting, environment) {
        _ if *setting == ControlSocket::Off => {
            return nothing("no server is asked (--control-socket=off)".to_owned());
        }
        // One answer a connection: each zone is asked on its own.
        Ok(Found::Running(path, _)) => path,
        Ok(Found::Nobody(place)) => {
            return nothing(format!("no server is running at {}", place.display()));
        }
        Err(error) => return nothing(format!("no server could be asked ({error})")),
    };
    let (mut records, mut missing) = (Vec::new(), String::new());
    for zone in zones {
        match layer_of(&path, zone) {
            Ok(found) => records.push((zone.clone(), found)),
            Err(error) => missing.push_str(&format!("; {error}: compared with an empty zone")),
        }
    }
    let path = path.display();
    Held {
        records,
        what: format!("compared with the running server at {path}{missing}"),
    }
}

fn layer_of(path: &Path, zone: &Name) -> anyhow::Result<Vec<LayerRecord>> {
    let stream = UnixStream::connect(path).context("ask the daemon")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut all = Vec::new();
    let zone = zone.to_string();
    ask(&stream, Command::Records { zone }, |reply| {
        if let Reply::Records(mut some) = reply {
            all.append(&mut some);
        }
        Ok(())
    })?;
    Ok(all)
}

/// Sends a request; gives every reply but the last one.
pub(super) fn ask(
    stream: &UnixStream,
    command: Command,
    mut take: impl FnMut(Reply) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let request = Request {
        version: VERSION,
        command,
    };
    let line = format!("{}\n", serde_json::to_string(&request)?);
    let mut out = stream;
    out.write_all(line.as_bytes()).context("ask the daemon")?;
    for line in BufReader::new(stream).lines() {
        let line = line.context("read what the daemon says")?;
        let reply = serde_json::from_str(&line).context("understand what the daemon says")?;
        match reply {
            Reply::Done => return Ok(()),
            Reply::Error(message) => {
                let lines: Vec<String> = message.lines().map(plain).collect();
                bail!("{}", lines.join("\n"))
            }
            reply => take(reply)?,
        }
    }
    bail!("the daemon ended before it had said all")
}

/// A server that does not begin to answer in this time is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
