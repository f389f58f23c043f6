//! Updates acknowledged on disk, and transfers: ours beside BIND, Knot and NSD, one after the other on
//! one processor, the client on another. Pushes into BIND: ours beside external-dns.
//!
//! ```text
//! updates     1 and 64 clients, each over a connection of its own, signed; every update adds a name
//! transfers   AXFR of the whole zone, IXFR of one change in it, over TCP, signed
//! shared      updates of a zone that one copy or three share: acknowledged once they are in the API server
//!             and at every copy
//! pushes      names of many Services into BIND, in one pass: time, messages, bytes
//! ```
//!
//! Rounds are interleaved, so that what else the machine does falls on all alike. The client is the
//! same for all and its work is part of every time; processor time is the server's alone.
//!
//! `cargo run --release -p benches --bin dynamic` takes about five minutes; `-- --quick` one.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables go to the terminal, progress beside them"
)]

mod contestant;
mod proxy;
mod push;
mod shared;
mod transfers;
mod updates;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use crate::contestant::Kind;
use crate::push::Pusher;

/// Measures updates and transfers beside other servers.
#[derive(Clone, Debug, Parser)]
#[command(name = "dynamic")]
struct CommandLine {
    /// Hosts in the zone that is updated
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    names: usize,
    /// Hosts in the zone that is transferred (1000000; quick 100000)
    #[arg(long, value_name = "N")]
    transferred: Option<usize>,
    /// Rounds of everything (3; quick 1)
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long updates are sent, in seconds (5; quick 2)
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,
    /// Little of everything
    #[arg(long)]
    quick: bool,
    /// Only these: zonewright, bind, knot, nsd
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
    /// Only these tables: updates, shared, transfers, pushes
    #[arg(long, value_delimiter = ',', value_name = "TABLE,…")]
    tables: Vec<String>,
    /// Services whose names are pushed (10000; quick 1000)
    #[arg(long, value_name = "N")]
    services: Option<u32>,
    /// Changes in an update of those who push, beside what they do by themselves
    #[arg(long, value_name = "N", default_value_t = 200)]
    batch: u32,
    /// external-dns, if not that of .ci/kube
    #[arg(long, value_name = "FILE")]
    external_dns: Option<PathBuf>,
    /// Write the tables to this file too, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Our binary
    #[arg(long, value_name = "FILE")]
    zonewright: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = CommandLine::parse();
    // The servers run on processor 0.
    benches::pin(1).context("measuring takes two processors")?;
    let ours = match &options.zonewright {
        Some(path) => path.clone(),
        None => benches::program("zonewright")?,
    };
    let rounds = options.rounds.unwrap_or(if options.quick { 1 } else { 3 });
    let seconds = options.time.unwrap_or(if options.quick { 2 } else { 5 });
    let transferred = options.transferred;
    let transferred = transferred.unwrap_or(if options.quick { 100_000 } else { 1_000_000 });
    let takes_part = |kind: &Kind| {
        let mut only = options.only.iter();
        options.only.is_empty() || only.any(|name| name == kind.word())
    };
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(takes_part).collect();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().context("start tokio")?;
    let wants =
        |table: &str| options.tables.is_empty() || options.tables.iter().any(|name| name == table);
    let mut tables = Vec::new();
    if wants("updates") {
        let time = Duration::from_secs(seconds);
        let measured = updates::measure(&ours, &kinds, options.names, rounds, time);
        tables.push(runtime.block_on(measured)?);
    }
    if wants("shared") {
        let time = Duration::from_secs(seconds);
        let measured = shared::measure(&ours, options.names, rounds, time);
        tables.extend(runtime.block_on(measured)?);
    }
    if wants("transfers") {
        let measured = transfers::measure(&ours, &kinds, transferred, rounds);
        tables.push(runtime.block_on(measured)?);
    }
    if wants("pushes") {
        let services = options.services;
        let services = services.unwrap_or(if options.quick { 1000 } else { 10_000 });
        let pushers = pushers(&options, &ours);
        tables.push(runtime.block_on(push::measure(&pushers, services, rounds))?);
    }
    let mut document = String::new();
    for table in tables {
        println!("\n{}", table.text());
        document.push_str(&table.markdown());
        document.push('\n');
    }
    if let Some(path) = &options.markdown {
        std::fs::write(path, document).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// Who pushes: both programs as they do by themselves, and with more in an update.
fn pushers(options: &CommandLine, ours: &Path) -> Vec<Pusher> {
    let mut programs = vec![("Zonewright".to_owned(), ours.to_owned())];
    match push::external_dns(options.external_dns.as_deref()) {
        Some((path, version)) => programs.push((format!("external-dns {version}"), path)),
        None => eprintln!("external-dns is not there: .ci/kube live makes it"),
    }
    let all = [None, Some(options.batch)].into_iter().flat_map(|batch| {
        let programs = programs.iter();
        programs.map(move |(name, path)| Pusher {
            name: match batch {
                None => name.clone(),
                Some(batch) => format!("{name}, batches of {batch}"),
            },
            path: path.clone(),
            batch,
        })
    });
    all.collect()
}
