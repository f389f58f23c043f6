//! Child processes that never outlive this one, and what the kernel knows about them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::Duration;

/// Starts a command from a thread that lives as long as the process.
///
/// The kernel kills a child when the *thread* that made it ends (`PR_SET_PDEATHSIG`), and tests run
/// on short-lived threads while their servers are shared.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    type Job = (Command, std::sync::mpsc::SyncSender<io::Result<Child>>);
    static SPAWNER: LazyLock<Sender<Job>> = LazyLock::new(|| {
        // Not bounded: one job per server, each waited for by its sender.
        let (jobs, queue): (Sender<Job>, Receiver<Job>) = channel();
        std::thread::spawn(move || {
            for (mut command, reply) in queue {
                // A sender that is gone has no use for the child; dropping it is all right.
                drop(reply.send(command.spawn()));
            }
        });
        jobs
    });
    let (reply, child) = sync_channel(1);
    SPAWNER
        .send((command, reply))
        .map_err(|_| io::Error::other("the thread that starts servers has ended"))?;
    child
        .recv()
        .map_err(|_| io::Error::other("the thread that starts servers has ended"))?
}

/// This process and all that descend from it.
pub(crate) fn family(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in folders.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(parent) = stat_fields(pid).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut seen = HashSet::from([root]);
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        next += 1;
        let more = children.get(&pid).into_iter().flatten();
        found.extend(more.filter(|child| seen.insert(**child)));
    }
    found
}

/// User and system time of a process, in the kernel's ticks of 10 ms.
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let fields = stat_fields(pid)?;
    let user: u64 = fields.get(11)?.parse().ok()?;
    let system: u64 = fields.get(12)?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

/// Memory of a process in bytes: its share of what is resident (PSS), since NSD's processes share.
pub(crate) fn memory(pid: u32) -> Option<u64> {
    rollup(pid, "Pss:")
}

/// Memory of a process in bytes that is no part of a file.
pub(crate) fn own_memory(pid: u32) -> Option<u64> {
    rollup(pid, "Anonymous:")
}

/// A sum over the mappings of a process, in bytes.
fn rollup(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// The fields of `/proc/PID/stat` behind the command's name; the first is the state.
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
