//! Child processes that never outlive this one: servers that stay, programs that run once.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

/// A server: its command is kept, so that it can be started again as it was.
#[derive(Debug)]
pub(crate) struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a program in a folder; what it says goes to `NAME.log` there.
    pub(crate) fn start(program: &Path, arguments: Vec<String>, folder: &Path) -> io::Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = folder.join(format!("{name}.log"));
        let child = launch(program, &arguments, folder, &log)?;
        Ok(Self {
            program: program.to_owned(),
            arguments,
            folder: folder.to_owned(),
            log,
            child,
        })
    }

    /// Starts it again, after its end.
    pub(crate) fn start_again(&mut self) -> io::Result<()> {
        self.stop(Signal::SIGKILL);
        self.child = launch(&self.program, &self.arguments, &self.folder, &self.log)?;
        Ok(())
    }

    /// Ends it and waits for the end.
    pub(crate) fn stop(&mut self, how: Signal) {
        // Errors mean that it has ended already. A stopped process must go on in order to end.
        drop(self.signal(how));
        drop(self.signal(Signal::SIGCONT));
        if wait(&mut self.child, STOP_WAIT).is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        signal::kill(Pid::from_raw(pid), signal).map_err(io::Error::from)
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Its process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it said, for messages.
    pub(crate) fn log_end(&self) -> String {
        last_lines(&read(&self.log), LOG_LINES)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Signal::SIGTERM);
    }
}

/// How a program that runs once ended.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Its code; none if a signal or the end of its time ended it.
    pub code: Option<i32>,
    /// What it said on standard output and standard error.
    pub log: String,
}

/// Runs a program to its end, for at most this long, in a folder that holds its log and is its home.
/// Its environment is `PATH` and what is given.
///
/// # Errors
///
/// The program cannot be run.
pub fn run(
    program: &Path,
    arguments: &[String],
    environment: &[(String, String)],
    folder: &Path,
    at_most: Duration,
) -> io::Result<Exit> {
    let log = folder.join("run.log");
    let mut command = command(program, arguments, folder, &log)?;
    // Settings of whoever runs the tests are not the program's.
    command.env_clear().env("HOME", folder);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    // Several of them run at the same time, and each would have its numbers at one port.
    command.env("EXTERNAL_DNS_METRICS_ADDRESS", "127.0.0.1:0");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let mut child = spawn(command)?;
    let status = wait(&mut child, at_most);
    if status.is_none() {
        drop(child.kill());
        drop(child.wait());
    }
    Ok(Exit {
        code: status.and_then(|status| status.code()),
        log: read(&log),
    })
}

/// Waits for the end of a process, at most this long.
fn wait(child: &mut Child, at_most: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        let status = child.try_wait().ok().flatten();
        if status.is_some() || begin.elapsed() > at_most {
            return status;
        }
        pause(STEP);
    }
}

/// Lets other processes run.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs tell their state only when asked again and again"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The last lines of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    lines.get(from..).unwrap_or_default().join("\n")
}

fn read(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}

fn launch(program: &Path, arguments: &[String], folder: &Path, log: &Path) -> io::Result<Child> {
    spawn(command(program, arguments, folder, log)?)
}

fn command(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    folder: &Path,
    log: &Path,
) -> io::Result<Command> {
    let log = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL"])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}

/// Starts a command from a thread that lives as long as the process.
///
/// The kernel kills a child when the *thread* that made it ends (`PR_SET_PDEATHSIG`), and tests run
/// on short-lived threads while their clusters are shared.
fn spawn(command: Command) -> io::Result<Child> {
    type Job = (Command, SyncSender<io::Result<Child>>);
    static SPAWNER: LazyLock<SyncSender<Job>> = LazyLock::new(|| {
        // One job is enough room: every sender waits for its own reply.
        let (jobs, queue) = sync_channel::<Job>(1);
        std::thread::spawn(move || {
            for (mut command, reply) in queue {
                // A sender that is gone has no use for the child; dropping it is all right.
                drop(reply.send(command.spawn()));
            }
        });
        jobs
    });
    let ended = || io::Error::other("the thread that starts processes has ended");
    let (reply, child) = sync_channel(1);
    SPAWNER.send((command, reply)).map_err(|_| ended())?;
    child.recv().map_err(|_| ended())?
}

const STOP_WAIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(5);
const LOG_LINES: usize = 30;
