//! Numbers of the process, from `/proc`, under the names that all programs for Prometheus give them.
//!
//! What the system does not tell is left out. There are no `go_*` numbers: nothing here is Go.

use std::fmt;
use std::fs;

use nix::unistd::{SysconfVar, sysconf};

use super::Page;

/// Writes what is known of this process; `started` is in seconds since 1970.
pub(super) fn encode(page: &mut Page<'_>, started: u64) -> fmt::Result {
    page.gauge(
        "process_start_time_seconds",
        "When the process started, since 1970",
        started,
    )?;
    if let Some(seconds) = cpu_seconds() {
        let help = "Time of processors used, by the program and by the system for it";
        page.seconds("process_cpu_seconds", help, seconds)?;
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open = fs::read_dir("/proc/self/fd").map(|all| all.count() as u64);
    for (name, help, number) in [
        (
            "process_resident_memory_bytes",
            "Memory of the process that is resident",
            bytes(&status, "VmRSS:"),
        ),
        (
            "process_virtual_memory_bytes",
            "Memory that the process has addresses for",
            bytes(&status, "VmSize:"),
        ),
        (
            "process_virtual_memory_max_bytes",
            "Memory that the process may have addresses for",
            limit(&limits, "Max address space"),
        ),
        (
            "process_open_fds",
            "Files and sockets that the process has open",
            // The folder being read is one of them.
            open.ok().map(|count| count.saturating_sub(1)),
        ),
        (
            "process_max_fds",
            "Files and sockets that the process may have open",
            limit(&limits, "Max open files"),
        ),
    ] {
        if let Some(number) = number {
            page.gauge(name, help, number)?;
        }
    }
    let counted = fs::read_to_string("/proc/self/net/netstat").unwrap_or_default();
    for (name, help, field) in [
        (
            "process_network_receive_bytes",
            "Bytes received in the network of the process, whoever they were for",
            "InOctets",
        ),
        (
            "process_network_transmit_bytes",
            "Bytes sent in the network of the process, whoever sent them",
            "OutOctets",
        ),
    ] {
        if let Some(count) = octets(&counted, field) {
            page.counter(name, help, count)?;
        }
    }
    Ok(())
}

/// A number of `/proc/self/net/netstat`: a line of names, then one of numbers.
fn octets(counted: &str, field: &str) -> Option<u64> {
    let mut lines = counted.lines().filter(|line| line.starts_with("IpExt:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_whitespace().position(|name| name == field)?;
    numbers.split_whitespace().nth(at)?.parse().ok()
}

/// A line of `/proc/self/status`, in KiB there.
fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// The soft limit on a line of `/proc/self/limits`; without one, the largest number there is.
fn limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Time in the program and in the system, of `/proc/self/stat`.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let ticks = ticks(&stat)?;
    let a_second = sysconf(SysconfVar::CLK_TCK).ok()??;
    // Exact for millions of years.
    #[expect(clippy::cast_precision_loss, reason = "as said above")]
    Some(ticks as f64 / a_second as f64)
}

/// The fields `utime` and `stime`, in ticks of the clock.
fn ticks(stat: &str) -> Option<u64> {
    // The name of the program is in parentheses, and may hold any character.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_system_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 31 0 0 20 0 9 0 1 2 3";
        assert_eq!(ticks(stat), Some(281));
        assert_eq!(ticks("7 (a"), None);
        let status = "Name:\ta\nVmSize:\t    20 kB\nVmRSS:\t       7 kB\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(7 << 10));
        assert_eq!(bytes(status, "VmSwap:"), None);
        let limits = "Limit  Soft Limit  Hard Limit  Units\n\
                      Max open files            1024                 4096                 files\n\
                      Max address space         unlimited            unlimited            bytes\n";
        assert_eq!(limit(limits, "Max open files"), Some(1024));
        assert_eq!(limit(limits, "Max address space"), Some(u64::MAX));
        let counted = "TcpExt: A\nTcpExt: 7\nIpExt: InOctets OutOctets\nIpExt: 8 9\n";
        assert_eq!(octets(counted, "OutOctets"), Some(9));
        assert_eq!(octets(counted, "A"), None);
        assert!(cpu_seconds().is_some_and(|seconds| seconds >= 0.0));
    }
}
