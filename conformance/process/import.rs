//! `zonewright import`: from a BIND that was killed before it wrote its zone file.

use std::process::Command;
use std::time::Duration;

use peers::{Key, Kind, Options, Program, Role, Server, Signal, Zone};

use super::site::{Check, Site, check, skip, start, text};
use super::tool::{self, Said};

pub(super) const TRIALS: &[Check] = &[
    ("zones_of_bind_are_imported_with_their_journal", |program| {
        bind(program, "text")
    }),
    (
        "raw_zones_of_bind_are_imported_with_their_journal",
        |program| bind(program, "raw"),
    ),
    ("zones_are_imported_into_a_running_server", running),
];

const ZONE: &str = "moved.test";

/// Runs `zonewright import …`.
pub(super) fn import(
    program: &Program,
    words: &[&str],
    variables: &[(&str, &str)],
) -> Result<Said, String> {
    let mut command = Command::new(&program.path);
    command.arg("import").args(words);
    command.envs(variables.iter().copied());
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        text: text(&output.stdout) + &text(&output.stderr),
        well: output.status.success(),
    })
}

fn bind(program: &Program, format: &str) -> Result<(), String> {
    let Some(named) = Program::find(Kind::Bind) else {
        skip("import", "BIND is not installed");
        return Ok(());
    };
    let (site, key) = (Site::new()?, Key::new("move"));
    site.write(
        "plain",
        &text(10, "www A 192.0.2.80\nold TXT \"goes away\""),
    )?;
    let path = |name: &str| site.path(name).display().to_string();
    let (file, plain) = (path("zone"), path("plain"));
    let compiled = tool::run(
        "named-compilezone",
        &["-q", "-F", format, "-o", &file, ZONE, &plain],
        "",
    )?;
    check(compiled.well, || compiled.text.clone())?;
    let role = Role::Primary {
        key: key.clone(),
        notify: Vec::new(),
    };
    let zone = Zone::new(ZONE, &file).role(role);
    let options = Options::new([zone]).zone_config(&format!("masterfile-format {format};"));
    let mut server = start(&named, &options)?;
    for number in 0..20 {
        let lines = format!(
            "update add n{number}.{ZONE}. {} A 192.0.2.{number}\n\
             update add multi.{ZONE}. 60 TXT \"one {number}\" \"two\"\nsend\n\
             update delete n{}.{ZONE}. A\nupdate delete old.{ZONE}.\nsend",
            60 + number,
            number / 2
        );
        tool::change(&key, server.address(), ZONE, &lines)?;
    }
    let theirs = tool::contents(server.address(), ZONE, Some(&key))?;
    server
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    let output = path("imported.zone");
    let named = format!("{ZONE}={file}");
    let said = import(program, &["bind", &named, "--output", &output], &[])?;
    check(
        said.well && said.text.contains("changes beyond the file"),
        || said.text.clone(),
    )?;
    let again = import(program, &["bind", &named, "--output", &output], &[])?;
    check(
        !again.well && again.text.contains("is there already"),
        || again.text.clone(),
    )?;
    let options = Options::new([Zone::new(ZONE, &output)])
        .arguments(["--allow-transfer".to_owned(), "127.0.0.1".into()]);
    let ours = start(program, &options)?;
    let ours = tool::contents(ours.address(), ZONE, None)?;
    check(ours == theirs, || format!("{ours:#?}\nnot\n{theirs:#?}"))
}

/// Into a server that serves the zone already.
fn running(program: &Program) -> Result<(), String> {
    let (site, following) = (Site::new()?, Site::new()?);
    let data = site.path("data").display().to_string();
    let options = Options::new([site.zone(ZONE, 10, "")?]).arguments([
        "--data-dir".to_owned(),
        data,
        "--allow-transfer".into(),
        "127.0.0.1".into(),
    ]);
    let mut server = start(program, &options)?;
    let many: String = (0..6000)
        .map(|number| format!("m{number} TXT \"{}\"\n", "x".repeat(number % 90)))
        .collect();
    let lines = format!(
        "www A 192.0.2.80\nwww A 192.0.2.81\n*.wild TXT \"a\" \"b\"\nold CNAME www\n{many}"
    );
    site.write("theirs", &text(500, &lines))?;
    let path = |name: &str| format!("{ZONE}={}", site.path(name).display());
    let apply = |server: &Server, file: &str, zone: &str| {
        let socket = server.folder().join("control.sock").display().to_string();
        let file = file.replace(ZONE, zone);
        import(
            program,
            &["bind", &file, "--apply", "--control-socket", &socket],
            &[],
        )
    };
    let says = |said: Said, well: bool, wanted: &str| {
        check(said.well == well && said.text.contains(wanted), || {
            format!("{said:?}, not {wanted:?}")
        })
    };
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(
        said,
        true,
        "of the running server has 6005 records of it, serial 5",
    )?;
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(said, true, "has all of it already")?;
    // What a client updated gives way, what a file says does not.
    site.write("other", &text(500, "www CNAME old\nold A 192.0.2.9"))?;
    let said = apply(&server, &path("other"), ZONE)?;
    says(said, true, "3 records of it, serial 5")?;
    site.write(
        "against",
        &text(500, "new A 192.0.2.9\nns AAAA 2001:db8::1\nns A 192.0.2.99"),
    )?;
    let said = apply(&server, &path("against"), ZONE)?;
    let wrong = "nothing is imported: \"ns.moved.test.\" A";
    says(said, false, wrong)?;
    let said = apply(&server, &path("theirs"), "none.test")?;
    says(said, false, "zone \"none.test.\" is not served here")?;
    let followed = format!("{ZONE}={}", server.address());
    let own = following.zone("own.test", 1, "")?;
    let copying = Options::new([own]).arguments(["--secondary".to_owned(), followed]);
    let copy = start(program, &copying)?;
    let now = super::site::serial(server.address(), ZONE).unwrap_or(0);
    check(now > 501, || format!("serial {now}"))?;
    super::site::wait_for_serial(&copy, ZONE, now)?;
    let said = apply(&copy, &path("theirs"), ZONE)?;
    says(said, false, "is a copy of another server's")?;
    server
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(said, false, "nobody listens there")?;
    let server = start(program, &options)?;
    let found = tool::contents(server.address(), ZONE, None)?;
    let has = |text: &str| found.iter().any(|line| line.contains(text));
    check(
        found.len() == 6_006 && has("m5999") && has("www.moved.test. 300 IN CNAME"),
        || format!("{} records", found.len()),
    )
}
