//! The user's side: `zonewright zone …`.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use config::{Environment, ZoneAction, ZoneCommand};

use super::print;
use super::protocol::{Command, Outcome, Reply, Request, VERSION, Zone};
use super::socket::connect;

/// Asks the daemon and prints what it says.
pub(crate) fn run(command: ZoneCommand, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let stream = connect(&command.control_socket?, environment)?;
    let request = Request {
        version: VERSION,
        command: match &command.action {
            ZoneAction::Export { zone } => Command::Export { zone: zone.clone() },
            ZoneAction::List { .. } => Command::List,
            ZoneAction::Reload(reload) => Command::Reload {
                zones: reload.zones.clone(),
            },
            ZoneAction::Show { zone, .. } => Command::Show { zone: zone.clone() },
        },
    };
    let line = format!("{}\n", serde_json::to_string(&request)?);
    (&stream)
        .write_all(line.as_bytes())
        .context("ask the daemon")?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut zones, mut outcomes): (Vec<Zone>, Vec<Outcome>) = (Vec::new(), Vec::new());
    let mut done = false;
    for line in BufReader::new(&stream).lines() {
        let line = line.context("read what the daemon says")?;
        let reply = serde_json::from_str(&line).context("understand what the daemon says")?;
        match reply {
            Reply::Done => {
                done = true;
                break;
            }
            Reply::Error(message) => bail!("{message}"),
            Reply::Outcome(outcome) => outcomes.push(outcome),
            Reply::Text(text) => out.write_all(text.as_bytes())?,
            Reply::Zone(zone) => zones.push(*zone),
        }
    }
    if !done {
        bail!("the daemon ended before it had said all");
    }
    match command.action {
        ZoneAction::Export { .. } => {}
        ZoneAction::List { json: true } => {
            writeln!(out, "{}", serde_json::to_string_pretty(&zones)?)?
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
    let failed = outcomes.iter().any(|outcome| !outcome.errors.is_empty());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
