//! What the system knows about processes, and where they run.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

/// Keeps this thread, and all that it starts from now on, on one processor.
///
/// # Errors
/// When there is no such processor for us.
pub fn pin(processor: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .with_context(|| format!("stay on processor {processor}"))
}

/// Lets this thread, and all that it starts from now on, run on these processors.
///
/// # Errors
/// When we may use none of them.
pub fn pin_to(processors: impl IntoIterator<Item = usize>) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(processor)?;
    }
    sched_setaffinity(Pid::from_raw(0), &set).context("choose processors")
}

/// Time that these processes had a processor, in user and system mode, to the nanosecond.
#[must_use]
pub fn cpu_time(pids: &[u32]) -> Duration {
    let tasks = pids
        .iter()
        .filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok())
        .flatten()
        .flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// Time that this thread had a processor: on a busy machine, not the time of others.
#[must_use]
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.map_or(Duration::ZERO, Duration::from)
}

/// Memory of this process that is resident, in bytes.
#[must_use]
pub fn self_resident() -> Option<u64> {
    status(std::process::id(), "VmRSS:")
}

/// The most memory that a process ever had resident, in bytes.
#[must_use]
pub fn peak_memory(pid: u32) -> Option<u64> {
    status(pid, "VmHWM:")
}

/// A number of bytes in the status of a process.
fn status(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// The same for this process.
#[must_use]
pub fn self_peak() -> Option<u64> {
    peak_memory(std::process::id())
}

/// Lets the peak of this process begin anew.
///
/// # Errors
/// When the kernel does not do that.
pub fn reset_peak() -> io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}

/// Bytes that the program holds, as its allocator counts them.
#[must_use]
pub fn allocated() -> usize {
    let fresh = tikv_jemalloc_ctl::epoch::advance();
    let count = tikv_jemalloc_ctl::stats::allocated::read();
    fresh.and(count).unwrap_or(0)
}

/// A program of this workspace, built with the same profile as the running one.
///
/// # Errors
/// When it has not been built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("find this program")?;
    // Benchmarks lie one folder deeper than programs.
    let found = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.with_context(|| {
        format!("program \"{name}\" is not built; run `cargo build --release` first")
    })
}

/// Waits.
#[expect(
    clippy::disallowed_methods,
    reason = "load is offered over time, and processes are watched over time"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
