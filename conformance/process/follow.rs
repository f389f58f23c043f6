//! BIND, Knot, NSD, PowerDNS and ourselves as our primaries: followed by steps where they can, with the
//! same contents after each batch; down, wrong, gone for too long.

use std::net::UdpSocket;
use std::time::Duration;

use peers::{Key, Kind, Options, Program, Ready, Role, Server, Signal, Zone};

use super::primary::{Pair, installed, secondary, start_primary, stop};
use super::site::{
    Check, PATIENCE, SERVFAIL, Site, ask, check, free, serial, start, text, wait_for_log,
    wait_for_rcode, wait_for_serial,
};
use super::tool;
use super::transfer::{PER_BATCH, ZONE, batches, converge, updates};
use crate::client::{Message, Query};
use crate::interop::did;
use crate::random::dice::Dice;

pub(super) const TRIALS: &[Check] = &[
    ("we_follow_bind", |program| follow(Kind::Bind, program)),
    ("we_follow_knot", |program| follow(Kind::Knot, program)),
    ("we_follow_nsd", files),
    ("we_follow_powerdns", |program| {
        follow(Kind::PowerDns, program)
    }),
    ("who_follows_us_is_led_on_by_steps", chain),
    ("a_primary_that_is_down_is_waited_for", down),
    ("the_next_primary_is_asked_where_one_is_down", next),
    (
        "a_zone_that_nobody_confirms_expires_and_comes_back",
        expired,
    ),
    ("a_wrong_key_is_said_with_what_to_look_at", wrong_key),
    (
        "only_primaries_are_heard_when_they_tell_of_changes",
        strangers,
    ),
    (
        "updates_are_handed_on_to_the_primary_if_asked_for",
        forwarded,
    ),
    ("a_zone_that_is_followed_and_our_own_is_an_error", both),
];

fn follow(kind: Kind, program: &Program) -> Result<(), String> {
    let Some(peer) = installed(kind) else {
        return Ok(());
    };
    let pair = Pair::start(&peer, program, &[])?;
    pair.converge(&pair.ours)?;
    let mut dice = Dice::new(100 + kind as u64);
    for batch in 0..batches() {
        pair.update(&updates(&mut dice, PER_BATCH))?;
        pair.converge(&pair.ours)
            .map_err(|error| format!("batch {batch}: {error}"))?;
    }
    seen(kind, &pair.ours)
}

/// A primary that reads files only.
fn files(program: &Program) -> Result<(), String> {
    let Some(peer) = installed(Kind::Nsd) else {
        return Ok(());
    };
    let pair = Pair::start(&peer, program, &[])?;
    let keys = (Some(&pair.key), None);
    converge(&pair.primary, &pair.ours, keys)?;
    let rounds = u32::try_from(batches()).unwrap_or(u32::MAX);
    for round in 0..rounds {
        let names = (0..=round).rev().take(PER_BATCH);
        let records: String = names
            .map(|at| format!("r{at} {} TXT \"{round} {at}\"\n", 60 + round % 60))
            .collect();
        let address = round % 250;
        let text = text(11 + round, &format!("www A 192.0.2.{address}\n{records}"));
        pair.site.write(ZONE, &text)?;
        pair.primary
            .signal(Signal::Hangup)
            .map_err(|error| error.to_string())?;
        wait_for_serial(&pair.ours, ZONE, 11 + round)?;
        converge(&pair.primary, &pair.ours, keys)
            .map_err(|error| format!("round {round}: {error}"))?;
    }
    seen(Kind::Nsd, &pair.ours)
}

/// Checks how the versions of the zone came, by steps where the primary knows them, and notes it.
fn seen(kind: Kind, ours: &Server) -> Result<(), String> {
    let log = ours.log();
    let came = |how: &str| {
        let lines = log
            .lines()
            .filter(|line| line.contains("new from its primary"));
        lines.filter(|line| line.contains(how)).count()
    };
    let (steps, whole, batches) = (came("steps"), came("whole"), batches());
    // PowerDNS keeps no steps.
    let as_wanted = match kind {
        Kind::PowerDns => whole >= batches / 2,
        _ => steps >= batches / 2 && whole <= 1,
    };
    check(as_wanted, || {
        format!("{steps} by steps, {whole} whole:\n{log}")
    })?;
    let row = format!("{kind}, our primary");
    for (column, how) in [("AXFR", ""), ("NOTIFY", ""), ("TSIG", "sha256")] {
        did(&row, column, how);
    }
    if steps > 0 {
        did(&row, "IXFR", "");
    }
    did(&row, "changes", &(batches * PER_BATCH).to_string());
    Ok(())
}

fn chain(program: &Program) -> Result<(), String> {
    let (Some(bind), Some(knot)) = (installed(Kind::Bind), installed(Kind::Knot)) else {
        return Ok(());
    };
    let last = free()?;
    let notify = format!("127.0.0.1:{last}");
    let pair = Pair::start(
        &bind,
        program,
        &["--notify", &notify, "--allow-transfer", "key:xfr"],
    )?;
    let role = Role::Secondary {
        of: pair.ours.address(),
        key: pair.key.clone(),
        tls: false,
    };
    let zone = Zone::new(ZONE, pair.site.path("last")).role(role);
    let third = start(
        &knot,
        &Options::new([zone]).port(last).ready(Ready::AnyAnswer),
    )?;
    let mut dice = Dice::new(7);
    for batch in 0..5 {
        pair.update(&updates(&mut dice, PER_BATCH))?;
        converge(&pair.primary, &third, (Some(&pair.key), None))
            .map_err(|error| format!("batch {batch}: {error}\nours:\n{}", pair.ours.log()))?;
    }
    let log = pair.ours.log();
    let steps = log
        .lines()
        .filter(|line| line.contains("transfer") && line.contains("steps"));
    check(steps.count() >= 3, || log.clone())
}

fn down(program: &Program) -> Result<(), String> {
    let Some(bind) = installed(Kind::Bind) else {
        return Ok(());
    };
    let mut pair = Pair::start(&bind, program, &[])?;
    pair.update(&format!("update add a.{ZONE}. 60 TXT \"a\"\nsend"))?;
    pair.converge(&pair.ours)?;
    let (address, port) = (pair.primary.address(), pair.ours.address().port());
    let before = serial(address, ZONE);
    let copy = pair
        .site
        .path("copies")
        .join("copies")
        .join(format!("{ZONE}.copy"));
    let written = pair.ours.wait_for(PATIENCE, |_| {
        std::fs::read(&copy).is_ok_and(|bytes| bytes.windows(5).any(|part| part == b"\x01a\x06mo"))
    });
    check(written, || "no copy is written".into())?;
    stop(&mut pair.primary)?;
    // Killed at that: what comes up serves the copy.
    pair.ours
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    check(pair.ours.wait(PATIENCE).is_some(), || "it lives".into())?;
    let options = secondary(&pair.site, &pair.key, address, &[]).port(port);
    pair.ours = start(program, &options)?;
    let found = serial(pair.ours.address(), ZONE);
    check(found == before, || format!("{found:?}, not {before:?}"))?;
    wait_for_log(&pair.ours, "served from its copy")?;
    wait_for_log(
        &pair.ours,
        "no primary could be followed, the zone is served as it was",
    )?;
    pair.site.zone(ZONE, 3_000, "back A 192.0.2.1")?;
    drop(std::fs::remove_file(pair.site.path(&format!("{ZONE}.jnl"))));
    pair.primary = start_primary(&bind, &pair.site, &pair.key, port, Some(address.port()))?;
    wait_for_serial(&pair.ours, ZONE, 3_000)?;
    wait_for_log(&pair.ours, "followed again")?;
    pair.converge(&pair.ours).map(drop)
}

fn next(program: &Program) -> Result<(), String> {
    let (Some(bind), Some(knot)) = (installed(Kind::Bind), installed(Kind::Knot)) else {
        return Ok(());
    };
    let (site, key, port) = (Site::new()?, Key::new("xfr"), free()?);
    site.write("keys", &key.clause())?;
    site.zone(ZONE, 10, "")?;
    let mut first = start_primary(&bind, &site, &key, port, None)?;
    let second = start_primary(&knot, &site, &key, port, None)?;
    let also = format!("{ZONE}={},key:xfr", second.address());
    let nobody = format!("{ZONE}=127.0.0.1:{},key:xfr", free()?);
    let more = ["--secondary", &also, "--secondary", &nobody];
    let options = secondary(&site, &key, first.address(), &more).port(port);
    let ours = start(program, &options)?;
    stop(&mut first)?;
    for round in 0..3 {
        // The one that tells of a change is the one that is asked.
        let lines = format!("update add s{round}.{ZONE}. 60 TXT \"s\"\nsend");
        tool::change(&key, second.address(), ZONE, &lines)?;
        converge(&second, &ours, (Some(&key), None))?;
    }
    let log = ours.log();
    check(!log.contains("no primary could be followed"), || {
        log.clone()
    })
}

fn expired(program: &Program) -> Result<(), String> {
    let Some(knot) = installed(Kind::Knot) else {
        return Ok(());
    };
    let (site, key, port) = (Site::new()?, Key::new("xfr"), free()?);
    site.write("keys", &key.clause())?;
    let soa = "$TTL 60\n@ SOA ns h 5 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n";
    site.write(ZONE, soa)?;
    let mut primary = start_primary(&knot, &site, &key, port, None)?;
    let address = primary.address();
    let options = secondary(&site, &key, address, &[]).port(port);
    let mut ours = start(program, &options)?;
    stop(&mut primary)?;
    let query = format!("ns.{ZONE} A +edns");
    let late = ours.wait_for(Duration::from_secs(40), |ours| {
        ask(ours.address(), &query).is_ok_and(|reply| reply.rcode == SERVFAIL)
    });
    check(late, || ours.log())?;
    wait_for_log(&ours, "it has expired")?;
    // Still so after a start: the copy tells its age.
    stop(&mut ours)?;
    let copy = site
        .path("copies")
        .join("copies")
        .join(format!("{ZONE}.copy"));
    let copy = copy.display().to_string();
    tool::run("touch", &["-d", "2001-01-01", &copy], "")?;
    let ours = start(program, &options.clone().ready(Ready::AnyAnswer))?;
    wait_for_log(&ours, "has expired, it is not served")?;
    wait_for_rcode(&ours, &query, SERVFAIL)?;
    let _primary = start_primary(&knot, &site, &key, port, Some(address.port()))?;
    wait_for_rcode(&ours, &query, 0)
}

fn wrong_key(program: &Program) -> Result<(), String> {
    let Some(bind) = installed(Kind::Bind) else {
        return Ok(());
    };
    let (site, key, port) = (Site::new()?, Key::new("xfr"), free()?);
    site.zone(ZONE, 10, "")?;
    let primary = start_primary(&bind, &site, &key, port, None)?;
    let wrong = Key {
        secret: "c29tZXRoaW5nIGVsc2U=".to_owned(),
        ..key.clone()
    };
    site.write("keys", &wrong.clause())?;
    let options = secondary(&site, &key, primary.address(), &[]);
    let ours = start(program, &options.ready(Ready::AnyAnswer))?;
    wait_for_log(&ours, "must know the same key")?;
    wait_for_rcode(&ours, &format!("{ZONE} SOA"), SERVFAIL)?;
    let log = ours.log();
    check(!log.contains("c29tZXRoaW5n"), || {
        "the log has a secret".into()
    })
}

/// Sends a NOTIFY from an address of loopback; gives the response code and whether AA is set.
fn notify(server: &Server, from: &str, zone: &str) -> Result<(u16, bool), String> {
    let failed = |error: std::io::Error| error.to_string();
    let socket = UdpSocket::bind((from, 0)).map_err(failed)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let query = Query::parse(&format!("{zone} SOA +opcode=4 +aa"))?;
    socket
        .send_to(&query.bytes, server.address())
        .map_err(failed)?;
    let mut bytes = [0; 512];
    let length = socket.recv(&mut bytes).map_err(failed)?;
    let reply = Message::decode(bytes.get(..length).unwrap_or_default());
    let reply = reply.map_err(|error| error.to_string())?;
    Ok((reply.rcode, bytes[2] & 4 != 0))
}

fn strangers(program: &Program) -> Result<(), String> {
    let Some(knot) = installed(Kind::Knot) else {
        return Ok(());
    };
    let own = Site::new()?;
    let file = own.zone("own.test", 1, "")?;
    let file = format!("own.test={}", file.file.display());
    let pair = Pair::start(&knot, program, &["--zone-file", &file])?;
    for (from, zone, expected) in [
        ("127.0.0.1", ZONE, (0, true)),
        ("127.0.0.5", ZONE, (5, false)),
        ("127.0.0.1", "own.test", (9, false)),
        ("127.0.0.1", "other.test", (9, false)),
    ] {
        let found = notify(&pair.ours, from, zone)?;
        check(found == expected, || format!("{from}, {zone}: {found:?}"))?;
    }
    wait_for_log(&pair.ours, "no primary of it")
}

fn forwarded(program: &Program) -> Result<(), String> {
    let Some(bind) = installed(Kind::Bind) else {
        return Ok(());
    };
    let pair = Pair::start(&bind, program, &["--forward-updates"])?;
    let argument = pair.key.argument();
    for (round, options) in [&["-y", &*argument][..], &["-v", "-y", &argument]]
        .into_iter()
        .enumerate()
    {
        let lines = format!("update add f{round}.{ZONE}. 60 TXT \"f\"\nsend");
        let said = tool::update("nsupdate", options, pair.ours.address(), ZONE, &lines)?;
        check(said.well, || format!("{}\n{}", said.text, pair.ours.log()))?;
        pair.converge(&pair.ours)?;
        let there = ask(pair.ours.address(), &format!("f{round}.{ZONE} TXT"))?
            .answer
            .len();
        check(there == 1, || format!("{there} records"))?;
        let how = if round == 0 { "UDP" } else { "TCP" };
        did("BIND, our primary", "update", how);
    }
    let plain = Pair::start(&bind, program, &[])?;
    let lines = format!("update add f.{ZONE}. 60 TXT \"f\"\nsend");
    let said = tool::update(
        "nsupdate",
        &["-y", &argument],
        plain.ours.address(),
        ZONE,
        &lines,
    )?;
    check(!said.well && said.text.contains("NOTAUTH"), || {
        said.text.clone()
    })?;
    wait_for_log(&plain.ours, "--forward-updates")
}

fn both(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("own.test.zone", &text(1, ""))?;
    let folder = site.path("").display().to_string();
    let file = site.path("own.test.zone").display().to_string();
    for arguments in [["--zone-file", &*file], ["--zone-dir", &folder]] {
        let followed = ["--secondary", "own.test=127.0.0.1:9"];
        let options = Options::new([]).arguments(arguments.into_iter().chain(followed));
        let said = super::site::fails(program, &options)?;
        check(said.contains("followed"), || said.clone())?;
    }
    Ok(())
}
