//! `zonewright zone freeze|thaw|flush|retransfer`, and what a restart leaves of serials and steps.

use std::process::Command;
use std::time::Duration;

use peers::{Options, Program, Server, Signal};

use super::site::{Check, Site, answer, check, free, serial, start, wait_for_serial};
use super::tool::{self, Said};

pub(super) const TRIALS: &[Check] = &[
    ("a_restart_leaves_serials_and_steps", restarts),
    ("zones_are_frozen_and_thawed", frozen),
    ("zones_are_flushed", flushed),
    ("copies_are_taken_anew", retransferred),
    ("a_restart_leaves_the_steps_of_copies", copies),
    ("serials_are_as_the_policy_says", policies),
];

const ZONE: &str = "order.test";

/// How a zone is served that everybody here may update.
fn options(site: &Site) -> Result<Options, String> {
    let data = site.path("data").display().to_string();
    Ok(Options::new([site.zone(ZONE, 7, "")?]).arguments([
        "--update-policy".to_owned(),
        "grant 127.0.0.1 zonesub ANY".into(),
        "--allow-transfer".into(),
        "127.0.0.1".into(),
        "--data-dir".into(),
        data,
    ]))
}

/// Runs `zonewright zone …` at a server of ours; says whether it ended well.
fn order(program: &Program, server: &Server, words: &[&str]) -> Result<Said, String> {
    let mut command = Command::new(&program.path);
    command.arg("zone").args(words);
    let socket = server.folder().join("control.sock");
    let output = command.arg("--control-socket").arg(socket).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        text: text(&output.stdout) + &text(&output.stderr),
        well: output.status.success(),
    })
}

fn says(said: &Said, well: bool, wanted: &str) -> Result<(), String> {
    check(said.well == well && said.text.contains(wanted), || {
        format!("{said:?}, not {wanted:?}")
    })
}

fn add(server: &Server, name: &str) -> Result<Said, String> {
    let lines = format!("update add {name}.{ZONE}. 60 A 192.0.2.9\nsend");
    tool::update("nsupdate", &["-v"], server.address(), ZONE, &lines)
}

/// How many SOA records an incremental transfer from a serial has: two where there is nothing to tell,
/// more with steps. A whole transfer has the address of the name server.
fn steps_since(server: &Server, from: u32) -> Result<Option<usize>, String> {
    let (at, port) = (
        format!("@{}", server.address().ip()),
        server.address().port().to_string(),
    );
    let asked = format!("IXFR={from}");
    let arguments = [&*at, "-p", &port, ZONE, &asked, "+noall", "+answer"];
    let text = tool::run("dig", &arguments, "")?.text;
    let soas = text.lines().filter(|line| line.contains("\tSOA\t")).count();
    check(soas > 0, || text.clone())?;
    Ok((!text.contains("192.0.2.1\n")).then_some(soas))
}

fn restarts(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let options = options(&site)?;
    let mut server = start(program, &options)?;
    for name in ["a", "b"] {
        let said = add(&server, name)?;
        check(said.well, || said.text.clone())?;
    }
    check(serial(server.address(), ZONE) == Some(9), || "not 9".into())?;
    // In order: nothing is new.
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    server = start(program, &options)?;
    check(serial(server.address(), ZONE) == Some(9), || {
        format!("{:?}", serial(server.address(), ZONE))
    })?;
    let soas = steps_since(&server, 7)?;
    check(soas == Some(6), || format!("{soas:?}"))?;
    // By a kill: a later serial, and a step to it.
    let said = add(&server, "c")?;
    check(said.well, || said.text.clone())?;
    server
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    server = start(program, &options)?;
    let now = serial(server.address(), ZONE).unwrap_or(0);
    check(now > 10, || format!("serial {now}"))?;
    for (from, soas) in [(7, 10), (9, 6), (10, 4)] {
        let found = steps_since(&server, from)?;
        check(found == Some(soas), || format!("since {from}: {found:?}"))?;
    }
    // What the file says now nobody has had.
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    site.zone(ZONE, 5, "new A 192.0.2.44")?;
    server = start(program, &options)?;
    // A few are passed over for each second in between.
    let later = serial(server.address(), ZONE).unwrap_or(0);
    let wanted = now + 1..now + 200;
    check(wanted.contains(&later), || format!("{later} after {now}"))?;
    let whole = steps_since(&server, now)?;
    check(whole.is_none(), || format!("{whole:?}"))
}

fn frozen(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &options(&site)?)?;
    let said = order(program, &server, &["freeze", ZONE])?;
    says(
        &said,
        true,
        "order.test. is frozen, updates by clients are refused, serial 7",
    )?;
    says(
        &order(program, &server, &["freeze", ZONE])?,
        true,
        "already",
    )?;
    says(&add(&server, "a")?, false, "REFUSED")?;
    says(&order(program, &server, &["show", ZONE])?, true, "frozen")?;
    says(
        &order(program, &server, &["freeze", "no.test"])?,
        false,
        "zone \"no.test.\" is not served here",
    )?;
    says(
        &order(program, &server, &["thaw", ZONE])?,
        true,
        "takes updates by clients again, serial 7",
    )?;
    says(
        &order(program, &server, &["thaw", ZONE])?,
        true,
        "was not frozen",
    )?;
    let said = add(&server, "a")?;
    check(said.well, || said.text)?;
    check(
        answer(server.address(), "a.order.test A")?.len() == 1,
        || "not there".into(),
    )
}

fn flushed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &options(&site)?)?;
    says(
        &order(program, &server, &["flush"])?,
        true,
        "order.test. is on the disk, serial 7",
    )?;
    let without = start(program, &Options::new([site.zone(ZONE, 7, "")?]))?;
    says(
        &order(program, &without, &["flush", ZONE])?,
        false,
        "no --data-dir is set",
    )
}

fn policies(program: &Program) -> Result<(), String> {
    for (policy, format, spare) in [("date", "+%Y%m%d00", 150), ("unixtime", "+%s", 100)] {
        let site = Site::new()?;
        let options = options(&site)?.arguments(["--serial-policy", policy]);
        let server = start(program, &options)?;
        check(serial(server.address(), ZONE) == Some(7), || policy.into())?;
        let mut shown = 7;
        for name in ["a", "b", "c"] {
            let said = add(&server, name)?;
            check(said.well, || said.text.clone())?;
            let now = tool::run("date", &["-u", format], "")?.text;
            let now: u32 = now.trim().parse().map_err(|_| now.clone())?;
            let found = serial(server.address(), ZONE).unwrap_or(0);
            let fits = found > shown && found.abs_diff(now) < spare;
            check(fits, || format!("{policy}: {found} after {shown} at {now}"))?;
            shown = found;
        }
    }
    Ok(())
}

/// Who follows us by steps does so across our restarts, too, where we follow somebody ourselves.
fn copies(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let told = free()?;
    let notify = ["--notify".to_owned(), format!("127.0.0.1:{told}")];
    let primary = start(program, &options(&site)?.arguments(notify))?;
    let data = site.path("copied").display().to_string();
    let options = Options::new([]).port(told).arguments([
        "--secondary".to_owned(),
        format!("{ZONE}={}", primary.address()),
        "--allow-transfer".into(),
        "127.0.0.1".into(),
        "--data-dir".into(),
        data,
    ]);
    let mut secondary = start(program, &options)?;
    wait_for_serial(&secondary, ZONE, 7)?;
    for (name, serial) in [("a", 8), ("b", 9)] {
        let said = add(&primary, name)?;
        check(said.well, || said.text.clone())?;
        wait_for_serial(&secondary, ZONE, serial)?;
    }
    secondary
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    secondary.wait(Duration::from_secs(5));
    let said = add(&primary, "c")?;
    check(said.well, || said.text.clone())?;
    let secondary = start(program, &options)?;
    wait_for_serial(&secondary, ZONE, 10)?;
    for (from, soas) in [(7, 8), (8, 6), (9, 4)] {
        let found = steps_since(&secondary, from)?;
        check(found == Some(soas), || format!("since {from}: {found:?}"))?;
    }
    let log = secondary.log();
    check(!log.contains("kind=whole"), || log.clone())
}

fn retransferred(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let primary = start(program, &options(&site)?)?;
    let port = free()?;
    let followed = format!("{ZONE}={}", primary.address());
    let own = Site::new()?;
    let options = Options::new([own.zone("own.test", 1, "")?])
        .arguments(["--secondary".to_owned(), followed])
        .port(port);
    let secondary = start(program, &options)?;
    wait_for_serial(&secondary, ZONE, 7)?;
    says(
        &order(program, &secondary, &["retransfer", ZONE])?,
        true,
        "was taken from its primary anew and is what it was, serial 7",
    )?;
    says(
        &order(program, &secondary, &["retransfer", "own.test"])?,
        false,
        "is no copy of another server's zone",
    )?;
    says(
        &order(program, &secondary, &["freeze", ZONE])?,
        false,
        "is a copy of another server's zone",
    )?;
    drop(primary);
    says(
        &order(program, &secondary, &["retransfer", ZONE])?,
        false,
        ZONE,
    )
}
