//! What it takes to have names for objects: ours, beside external-dns, CoreDNS and etcd together.
//!
//! ```text
//! stand-in for the API server ─→ ours ─→ answers
//!     1000 Services           └→ external-dns ─→ etcd ─→ CoreDNS ─→ answers
//! 100 000 records in a file ───→ ours, from its start to an answer for the last one
//! 100 000 records in etcd ─────→ etcd and CoreDNS, the same
//! ```
//!
//! `.ci/kube live` builds the others; then `cargo run --release -p benches --bin footprint` prints
//! the table in a minute. Programs are taken as they are installed: without debug information, and as
//! gzip has them, which is how images travel. `--zonewright` names another program, such as the one of
//! the image in `target/package/image`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table goes to the terminal, progress beside it"
)]

mod etcd;
mod process;
mod theirs;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::{Row, StandIn, Table, megabytes, milliseconds, pause, program};
use clap::Parser;
use cluster_peers::Parts;
use tempfile::TempDir;

use process::{Memory, Process, answered, free_address};
use theirs::Theirs;

/// Measures size, memory and start of ours, and of external-dns, CoreDNS and etcd together.
#[derive(Clone, Debug, Parser)]
#[command(name = "footprint")]
struct CommandLine {
    /// Objects while memory is taken
    #[arg(long, value_name = "N", default_value_t = 1000)]
    objects: u32,
    /// Records while the start is timed
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    records: u32,
    /// How often the start is timed; the middle counts
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Only our program
    #[arg(long)]
    ours_only: bool,
    /// Write the table to this file too, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Our binary; without it, it is built first
    #[arg(long, value_name = "FILE")]
    zonewright: Option<PathBuf>,
}

/// What was measured of one way to have names.
#[derive(Clone, Debug)]
struct Measured {
    programs: Vec<PathBuf>,
    memory: Memory,
    start: Duration,
}

fn main() -> anyhow::Result<()> {
    let options = CommandLine::parse();
    // Under cargo the programs are brought up to date, so that no old one is measured.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--package", "apiserver"]);
        if options.zonewright.is_none() {
            command.args(["--package", "zonewright"]);
        }
        let status = command.status().context("build the programs")?;
        ensure!(status.success(), "the programs do not build");
    }
    let stand_in = StandIn::start(&program("apiserver")?, options.objects)?;
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let mut table = Table::new(
        format!(
            "{} objects, then a start with {} records",
            options.objects, options.records
        ),
        &[
            "MB on disk",
            "MB as gzip",
            "MB resident, idle",
            "of which own",
            "ms to the first answer",
        ],
    );
    eprintln!("ours");
    let ours = ours(&options, &stand_in, folder.path())?;
    table.rows.push(row("zonewright", &ours, folder.path())?);
    if !options.ours_only {
        eprintln!("external-dns, CoreDNS, etcd");
        let theirs = Theirs::find(&Parts::find())?;
        let theirs = theirs.measure(&options, &stand_in)?;
        let name = "external-dns, CoreDNS, etcd";
        table.rows.push(row(name, &theirs, folder.path())?);
    }
    println!("\n{}", table.text());
    if let Some(path) = &options.markdown {
        std::fs::write(path, table.markdown())
            .with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn ours(options: &CommandLine, stand_in: &StandIn, folder: &Path) -> anyhow::Result<Measured> {
    let binary = match &options.zonewright {
        Some(path) => path.clone(),
        None => program("zonewright")?,
    };
    let dns = free_address()?;
    let listen = format!("--listen={dns}");
    let kubeconfig = format!("--kubeconfig={}", stand_in.kubeconfig().display());
    let arguments = [
        "--source=service",
        "--policy=sync",
        "--domain-filter=example.org",
        &kubeconfig,
        &listen,
    ];
    let process = Process::start(&binary, &arguments, &[])?;
    all_answered(dns, options.objects, &[&process])?;
    let memory = idle(&[&process]);
    drop(process);

    let file = folder.join("example.org.zone");
    std::fs::write(&file, zone(options.records)).context("write a zone file")?;
    let zone = format!("--zone-file=example.org={}", file.display());
    let name = record_name(options.records - 1);
    let mut times = Vec::new();
    for _ in 0..options.rounds.max(1) {
        let begin = Instant::now();
        let process = Process::start(&binary, &[&zone, &listen], &[])?;
        wait(dns, &name, &[&process])?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(Measured {
        programs: vec![binary],
        memory,
        start: benches::quantile(&times, 0.5),
    })
}

fn row(name: &str, measured: &Measured, folder: &Path) -> anyhow::Result<Row> {
    let (mut disk, mut packed) = (0, 0);
    for program in &measured.programs {
        let (size, small) = size(program, folder)?;
        disk += size;
        packed += small;
    }
    Ok(Row {
        name: name.to_owned(),
        cells: vec![
            megabytes(disk),
            megabytes(packed),
            megabytes(measured.memory.resident),
            megabytes(measured.memory.own),
            milliseconds(measured.start),
        ],
    })
}

/// Bytes of a program without debug information, as it is and as gzip has it.
fn size(program: &Path, folder: &Path) -> anyhow::Result<(u64, u64)> {
    let copy = folder.join("program");
    let stripped = Command::new("strip")
        .arg("--strip-debug")
        .arg("-o")
        .arg(&copy)
        .arg(program)
        .status();
    ensure!(
        stripped.context("run strip (package binutils)")?.success(),
        "{} cannot be stripped",
        program.display()
    );
    let length = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len());
    let plain = length(&copy).context("look at a program")?;
    let packed = Command::new("gzip").arg("--force").arg(&copy).status();
    ensure!(
        packed.context("run gzip")?.success(),
        "gzip does not end well"
    );
    let packed = length(&folder.join("program.gz")).context("look at a program")?;
    Ok((plain, packed))
}

/// Waits until the last of these Services has its answer.
fn all_answered(dns: SocketAddr, objects: u32, processes: &[&Process]) -> anyhow::Result<()> {
    for number in (0..objects).step_by(97).chain([objects - 1]) {
        wait(dns, &apiserver::sample::hostname(number), processes)?;
    }
    Ok(())
}

/// Waits for an answer, for as long as these live.
fn wait(dns: SocketAddr, name: &str, processes: &[&Process]) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !answered(dns, name) {
        ensure!(
            begin.elapsed() < PATIENCE,
            "no answer for \"{name}\" in {PATIENCE:?}\n{}",
            processes
                .iter()
                .map(|process| process.said())
                .collect::<String>()
        );
        pause(Duration::from_millis(1));
    }
    Ok(())
}

/// What these have resident once nothing has happened for a while.
fn idle(processes: &[&Process]) -> Memory {
    pause(SETTLE);
    let mut sum = Memory::default();
    for memory in processes.iter().map(|process| process.memory()) {
        sum.resident += memory.resident;
        sum.own += memory.own;
    }
    sum
}

/// A zone with so many addresses.
fn zone(records: u32) -> String {
    let mut text = String::from(
        "$ORIGIN example.org.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n",
    );
    for number in 0..records {
        text.push_str(&format!("host-{number} A {}\n", record_address(number)));
    }
    text
}

fn record_name(number: u32) -> String {
    format!("host-{number}.example.org")
}

fn record_address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0A00_0000 | number)
}

/// A folder for data of theirs.
fn folder() -> anyhow::Result<TempDir> {
    tempfile::tempdir().context("make a temporary folder")
}

const PATIENCE: Duration = Duration::from_secs(180);

/// Longer than allocators and collectors take to give memory back.
const SETTLE: Duration = Duration::from_secs(15);
