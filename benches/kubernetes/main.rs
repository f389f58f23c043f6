//! The sync engine beside external-dns: from a change of an object to the record, memory, processor
//! time.
//!
//! ```text
//! real API server (etcd, kube-apiserver) ─→ ours: object → answer on the wire
//!     N Services                         ├→ ours: object → webhook provider
//!                                        └→ external-dns: object → webhook provider
//! stand-in in a process of its own ───────→ both: first sync of very many Services, idle
//! ```
//!
//! One program runs at a time. A change is timed from just before the request to the API server is
//! sent, so what the API server and etcd take is in it for all alike; from the API server's own
//! reply as well. The answer is asked for over UDP every fifth of a millisecond.
//!
//! `.ci/kube` makes the parts of the cluster; then `cargo run --release -p benches --bin kubernetes`
//! prints the tables in about ten minutes, `-- --quick` with few Services in one or two.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables go to the terminal, progress beside them"
)]

mod api;
mod command_line;
mod contestant;
mod events;
mod first_sync;
mod poll;

use anyhow::Context;
use clap::Parser;

use crate::command_line::CommandLine;
use benches::Table;

fn main() -> anyhow::Result<()> {
    let options = CommandLine::parse();
    let programs = options.programs()?;
    let mut tables = Vec::new();
    if !options.stand_in_only {
        for count in options.cluster() {
            tables.push(shown(events::measure(&options, &programs, count)?));
        }
    }
    if !options.cluster_only {
        for count in options.stand_in() {
            tables.push(shown(first_sync::measure(&options, &programs, count)?));
        }
    }
    if let Some(path) = &options.markdown {
        let text: Vec<String> = tables.iter().map(Table::markdown).collect();
        std::fs::write(path, text.join("\n"))
            .with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// Prints a table as soon as it is there: the next one may take minutes.
fn shown(table: Table) -> Table {
    println!("\n{}\n", table.text());
    table
}

/// Tells what is being done.
fn progress(text: &str) {
    eprintln!("{text}");
}
