//! Start and end of the process.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use peers::{Options, Program, Ready, Server, Signal};

use super::site::{
    Check, Site, answer, ask, check, fails, serial, start, wait_for_log, wait_for_serial,
};
use super::telemetry::get;
use crate::client::{Connection, Query};

pub(super) const TRIALS: &[Check] = &[
    (
        "sigterm_answers_what_is_under_way_and_ends_well",
        terminated,
    ),
    ("sigint_ends_well", interrupted),
    ("kill_and_restart_serves_on_the_same_port", killed),
    (
        "a_bad_zone_at_start_is_said_and_the_others_are_served",
        bad_zone,
    ),
    ("who_can_serve_no_zone_is_not_ready", nothing_served),
    ("strict_refuses_a_bad_zone", strict),
    ("a_zone_folder_that_is_missing_is_named", missing_folder),
    ("a_file_that_cannot_be_read_is_named", unreadable),
    ("two_files_for_one_zone_are_refused", twice),
    ("unknown_flags_are_explained", flags),
    ("a_log_that_cannot_be_written_stops_nothing", full_log),
    ("systemd_is_told_of_readiness_and_of_life", notify),
    ("answers_go_on_while_others_learn_of_the_end", delayed),
];

fn terminated(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let mut server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    let wait = Duration::from_secs(2);
    let mut connection =
        Connection::open(server.address(), wait).map_err(|error| error.to_string())?;
    let query = Query::parse("a.test SOA +tcp")?;
    connection
        .send(&query.bytes)
        .map_err(|error| error.to_string())?;
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    let reply = connection.receive().map_err(|error| error.to_string())?;
    check(reply.is_some(), || {
        "the query under way is not answered".into()
    })?;
    check(connection.is_closed(), || {
        "the connection stays open".into()
    })?;
    ends_well(&mut server)
}

fn interrupted(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let mut server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    server
        .signal(Signal::Interrupt)
        .map_err(|error| error.to_string())?;
    ends_well(&mut server)
}

fn ends_well(server: &mut Server) -> Result<(), String> {
    let status = server.wait(Duration::from_secs(10));
    check(status.is_some_and(|status| status.success()), || {
        format!("ended with {status:?}:\n{}", server.log())
    })
}

fn killed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let options = Options::new([site.zone("a.test", 1, "")?]);
    let mut server = start(program, &options)?;
    let port = server.address().port();
    for _ in 0..3 {
        // An open connection leaves the port in use for a while unless that is asked otherwise.
        let wait = Duration::from_secs(1);
        let open = Connection::open(server.address(), wait).map_err(|error| error.to_string())?;
        server
            .signal(Signal::Kill)
            .map_err(|error| error.to_string())?;
        server.wait(Duration::from_secs(5));
        drop(open);
        server = start(program, &options.clone().port(port))?;
    }
    check(serial(server.address(), "a.test") == Some(1), || {
        "no answer".into()
    })
}

fn bad_zone(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zones = [
        site.zone("good.test", 1, "")?,
        site.zone("bad.test", 1, "x A 192.0.2.300")?,
        site.zone("worse.test", 1, "@ CNAME x")?,
    ];
    let options = Options::new(zones).ready(Ready::Zones(vec!["good.test".into()]));
    let server = start(program, &options)?;
    wait_for_log(&server, "bad.test:5")?;
    wait_for_log(&server, "worse.test:5")?;
    wait_for_log(&server, "2 zones not served, see above")?;
    let bad = ask(server.address(), "x.bad.test A")?;
    // SERVFAIL or REFUSED: both send resolvers to the zone's other servers.
    check(matches!(bad.rcode, 2 | 5), || {
        format!("rcode {}", bad.rcode)
    })
}

fn nothing_served(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("bad.test", 1, "x A 192.0.2.300")?;
    let server = start(
        program,
        &Options::new([zone]).ready(Ready::Zones(Vec::new())),
    )?;
    wait_for_log(&server, "1 zone not served, see above")?;
    let page = get(&server, "/readyz")?;
    check(page.starts_with("HTTP/1.1 503"), || page)?;
    site.zone("bad.test", 2, "x A 192.0.2.3")?;
    wait_for_serial(&server, "bad.test", 2)?;
    let page = get(&server, "/readyz")?;
    check(page.starts_with("HTTP/1.1 200"), || page)
}

fn strict(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zones = [
        site.zone("good.test", 1, "")?,
        site.zone("bad.test", 1, "x A 192.0.2.300")?,
    ];
    let options = Options::new(zones).arguments(["--strict"]);
    let log = fails(program, &options)?;
    check(log.contains("bad.test:5"), || log)
}

fn missing_folder(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let folder = site.path("no-such-folder").display().to_string();
    let options = Options::new([site.zone("a.test", 1, "")?]).arguments(["--zone-dir", &folder]);
    let log = fails(program, &options)?;
    check(
        log.contains(&folder) && log.contains("does not exist"),
        || log,
    )
}

fn unreadable(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    fs::create_dir(site.path("folder.test")).map_err(|error| error.to_string())?;
    let zones = [
        site.zone("good.test", 1, "")?,
        peers::Zone::new("folder.test", site.path("folder.test")),
        peers::Zone::new("missing.test", site.path("missing.test")),
    ];
    let options = Options::new(zones).ready(Ready::Zones(vec!["good.test".into()]));
    let server = start(program, &options)?;
    wait_for_log(&server, "folder.test")?;
    wait_for_log(&server, "missing.test")?;
    wait_for_log(&server, "directory")?;
    fails(program, &options.arguments(["--strict"])).map(drop)
}

fn twice(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let log = fails(program, &Options::new([zone.clone(), zone]))?;
    check(log.contains("a.test"), || log)
}

fn flags(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let log = fails(
        program,
        &Options::new([zone]).arguments(["--zone-fil", "x"]),
    )?;
    check(log.contains("--zone-fil"), || log)
}

fn full_log(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let shell = "exec \"$@\" >/dev/full 2>&1";
    let server = start(
        program,
        &Options::new([zone]).wrapper(["sh", "-c", shell, "sh"]),
    )?;
    site.zone("a.test", 2, "x A 192.0.2.300")?;
    site.zone("a.test", 3, "x A 192.0.2.3")?;
    wait_for_serial(&server, "a.test", 3)?;
    let lines = answer(server.address(), "x.a.test A")?;
    check(lines.len() == 1, || format!("{lines:?}"))
}

fn notify(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let path = site.path("notify");
    let socket = UnixDatagram::bind(&path).map_err(|error| error.to_string())?;
    let wait = Some(Duration::from_secs(5));
    socket
        .set_read_timeout(wait)
        .map_err(|error| error.to_string())?;
    let variable = format!("NOTIFY_SOCKET={}", path.display());
    let options = Options::new([zone]).wrapper(["env", &variable, "WATCHDOG_USEC=400000"]);
    let mut server = start(program, &options)?;
    heard(&socket, "READY=1")?;
    heard(&socket, "WATCHDOG=1")?;
    heard(&socket, "WATCHDOG=1")?;
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    heard(&socket, "STOPPING=1")?;
    ends_well(&mut server)
}

/// Not ready at once, answers for a second more, and a second signal does not wait for it.
fn delayed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = || site.zone("a.test", 1, "");
    let options = Options::new([zone()?]).arguments(["--shutdown-delay=1s"]);
    let mut server = start(program, &options)?;
    let begin = Instant::now();
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    wait_for_log(&server, "not ready any more, answers go on for 1s")?;
    let text = get(&server, "/readyz")?;
    check(text.starts_with("HTTP/1.1 503"), || text)?;
    let live = get(&server, "/healthz")?;
    check(live.starts_with("HTTP/1.1 200"), || live)?;
    while begin.elapsed() < Duration::from_millis(900) {
        answer(server.address(), "ns.a.test A")?;
        answer(server.address(), "ns.a.test A +tcp")?;
    }
    ends_well(&mut server)?;
    check(begin.elapsed() >= Duration::from_secs(1), || {
        format!("it has ended after {:?}", begin.elapsed())
    })?;
    let options = Options::new([zone()?]).arguments(["--shutdown-delay=1m"]);
    let mut server = start(program, &options)?;
    let signal = |server: &Server| {
        let sent = server.signal(Signal::Terminate);
        sent.map_err(|error| error.to_string())
    };
    signal(&server)?;
    wait_for_log(&server, "answers go on for 60s")?;
    // Two signals at once are one.
    std::thread::park_timeout(Duration::from_millis(300));
    signal(&server)?;
    ends_well(&mut server)
}

/// Reads messages until one has this line.
pub(super) fn heard(socket: &UnixDatagram, line: &str) -> Result<(), String> {
    let mut buffer = [0; 4096];
    loop {
        let length = socket
            .recv(&mut buffer)
            .map_err(|error| format!("{line}: {error}"))?;
        let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
        if text.lines().any(|other| other == line) {
            return Ok(());
        }
    }
}
