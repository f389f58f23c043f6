//! How long does it take to serve a zone file, and how much memory does it take then?

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use benches::{
    Arguments, allocated, apex, cpu_time, program, reset_peak, say, self_peak, self_resident,
    write_zone_file,
};
use peers::{Options, Program, Server, Zone};
use zone::{Store, file};

const ORIGIN: &str = "bench.example";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("zone");
    for (name, hosts) in [
        ("100 k records", 100_000),
        ("1 M records", 1_000_000),
        ("5 M records", 5_000_000),
    ] {
        if !arguments.wants(name) {
            continue;
        }
        write_zone_file(&path, ORIGIN, hosts)?;
        if arguments.timed() {
            load(name, &path)?;
        } else {
            arguments.case(name, hosts, |ops| {
                for _ in 0..ops.div_ceil(hosts) {
                    black_box(file::load(&path, &apex()).records);
                }
            });
        }
        if hosts == 100_000 && arguments.timed() {
            start(&path)?;
        }
    }
    Ok(())
}

/// From the file to a snapshot, in the steps that the binary takes.
fn load(name: &str, path: &Path) -> anyhow::Result<()> {
    reset_peak()?;
    let (before, resident_before) = (allocated(), self_resident().unwrap_or(0));
    let store = Store::new([1, 2]);
    let busy = || cpu_time(&[std::process::id()]);
    let (begin, busy_before) = (Instant::now(), busy());
    let records = file::load(path, &apex()).records;
    let records = records.context("the generated zone has mistakes")?;
    let (read, busy_read) = (begin.elapsed(), busy() - busy_before);
    let done = store.replace_static(&records)?;
    let all = begin.elapsed();
    drop(records);
    let busy_all = busy() - busy_before;
    let held = allocated().saturating_sub(before);
    let resident = self_resident().unwrap_or(0).saturating_sub(resident_before);
    let count = done.records as f64;
    let snapshot = store.snapshot();
    let counted = snapshot
        .zones()
        .map(zone::Zone::memory_bytes)
        .sum::<usize>();
    say(
        name,
        &format!(
            "{:.2} M records/s of processor time ({:.0} ms for the file, {:.0} ms for the store), \
             {:.2} M/s by the clock ({:.0} ms, {:.0} ms), {:.1} B a record by its own count \
             ({:.1} from the allocator; slabs are not), peak {:.0} MB, {:.1} B a record stay resident",
            count / busy_all.as_secs_f64() / 1e6,
            busy_read.as_secs_f64() * 1e3,
            (busy_all - busy_read).as_secs_f64() * 1e3,
            count / all.as_secs_f64() / 1e6,
            read.as_secs_f64() * 1e3,
            (all - read).as_secs_f64() * 1e3,
            counted as f64 / count,
            held as f64 / count,
            self_peak().unwrap_or(0) as f64 / 1e6,
            resident as f64 / count,
        ),
    );
    Ok(())
}

/// From the start of the program that ships to its first answer.
fn start(path: &Path) -> anyhow::Result<()> {
    let name = "100 k records, start to first answer";
    let ours = match program("zonewright") {
        Ok(path) => Program::zonewright(path),
        Err(missing) => {
            say(name, &missing.to_string());
            return Ok(());
        }
    };
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let options = Options::new([Zone::new(ORIGIN, path)]).workers(1);
        times.push(Server::start(&ours, &options)?.load_time());
    }
    times.sort();
    say(name, &format!("{:.0} ms", times[2].as_secs_f64() * 1e3));
    Ok(())
}
