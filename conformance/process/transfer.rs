//! BIND, Knot, NSD and PowerDNS as our secondaries: told of changes, by steps where they can, with
//! the same contents after each batch.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use peers::{Key, Kind, Options, Program, Ready, Role, Server};

use super::power;
use super::site::{Check, Site, check, free, serial, skip, start};
use super::tool::{self, contents};
use crate::client::Query;
use crate::interop::did;
use crate::random::dice::Dice;

pub(super) const TRIALS: &[Check] = &[
    ("clients_transfer_signed_zones", signed),
    ("bind_follows_us", |program| {
        followed_by(Kind::Bind, program)
    }),
    ("knot_follows_us", |program| {
        followed_by(Kind::Knot, program)
    }),
    ("nsd_follows_us", |program| followed_by(Kind::Nsd, program)),
    ("powerdns_follows_us", |program| {
        followed_by(Kind::PowerDns, program)
    }),
    (
        "powerdns_follows_us_through_thousands_of_changes",
        |program| follow_through(Kind::PowerDns, program, (10, 200)),
    ),
    (
        "a_client_that_reads_a_byte_a_second_is_cut_off",
        slow_reader,
    ),
];

pub(super) const ZONE: &str = "moving.test";

/// Starts ours as the primary of a zone, which tells `secondary` of changes.
fn primary(program: &Program, site: &Site, key: &Key, secondary: u16) -> Result<Server, String> {
    site.write("keys", &key.clause())?;
    let path = |name: &str| site.path(name).display().to_string();
    // PowerDNS passes over a NOTIFY that comes while it transfers, and looks again when it is time to.
    let text = super::site::text(10, "www A 192.0.2.80").replace("3600 600", "2 2");
    site.write(ZONE, &text)?;
    let zone = peers::Zone::new(ZONE, site.path(ZONE));
    let options = Options::new([zone]).arguments([
        "--key-file".to_owned(),
        path("keys"),
        "--allow-transfer".into(),
        format!("{ZONE}=key:{}", key.name),
        "--allow-transfer".into(),
        format!("{ZONE}=127.0.0.1"),
        "--update-policy".into(),
        format!("grant {} zonesub ANY", key.name),
        "--notify".into(),
        format!("{ZONE}=127.0.0.1:{secondary}"),
        "--data-dir".into(),
        path("data"),
    ]);
    start(program, &options)
}

fn signed(program: &Program) -> Result<(), String> {
    let (site, key) = (Site::new()?, Key::new("xfr"));
    let server = primary(program, &site, &key, 9)?;
    let (at, port) = (
        format!("@{}", server.address().ip()),
        server.address().port().to_string(),
    );
    let argument = key.argument();
    let records = contents(server.address(), ZONE, Some(&key))?;
    for round in 0..3_u32 {
        let lines = format!("update add r{round}.{ZONE}. 60 TXT \"{round}\"\nsend");
        tool::change(&key, server.address(), ZONE, &lines)?;
    }
    for client in ["dig", "kdig"] {
        if !tool::has(client) {
            skip("clients_transfer", &format!("{client} is not installed"));
            continue;
        }
        let ask =
            |what: &str| tool::run(client, &[&at, "-p", &port, ZONE, what, "-y", &argument], "");
        let all = ask("AXFR")?.text;
        let whole = all.contains("192.0.2.80") && all.contains("r2.moving.test.");
        check(whole && !all.to_lowercase().contains("fail"), || {
            all.clone()
        })?;
        let steps = ask("IXFR=10")?.text;
        check(
            !steps.contains("192.0.2.80") && steps.contains("r2.moving.test."),
            || steps.clone(),
        )?;
        let soas = steps.matches("SOA").count();
        check(soas >= 8, || {
            format!("{client}: {soas} SOA records:\n{steps}")
        })?;
        for (column, how) in [("AXFR", ""), ("IXFR", ""), ("TSIG", "sha256")] {
            did(client, column, how);
        }
    }
    check(records.len() == 4, || format!("{records:?}"))
}

/// Lines of random updates, each sent for itself.
pub(super) fn updates(dice: &mut Dice, count: usize) -> String {
    let mut lines = String::new();
    for _ in 0..count {
        for _ in 0..=dice.below(3) {
            let name = match dice.below(12) {
                0 => format!("*.wild{}.{ZONE}", dice.below(3)),
                1 => format!("a.b.deep{}.{ZONE}", dice.below(4)),
                _ => format!("n{}.{ZONE}", dice.below(20)),
            };
            let (low, high) = (dice.below(250), dice.below(5));
            lines += &match dice.below(9) {
                0 => format!("update delete {name}.\n"),
                1 => format!(
                    "update delete {name}. {}\n",
                    dice.pick(&["A", "TXT", "AAAA"])
                ),
                2 => format!("update delete {name}. A 192.0.2.{high}\n"),
                3 | 4 => format!("update add {name}. {} TXT \"t{high}\" \"more\"\n", 60 + low),
                5 => format!("update add {name}. 60 AAAA 2001:db8::{low:x}\n"),
                6 => format!("update add {name}. 60 MX {high} mail{low}.example.net.\n"),
                _ => format!("update add {name}. {} A 192.0.2.{high}\n", 60 + high),
            };
        }
        lines += "send\n";
    }
    lines
}

/// Waits until both have the same serial, and then compares all they hold. Gives how long it took.
pub(super) fn converge(
    primary: &Server,
    secondary: &Server,
    key: (Option<&Key>, Option<&Key>),
) -> Result<Duration, String> {
    let begin = Instant::now();
    let same = secondary.wait_for(SLOW, |secondary| {
        let ours = serial(primary.address(), ZONE);
        ours.is_some() && ours == serial(secondary.address(), ZONE)
    });
    let took = begin.elapsed();
    check(same, || {
        format!(
            "serials {:?} and {:?}; primary:\n{}\nsecondary:\n{}",
            serial(primary.address(), ZONE),
            serial(secondary.address(), ZONE),
            primary.log(),
            secondary.log()
        )
    })?;
    let ours = contents(primary.address(), ZONE, key.0)?;
    let theirs = contents(secondary.address(), ZONE, key.1)?;
    check(ours == theirs, || {
        let lacks = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter()
                .filter(|line| !other.contains(line))
                .cloned()
                .collect()
        };
        format!(
            "lacks {:#?}\nhas besides {:#?}\nprimary:\n{}\nsecondary:\n{}",
            lacks(&ours, &theirs),
            lacks(&theirs, &ours),
            primary.log(),
            secondary.log()
        )
    })?;
    Ok(took)
}

fn followed_by(kind: Kind, program: &Program) -> Result<(), String> {
    follow_through(kind, program, (batches(), PER_BATCH))
}

fn follow_through(
    kind: Kind,
    program: &Program,
    (batches, per_batch): (usize, usize),
) -> Result<(), String> {
    let Some(peer) = Program::find(kind).filter(|_| kind != Kind::PowerDns || power::is_there())
    else {
        skip("transfer", &format!("{kind} is not installed"));
        return Ok(());
    };
    let (site, key) = (Site::new()?, Key::new("xfr"));
    let port = free()?;
    let primary = primary(program, &site, &key, port)?;
    let options = match kind {
        Kind::PowerDns => power::secondary(&site, ZONE, &key, primary.address())?,
        _ => {
            let role = Role::Secondary {
                of: primary.address(),
                key: key.clone(),
                tls: false,
            };
            Options::new([peers::Zone::new(ZONE, site.path("copy")).role(role)])
        }
    };
    let secondary = start(&peer, &options.port(port).ready(Ready::AnyAnswer))?;
    converge(&primary, &secondary, (Some(&key), None))?;
    let mut dice = Dice::new(kind as u64);
    let mut slowest = Duration::ZERO;
    for batch in 0..batches {
        let lines = updates(&mut dice, per_batch);
        tool::change(&key, primary.address(), ZONE, &lines)?;
        let took = converge(&primary, &secondary, (Some(&key), None))
            .map_err(|error| format!("batch {batch}: {error}"))?;
        slowest = slowest.max(took);
    }
    let log = primary.log();
    let count = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    let (steps, whole) = (count("steps"), count("whole"));
    check(steps >= batches, || {
        format!("{steps} by steps, {whole} whole:\n{log}")
    })?;
    check(slowest < SLOW, || {
        format!("{slowest:?} until all was there")
    })?;
    let unheard = count("does not want to be told") + count("could not be told");
    check(unheard == 0, || log.clone())?;
    let row = format!("{kind}, our secondary");
    let changes = (batches * per_batch).to_string();
    for (column, how) in [
        ("AXFR", ""),
        ("IXFR", ""),
        ("NOTIFY", ""),
        ("TSIG", "sha256"),
    ] {
        did(&row, column, how);
    }
    did(&row, "changes", &changes);
    Ok(())
}

/// A reader that keeps its transfer alive with a byte now and then must not hold a version of the zone
/// for ever.
fn slow_reader(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let large = format!("$GENERATE 1-120000 n$ TXT \"{}\"", "x".repeat(200));
    let zone = site.zone(ZONE, 10, &large)?;
    let options = Options::new([zone]).arguments(["--allow-transfer", "127.0.0.1"]);
    let server = start(program, &options.timeout(Duration::from_secs(60)))?;
    let failed = |error: std::io::Error| error.to_string();
    let mut slow = TcpStream::connect(server.address()).map_err(failed)?;
    slow.set_read_timeout(Some(Duration::from_secs(1)))
        .map_err(failed)?;
    let query = Query::parse(&format!("{ZONE} AXFR"))?.bytes;
    let length = u16::try_from(query.len()).unwrap_or(0).to_be_bytes();
    slow.write_all(&[&length[..], &query].concat())
        .map_err(failed)?;
    let begin = Instant::now();
    let (mut byte, mut bytes) = ([0], 0);
    // A new version: the one that the reader holds is of no use but to it.
    site.zone(ZONE, 11, "")?;
    let mut held = 0;
    loop {
        match slow.read_exact(&mut byte) {
            Ok(()) => bytes += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        // What has come already could be read for hours.
        if slow.take_error().map_err(failed)?.is_some() {
            break;
        }
        let is_new = || serial(server.address(), ZONE) == Some(11);
        if begin.elapsed() > Duration::from_secs(5) && held == 0 && is_new() {
            held = server.own_memory().ok_or("no memory figure")?;
        }
        let others = contents(server.address(), ZONE, None)?;
        check(others.len() >= 3, || format!("{others:?}"))?;
        check(begin.elapsed() < Duration::from_secs(50), || {
            format!("{bytes} bytes in {:?}", begin.elapsed())
        })?;
        std::thread::park_timeout(Duration::from_secs(1));
    }
    check(
        begin.elapsed() > Duration::from_secs(20) && bytes > 10,
        || format!("{bytes} bytes in {:?}", begin.elapsed()),
    )?;
    check(held != 0, || {
        format!("the new version is not served:\n{}", server.log())
    })?;
    let freed = server.wait_for(3 * super::site::PATIENCE, |server| {
        let now = server.own_memory();
        now.is_some_and(|now| now + (15 << 20) < held)
    });
    check(freed, || {
        format!("{held} bytes before, {:?} now", server.own_memory())
    })
}

/// Batches of updates, ours and theirs; `CONFORMANCE_CHANGES` says how many updates they are in all.
pub(super) fn batches() -> usize {
    let said = std::env::var("CONFORMANCE_CHANGES").ok();
    let changes = said.and_then(|text| text.parse().ok()).unwrap_or(300_usize);
    changes.div_ceil(PER_BATCH).max(2)
}

/// Updates in a batch.
pub(super) const PER_BATCH: usize = 20;

/// How long a change may take to reach a secondary on a busy machine. Ours waits for a second at most
/// before it tells of a change, theirs for as long before they come.
const SLOW: Duration = Duration::from_secs(20);
