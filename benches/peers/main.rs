//! Ours beside Knot, NSD, BIND, PowerDNS and a server that only echoes: one after the other on one
//! processor, the same zones, loaded by dnsperf from another processor.
//!
//! ```text
//! plan ─→ round ─→ stage (zone size) ─→ contestant: start, ask, load, stop ─→ samples ─→ report
//! ```
//!
//! What counts is the processor time an answer takes at one offered rate for all: on loopback the
//! rate that a server can reach is bounded by the load generator. Rounds are interleaved, so that
//! what else the machine does falls on all alike; medians are given with the least and the most.
//!
//! `cargo run --release -p benches --bin peers` prints tables and takes less than fifteen minutes;
//! `-- --quick` less than three; `-- --load` is about loading large and many zones only.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables go to the terminal, progress beside them"
)]

mod command_line;
mod contestant;
mod dnsperf;
mod loading;
mod markdown;
mod plan;
mod rounds;
mod samples;
mod table;
mod zone_files;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::command_line::CommandLine;
use crate::samples::Samples;

fn main() -> anyhow::Result<ExitCode> {
    let options = CommandLine::parse();
    // The servers run on processor 0; this program and dnsperf keep off it.
    benches::pin(1).context("measuring takes two processors")?;
    let ours = options.ours()?;
    let folder = tempfile::tempdir().context("make a temporary folder for zone files")?;
    let mut samples = Samples::default();
    if options.load {
        loading::measure(&options, &ours, folder.path(), &mut samples)?;
    } else {
        rounds::measure(&options, &ours, folder.path(), &mut samples)?;
    }
    table::print(&samples);
    if let Some(path) = &options.markdown {
        let text = markdown::document(&options, &samples);
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    for problem in &samples.problems {
        eprintln!("{problem}");
    }
    Ok(match samples.problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
