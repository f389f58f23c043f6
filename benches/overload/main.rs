//! The binary that ships under hostile load, while good questions are asked at a low rate.
//!
//! ```text
//! server ←─ good questions, one every 10 ms ─→ how many are answered, and how fast
//!   ↑ ↑──── memory, every 50 ms ─────────────→ how much it grows
//!   └────── one attack after the other: quiet, never-read, half-open, malformed, random names
//! ```
//!
//! Every attack is bounded in count and in time and stays on loopback. The exit code tells whether
//! memory stayed within its bound and good questions were answered throughout.
//!
//! `cargo run --release -p benches --bin overload [-- --quick]`

#![expect(clippy::print_stdout, reason = "results go to the terminal")]

mod attack;
mod good;
mod malformed;
mod silent;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context;
use benches::{pause, pin, program, write_zone_file};
use clap::Parser;
use peers::{Options, Program, Server, Zone};

use crate::attack::Attack;
use crate::good::Answers;

/// Shows that the server stays small and answers under hostile load.
#[derive(Clone, Debug, Parser)]
#[command(name = "overload")]
struct CommandLine {
    /// Only the attacks whose name contains this
    only: Option<String>,
    /// A tenth of everything
    #[arg(long)]
    quick: bool,
    /// Megabytes that the server may grow by
    #[arg(long, value_name = "N", default_value_t = 128.0)]
    growth: f64,
    /// Megabytes that the kernel may hold for the server's TCP connections
    #[arg(long, value_name = "N", default_value_t = 300.0)]
    sockets: f64,
    /// Of the good questions, how many per cent must be answered within a second, by UDP and by TCP
    #[arg(long, value_name = "PERCENT", default_value_t = 99.0)]
    answered: f64,
    /// Our binary
    #[arg(long, value_name = "FILE")]
    zonewright: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = CommandLine::parse();
    // The server has processor 0 for itself, as far as the machine goes.
    pin(1).context("the attacks and the server need a processor each")?;
    let folder = tempfile::tempdir().context("make a temporary folder for the zone")?;
    let server = start(&options, &folder.path().join("zone"))?;
    println!(
        "{:<44} {:>10} {:>15} {:>9} {:>15} {:>9} {:>14} {:>11}",
        "attack", "sent", "good UDP", "p99 ms", "good TCP", "p99 ms", "memory MB", "sockets MB"
    );
    let scale = if options.quick { 1 } else { 10 };
    let at_first = memory(&server)?;
    let mut held = true;
    let wanted = |attack: &Attack| {
        let only = options.only.as_ref();
        only.is_none_or(|only| attack.name.contains(only))
    };
    for attack in attack::all(scale).into_iter().filter(wanted) {
        let seen = run(&attack, server.address(), &server)?;
        let (mb, growth) = (seen.memory / 1e6, (seen.memory - at_first) / 1e6);
        let mut faults = Vec::new();
        if growth > options.growth {
            faults.push(format!("memory grew by {growth:.0} MB"));
        }
        if seen.sockets / 1e6 > options.sockets {
            let mb = seen.sockets / 1e6;
            faults.push(format!("the kernel holds {mb:.0} MB for its connections"));
        }
        for (name, good) in [("UDP", &seen.udp), ("TCP", &seen.tcp)] {
            if good.percent() < options.answered {
                faults.push(format!("{name}: {:.1} % answered", good.percent()));
            }
        }
        println!(
            "{:<44} {:>10} {:>15} {:>9.2} {:>15} {:>9.2} {:>7.1} {:>+6.1} {:>11.1}  {}",
            attack.name,
            seen.sent,
            seen.udp.show(),
            seen.udp.p99(),
            seen.tcp.show(),
            seen.tcp.p99(),
            mb,
            growth,
            seen.sockets / 1e6,
            faults.join(", ")
        );
        held &= faults.is_empty();
    }
    println!("{}", if held { "all held" } else { "not all held" });
    Ok(match held {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Starts the server with a zone of a hundred thousand names.
fn start(options: &CommandLine, file: &Path) -> anyhow::Result<Server> {
    let path = match &options.zonewright {
        Some(path) => path.clone(),
        None => program("zonewright")?,
    };
    write_zone_file(file, "bench.example", good::HOSTS)?;
    let zone = Zone::new("bench.example", file);
    let options = Options::new([zone]).workers(1).cpus("0");
    Ok(Server::start(&Program::zonewright(path), &options)?)
}

/// What was seen during an attack.
struct Seen {
    sent: u64,
    udp: Answers,
    tcp: Answers,
    /// The most that was resident, in bytes.
    memory: f64,
    /// The most that the kernel held for its TCP connections, in bytes.
    sockets: f64,
}

/// Runs one attack with good questions beside it.
fn run(attack: &Attack, address: SocketAddr, server: &Server) -> anyhow::Result<Seen> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let udp = scope.spawn(|| good::ask_by_udp(address, &stop));
        let tcp = scope.spawn(|| good::ask_by_tcp(address, &stop));
        let attacker = scope.spawn(|| (attack.run)(address));
        let (mut most, mut sockets) = (memory(server)?, 0.0_f64);
        let mut turn = 0_u32;
        while !attacker.is_finished() {
            pause(Duration::from_millis(50));
            most = most.max(memory(server)?);
            turn += 1;
            // Less often: it takes a while for thousands of connections.
            if turn.is_multiple_of(8) {
                sockets = sockets.max(socket_memory(address)?);
            }
        }
        stop.store(true, Relaxed);
        let ended = || anyhow::anyhow!("a thread of attack \"{}\" panicked", attack.name);
        Ok(Seen {
            sent: attacker.join().map_err(|_| ended())??,
            udp: udp.join().map_err(|_| ended())?,
            tcp: tcp.join().map_err(|_| ended())?,
            memory: most,
            sockets,
        })
    })
}

fn memory(server: &Server) -> anyhow::Result<f64> {
    let bytes = server.memory().context("the server has ended")?;
    Ok(bytes as f64)
}

/// What the kernel holds for the TCP connections of this port: data to be read by the server, and
/// data that clients have not taken. No process has it among its own memory.
fn socket_memory(server: SocketAddr) -> anyhow::Result<f64> {
    let port = format!(":{}", server.port());
    let output = Command::new("ss")
        .args(["-tmnHO", "sport", "=", &port])
        .output()
        .context("run ss (Debian: apt-get install iproute2)")?;
    let said = String::from_utf8_lossy(&output.stdout);
    // skmem:(r<received>,rb<…>,t<…>,tb<…>,f<…>,w<to be sent>,…)
    let fields = said
        .split("skmem:(")
        .skip(1)
        .flat_map(|rest| rest.split([',', ')']).take(6));
    let held = fields.filter_map(|field| {
        let number = field
            .strip_prefix('r')
            .or_else(|| field.strip_prefix('w'))?;
        number.parse::<f64>().ok()
    });
    Ok(held.sum())
}
