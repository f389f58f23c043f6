//! A zone of five million records; of a hundred thousand where the build is not one that ships.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use peers::{Options, Program, Zone};

use super::site::{Check, Site, answer, check, start, text, wait_for_serial};

pub(super) const TRIALS: &[Check] = &[("a_zone_of_millions_is_served_and_followed", large)];

fn large(program: &Program) -> Result<(), String> {
    // A build for tests takes minutes where the one that ships takes seconds.
    let records: u64 = match std::env::var_os("ZONEWRIGHT_BINARY") {
        Some(_) => 5_000_000,
        None => 100_000,
    };
    let site = Site::new()?;
    let path = site.path("a.test");
    write(&path, 1, records).map_err(|error| error.to_string())?;
    let options = Options::new([Zone::new("a.test", &path)]).timeout(Duration::from_secs(120));
    let server = start(program, &options)?;
    let sure = |number: u64| -> Result<(), String> {
        let wanted = owner_and_address(number);
        let lines = answer(server.address(), &format!("{}.a.test A", wanted.0))?;
        let expected = format!("{}.a.test. 300 A {}", wanted.0, wanted.1);
        check(lines == [expected], || format!("{lines:?}"))
    };
    for number in [0, 1, records / 2, records - 1] {
        sure(number)?;
    }
    let none = answer(server.address(), &format!("h{records}.a.test A"))?;
    check(none.is_empty(), || format!("{none:?}"))?;
    let resident = server.memory().ok_or("no memory figure")?;
    check(resident < BASE + records * MOST, || {
        format!("{resident} bytes for {records} records")
    })?;

    // The whole file again, with a new serial: served on meanwhile, and not much larger for long.
    write(&site.path("new"), 2, records).map_err(|error| error.to_string())?;
    std::fs::rename(site.path("new"), &path).map_err(|error| error.to_string())?;
    let mut answered = 0_u32;
    let mut failed = None;
    let came = server.wait_for(Duration::from_secs(120), |server| {
        match sure(records / 3) {
            Ok(()) => answered += 1,
            Err(error) => failed = Some(error),
        }
        super::site::serial(server.address(), "a.test") == Some(2)
    });
    check(came, || format!("no new serial:\n{}", server.log()))?;
    check(failed.is_none() && answered > 0, || {
        format!("after {answered} answers: {failed:?}")
    })?;
    wait_for_serial(&server, "a.test", 2)?;
    let mut last = 0;
    let settled = server.wait_for(super::site::PATIENCE, |server| {
        last = server.memory().unwrap_or(0);
        last < BASE + resident + records * MOST / 2
    });
    check(settled, || {
        format!("from {resident} bytes to {last} by reading the same again")
    })
}

/// A zone of so many addresses, each at a name of its own.
fn write(path: &Path, serial: u32, records: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(text(serial, "").as_bytes())?;
    for number in 0..records {
        let (owner, address) = owner_and_address(number);
        writeln!(file, "{owner} A {address}")?;
    }
    file.flush()
}

fn owner_and_address(number: u64) -> (String, String) {
    let [.., a, b, c] = number.to_be_bytes();
    (format!("h{number}"), format!("10.{a}.{b}.{c}"))
}

/// Bytes that are there without any record: program, threads, buffers.
const BASE: u64 = 64 << 20;
/// Bytes a record may take. Measured are less than 110; a page partly filled is within.
const MOST: u64 = 160;
