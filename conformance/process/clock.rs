//! A clock that jumps, by days and both ways: names stay, changes arrive, full passes go on.
//!
//! libfaketime gives the program another time of day, and leaves it the clock that only runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::Duration;

use cluster_peers::{Recorder, Route};
use peers::{Options, Program, Ready, Server};

use super::site::{
    Check, NXDOMAIN, PATIENCE, answer, check, serial, skip, start, wait_for_address, wait_for_rcode,
};
use super::stand_in::Cluster;
use super::sync_webhook::no_deletes;

pub(super) const TRIALS: &[Check] = &[
    ("a_clock_that_jumps_harms_no_name", embedded),
    ("a_clock_that_jumps_harms_no_record_at_a_webhook", webhook),
];

/// What the clock shows, as libfaketime reads it from its file: ahead, behind, and as it is.
const JUMPS: [&str; 5] = ["+10d", "-10d", "+3650d", "-1d", "+0"];

fn embedded(program: &Program) -> Result<(), String> {
    let Some(clock) = Clock::new("a_clock_that_jumps_harms_no_name")? else {
        return Ok(());
    };
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.1");
    let options = clock.give(cluster.options(&["--interval=1s"]));
    let mut server = start(program, &options)?;
    wait_for_address(&server, "b.example.org", "192.0.2.1")?;
    let mut last = serial(server.address(), "example.org");
    for (number, jump) in JUMPS.into_iter().enumerate() {
        clock.jump(jump)?;
        clock.wait_for(&server, number)?;
        let lines = answer(server.address(), "b.example.org A")?;
        check(lines.len() == 1, || format!("{jump}: {lines:?}"))?;
        let address = format!("192.0.2.{}", number + 2);
        cluster.apply("a", &address);
        wait_for_address(&server, "a.example.org", &address)?;
        cluster.apply("c", &address);
        wait_for_address(&server, "c.example.org", &address)?;
        cluster.delete("c");
        wait_for_rcode(&server, "c.example.org A", NXDOMAIN)?;
        cluster.store.close_watches();
        cluster.apply("d", &address);
        wait_for_address(&server, "d.example.org", &address)?;
        let now = serial(server.address(), "example.org");
        check(grew(last, now), || format!("{jump}: {last:?} then {now:?}"))?;
        last = now;
    }
    check(server.ended().is_none(), || server.log())
}

fn webhook(program: &Program) -> Result<(), String> {
    let Some(clock) = Clock::new("a_clock_that_jumps_harms_no_record_at_a_webhook")? else {
        return Ok(());
    };
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let cluster = Cluster::start()?;
    for number in 0..30 {
        cluster.apply(&format!("s{number}"), "192.0.2.1");
    }
    let url = format!("--webhook-provider-url={}", recorder.url());
    let options = cluster.options(&["--provider=webhook", &url, "--interval=1s"]);
    let options = clock.give(options).ready(Ready::Zones(Vec::new()));
    let mut server = start(program, &options)?;
    let all = |count: usize| {
        let came = recorder.wait_for(PATIENCE, |records| {
            let addresses = records.iter().filter(|record| record.record_type == "A");
            addresses.count() == count
        });
        check(came.is_some(), || format!("{:?}", recorder.records().len()))
    };
    all(30).map_err(|why| format!("{why}\n{}", server.log()))?;
    for (number, jump) in JUMPS.into_iter().enumerate() {
        clock.jump(jump)?;
        clock.wait_for(&server, number)?;
        // Full passes go on: none is due at once, and none is put off for days.
        let before = recorder.calls(Route::Records);
        let later = |more: usize| {
            server.wait_for(PATIENCE, |_| {
                recorder.calls(Route::Records) >= before + more
            })
        };
        check(later(2), || format!("{jump}: no pass:\n{}", server.log()))?;
        let address = format!("192.0.2.{}", number + 2);
        cluster.apply("s0", &address);
        let came = recorder.wait_for(PATIENCE, |records| {
            records.iter().any(|record| record.targets == [&*address])
        });
        check(came.is_some(), || format!("{jump}:\n{}", server.log()))?;
    }
    no_deletes(&recorder, &server)?;
    all(30)?;
    check(server.ended().is_none(), || server.log())
}

/// Whether a serial is one of later, in the arithmetic of RFC 1982.
fn grew(last: Option<u32>, now: Option<u32>) -> bool {
    match (last, now) {
        (Some(last), Some(now)) => (1..1 << 31).contains(&now.wrapping_sub(last)),
        _ => false,
    }
}

/// The time of day of one program.
struct Clock {
    library: PathBuf,
    folder: tempfile::TempDir,
}

impl Clock {
    /// None where libfaketime is not installed.
    fn new(trial: &str) -> Result<Option<Self>, String> {
        let library = PLACES
            .iter()
            .flat_map(|place| found(Path::new(place)))
            .next();
        let Some(library) = library else {
            let why = "libfaketime not found (see .ci/peers)";
            if std::env::var_os("CI").is_some_and(|value| value == "true") {
                return Err(why.to_owned());
            }
            skip(trial, why);
            return Ok(None);
        };
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let clock = Self { library, folder };
        clock.jump("+0")?;
        Ok(Some(clock))
    }

    /// A server that goes by it.
    fn give(&self, options: Options) -> Options {
        let preload = format!("LD_PRELOAD={}", self.library.display());
        let file = format!("FAKETIME_TIMESTAMP_FILE={}", self.file().display());
        options.wrapper([
            "env",
            "KUBECONFIG=/dev/null",
            &preload,
            &file,
            "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "DONT_FAKE_MONOTONIC=1",
        ])
    }

    fn jump(&self, to: &str) -> Result<(), String> {
        let fresh = self.folder.path().join("fresh");
        let written = fs::write(&fresh, format!("{to}\n"));
        let moved = written.and_then(|()| fs::rename(&fresh, self.file()));
        moved.map_err(|error| error.to_string())
    }

    /// Waits until the program has seen the jump: libfaketime looks once a second.
    fn wait_for(&self, server: &Server, number: usize) -> Result<(), String> {
        park_timeout(Duration::from_millis(1100));
        let maps = fs::read_to_string(format!("/proc/{}/maps", server.pid()));
        let preloaded = maps.is_ok_and(|maps| maps.contains("faketime"));
        check(preloaded, || {
            format!("jump {number}: libfaketime is not loaded")
        })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("time")
    }
}

/// The library for programs with threads, in a folder of libraries.
fn found(place: &Path) -> Option<PathBuf> {
    let inside = fs::read_dir(place).ok()?.flatten();
    let mut folders = inside.map(|entry| entry.path().join("faketime"));
    folders.find_map(|folder| {
        let library = folder.join("libfaketimeMT.so.1");
        library.is_file().then_some(library)
    })
}

/// Where libraries are: Debian has a folder for each kind of machine.
const PLACES: [&str; 2] = ["/usr/lib", "/usr/lib64"];
