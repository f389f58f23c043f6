//! A running server: started, watched and stopped.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal as UnixSignal};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::configure;
use crate::options::{Options, Ready};
use crate::port::free_port;
use crate::probe::{self, Answer};
use crate::process;
use crate::program::{Kind, Program};

/// A server that runs until this value is dropped.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    child: Child,
    folder: TempDir,
    load_time: Duration,
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or a process could not be made.
    #[error("start {kind}")]
    Io {
        /// The server.
        kind: Kind,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// All ports are taken.
    #[error("start {kind}: no free port")]
    NoPort {
        /// The server.
        kind: Kind,
    },
    /// The program ended before it answered.
    #[error("start {kind}: it ended with {status}:\n{log}")]
    Ended {
        /// The server.
        kind: Kind,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        log: String,
    },
    /// The program does not answer.
    #[error("start {kind}: no answer for zone {zone:?} after {waited:?}:\n{log}")]
    Silent {
        /// The server.
        kind: Kind,
        /// The zone asked for.
        zone: String,
        /// For how long.
        waited: Duration,
        /// What it said.
        log: String,
    },
}

/// Signals that tests send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGCONT: go on.
    Continue,
    /// SIGHUP: read the zones again.
    Hangup,
    /// SIGINT: end.
    Interrupt,
    /// SIGKILL: die at once.
    Kill,
    /// SIGSTOP: stand still.
    Stop,
    /// SIGTERM: end in good order.
    Terminate,
}

impl Server {
    /// Starts a program and waits until it is ready.
    ///
    /// # Errors
    ///
    /// The program cannot be run, ends early, or is not ready in time; its log is in the error.
    pub fn start(program: &Program, options: &Options) -> Result<Self, StartError> {
        let begin = Instant::now();
        let mut server = Self::launch(program, options)?;
        server.wait_until_ready(options)?;
        server.load_time = begin.elapsed();
        Ok(server)
    }

    /// Starts a program without waiting for anything; for runs that are meant to end by themselves.
    ///
    /// # Errors
    ///
    /// The program cannot be run.
    pub fn launch(program: &Program, options: &Options) -> Result<Self, StartError> {
        let kind = program.kind;
        let failed = |source| StartError::Io { kind, source };
        let none = || StartError::NoPort { kind };
        let port = options.port.or_else(|| free_port(options.address));
        let address = SocketAddr::new(options.address, port.ok_or_else(none)?);
        let metrics = match kind {
            Kind::Zonewright => {
                let port = free_port(options.address).ok_or_else(none)?;
                Some(SocketAddr::new(options.address, port))
            }
            _ => None,
        };
        let folder = tempfile::Builder::new()
            .prefix("peer-")
            .tempdir()
            .map_err(failed)?;
        let arguments =
            configure::arguments(kind, folder.path(), address, metrics, options).map_err(failed)?;
        let log = File::create(folder.path().join(LOG)).map_err(failed)?;

        let mut words = vec![String::from("setpriv"), "--pdeathsig".into(), "KILL".into()];
        if let Some(list) = &options.cpus {
            words.extend(["taskset", "--cpu-list", list].map(str::to_owned));
        }
        words.extend(options.wrapper.iter().cloned());
        let mut command = Command::new("/usr/bin/env");
        command
            .args(words)
            .arg(&program.path)
            .args(arguments)
            .args(&options.arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        let child = process::spawn(command).map_err(failed)?;
        Ok(Self {
            kind,
            address,
            metrics,
            child,
            folder,
            load_time: Duration::ZERO,
        })
    }

    fn wait_until_ready(&mut self, options: &Options) -> Result<(), StartError> {
        let begin = Instant::now();
        let all = || options.zones.iter().map(|zone| zone.origin.clone());
        let (zones, any): (Vec<String>, bool) = match &options.ready {
            Ready::AllZones => (all().collect(), false),
            Ready::AnyAnswer => (all().take(1).collect(), true),
            Ready::Zones(zones) => (zones.clone(), false),
        };
        // The last zone first: most programs load in order, and one probe then waits for all.
        for zone in zones.iter().rev() {
            loop {
                let asked = Instant::now();
                match probe::ask(self.address, zone, PROBE_WAIT) {
                    Ok(Answer::Authoritative) => break,
                    Ok(Answer::Other) if any => break,
                    _ => {}
                }
                if let Some(status) = self.ended() {
                    return Err(StartError::Ended {
                        kind: self.kind,
                        status,
                        log: self.log_end(),
                    });
                }
                if begin.elapsed() > options.timeout {
                    return Err(StartError::Silent {
                        kind: self.kind,
                        zone: zone.clone(),
                        waited: begin.elapsed(),
                        log: self.log_end(),
                    });
                }
                // A closed port is refused at once; asking again at full speed would take the
                // processor from the program that is loading.
                pause(PROBE_PAUSE.saturating_sub(asked.elapsed()));
            }
        }
        Ok(())
    }

    /// Which server it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it answers, by UDP and TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves metrics, health and readiness by HTTP; ours only.
    #[must_use]
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The process that was started.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// That process and all that descend from it (NSD has one per worker and two more).
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        process::family(self.pid())
    }

    /// From the start of the program to the first answer for its zones.
    #[must_use]
    pub fn load_time(&self) -> Duration {
        self.load_time
    }

    /// User and system time of all its processes, in steps of 10 ms.
    #[must_use]
    pub fn cpu_time(&self) -> Option<Duration> {
        self.pids().into_iter().map(process::cpu_time).sum()
    }

    /// Resident memory of all its processes in bytes, pages shared among them counted once.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        self.pids().into_iter().map(process::memory).sum()
    }

    /// Resident memory of all its processes in bytes that is theirs alone: without the pages of files,
    /// whose share depends on who else runs the same program, and on what the system keeps of them.
    #[must_use]
    pub fn own_memory(&self) -> Option<u64> {
        self.pids().into_iter().map(process::own_memory).sum()
    }

    /// Its folder: configuration, log and whatever it writes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it wrote to standard output and standard error until now.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The end of the log, for messages.
    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let from = lines.len().saturating_sub(LOG_LINES);
        lines.get(from..).unwrap_or_default().join("\n")
    }

    /// Sends a signal to its first process.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let signal = match signal {
            Signal::Continue => UnixSignal::SIGCONT,
            Signal::Hangup => UnixSignal::SIGHUP,
            Signal::Interrupt => UnixSignal::SIGINT,
            Signal::Kill => UnixSignal::SIGKILL,
            Signal::Stop => UnixSignal::SIGSTOP,
            Signal::Terminate => UnixSignal::SIGTERM,
        };
        let pid = i32::try_from(self.pid()).map_err(io::Error::other)?;
        signal::kill(Pid::from_raw(pid), signal).map_err(io::Error::from)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end, at most this long.
    pub fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        loop {
            let status = self.ended();
            if status.is_some() || begin.elapsed() > at_most {
                return status;
            }
            pause(Duration::from_millis(10));
        }
    }

    /// Waits until a condition holds, at most this long; says whether it came to hold.
    #[must_use]
    pub fn wait_for(&self, at_most: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let begin = Instant::now();
        while !holds(self) {
            if begin.elapsed() > at_most {
                return false;
            }
            pause(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let family = self.pids();
        // Errors mean that it has ended already, which is what is wanted.
        drop(self.signal(Signal::Terminate));
        if self.wait(STOP_WAIT).is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        for pid in family.into_iter().skip(1) {
            let Ok(number) = i32::try_from(pid) else {
                continue;
            };
            let kill = || signal::kill(Pid::from_raw(number), UnixSignal::SIGKILL);
            while process::memory(pid).is_some() && kill().is_ok() {
                pause(PROBE_PAUSE);
            }
        }
    }
}

/// Lets other processes run.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs tell their state only when asked again and again"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

const LOG: &str = "log";
const LOG_LINES: usize = 40;
const PROBE_WAIT: Duration = Duration::from_millis(200);
const PROBE_PAUSE: Duration = Duration::from_millis(10);
const STOP_WAIT: Duration = Duration::from_secs(3);
