//! Zones that clients update: BIND's and Knot's programs, granted, refused, over UDP and TCP, and a
//! server that is killed between two of their updates.

use std::net::UdpSocket;

use peers::{Key, Options, Program, Server, Signal};

use super::site::{Check, NXDOMAIN, PATIENCE, Site, answer, ask, check, serial, skip, start};
use super::tool::{self, Said, UPDATERS, contents};
use crate::independent;
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("clients_add_and_delete_over_udp_and_tcp", add_and_delete),
    ("prerequisites_decide_about_an_update", prerequisites),
    ("who_has_no_grant_changes_nothing", no_grant),
    ("who_signs_at_the_wrong_time_is_told_so", wrong_time),
    ("a_hundred_records_fit_into_one_update", hundred),
    ("what_is_too_large_for_udp_is_answered", too_large),
    ("what_was_acknowledged_outlives_a_kill", kill),
];

const ZONE: &str = "up.test";

/// A server that takes updates by a key.
struct Updated {
    server: Server,
    site: Site,
    key: Key,
}

impl Updated {
    fn start(program: &Program) -> Result<Self, String> {
        let (site, key) = (Site::new()?, Key::new("client"));
        let other = Key::new("nobody");
        site.write("keys", &(key.clause() + &other.clause()))?;
        let options = Self::options(&site)?;
        let server = start(program, &options)?;
        Ok(Self { server, site, key })
    }

    fn options(site: &Site) -> Result<Options, String> {
        let path = |name: &str| site.path(name).display().to_string();
        Ok(Options::new([site.zone(ZONE, 7, "")?]).arguments([
            "--key-file".to_owned(),
            path("keys"),
            "--allow-transfer".into(),
            "key:client".into(),
            "--update-policy".into(),
            "grant client zonesub ANY".into(),
            "--data-dir".into(),
            path("data"),
        ]))
    }

    /// Sends an update, signed.
    fn update(&self, program: &str, options: &[&str], lines: &str) -> Result<Said, String> {
        let argument = self.key.argument();
        let mut all = vec!["-y", &*argument];
        all.extend(options);
        tool::update(program, &all, self.server.address(), ZONE, lines)
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        answer(self.server.address(), &format!("{name}.{ZONE} TXT"))
    }
}

/// The programs that are there.
fn updaters(trial: &str) -> Vec<&'static str> {
    let (there, missing) = UPDATERS
        .into_iter()
        .partition::<Vec<_>, _>(|one| tool::has(one));
    for program in missing {
        skip(trial, &format!("{program} is not installed"));
    }
    there
}

fn went_well(program: &str, said: &Said) -> Result<(), String> {
    check(said.well && !said.text.contains("failed"), || {
        format!("{program}: {}", said.text)
    })
}

fn add_and_delete(program: &Program) -> Result<(), String> {
    let updated = Updated::start(program)?;
    let mut before = 7;
    for client in updaters("clients_add_and_delete") {
        for options in [&[][..], &["-v"]] {
            let added = "update add Host.up.test. 60 TXT \"one\"\n\
                         update add host.up.test. 60 TXT \"two\"\n\
                         update add host.up.test. 60 A 192.0.2.7\nsend";
            went_well(client, &updated.update(client, options, added)?)?;
            let found = updated.texts("host")?.len();
            check(found == 2, || {
                format!("{client} {options:?}: {found} texts")
            })?;
            let deleted = "update delete host.up.test. TXT \"one\"\nsend";
            went_well(client, &updated.update(client, options, deleted)?)?;
            let found = updated.texts("host")?;
            check(found == ["host.up.test. 60 TXT \"two\""], || {
                format!("{client}: {found:?}")
            })?;
            let deleted = "update delete host.up.test. TXT\nsend";
            went_well(client, &updated.update(client, options, deleted)?)?;
            check(updated.texts("host")?.is_empty(), || "TXT is there".into())?;
            let deleted = "update delete host.up.test.\nsend";
            went_well(client, &updated.update(client, options, deleted)?)?;
            let gone = ask(updated.server.address(), "host.up.test A")?.rcode;
            check(gone == NXDOMAIN, || format!("{client}: {gone}"))?;
            let now = serial(updated.server.address(), ZONE).unwrap_or(0);
            check(now == before + 4, || format!("serial {before}, then {now}"))?;
            before = now;
            let how = if options.is_empty() { "UDP" } else { "TCP" };
            did(client, "update", how);
            did(client, "delete", "");
        }
    }
    Ok(())
}

fn prerequisites(program: &Program) -> Result<(), String> {
    let updated = Updated::start(program)?;
    let cases = [
        ("nxdomain n.up.test.", "", true),
        ("nxdomain n.up.test.", "YXDOMAIN", false),
        ("yxdomain n.up.test.", "", true),
        ("yxdomain nobody.up.test.", "NXDOMAIN", false),
        ("yxrrset n.up.test. TXT", "", true),
        ("yxrrset n.up.test. A", "NXRRSET", false),
        ("nxrrset n.up.test. A", "", true),
        ("nxrrset n.up.test. TXT", "YXRRSET", false),
        ("yxrrset ns.up.test. A 192.0.2.1", "", true),
        ("yxrrset ns.up.test. A 192.0.2.2", "NXRRSET", false),
    ];
    for client in updaters("prerequisites") {
        for (at, (condition, said, happens)) in cases.into_iter().enumerate() {
            let lines = format!(
                "prereq {condition}\nupdate add n.up.test. 60 TXT \"x\"\n\
                 update add m{at}.up.test. 60 TXT \"y\"\nsend"
            );
            let outcome = updated.update(client, &[], &lines)?;
            check(outcome.text.contains(said), || {
                format!("{client}: {condition}: {}", outcome.text)
            })?;
            let there = !updated.texts(&format!("m{at}"))?.is_empty();
            check(there == happens, || {
                format!("{client}: {condition}: done: {there}")
            })?;
        }
        let all: String = (0..cases.len())
            .map(|at| format!("update delete m{at}.up.test.\n"))
            .collect();
        let clean = format!("{all}update delete n.up.test.\nsend");
        went_well(client, &updated.update(client, &[], &clean)?)?;
        did(client, "prerequisite", "");
    }
    Ok(())
}

fn no_grant(program: &Program) -> Result<(), String> {
    let updated = Updated::start(program)?;
    let address = updated.server.address();
    let add = "update add x.up.test. 60 TXT \"x\"\nsend";
    let wrong = Key {
        secret: "c29tZXRoaW5nIGVsc2U=".to_owned(),
        ..updated.key.clone()
    };
    let cases = [
        (None, "REFUSED"),
        (Some(Key::new("nobody")), "REFUSED"),
        (Some(Key::new("stranger")), "BADKEY"),
        (Some(wrong), "BADSIG"),
    ];
    for client in updaters("no_grant") {
        for (key, expected) in &cases {
            let argument = key.as_ref().map(Key::argument);
            let options: Vec<&str> = argument.iter().flat_map(|key| ["-y", key]).collect();
            let said = tool::update(client, &options, address, ZONE, add)?;
            // Knot's has no name for what the signature of an error says.
            let told = said.text.contains(expected)
                || (client == "knsupdate" && said.text.to_lowercase().contains("tsig"))
                || said.text.contains("NOTAUTH");
            check(told && !said.well, || {
                format!("{client}: {expected}: {}", said.text)
            })?;
            let there = updated.texts("x")?;
            check(there.is_empty(), || format!("{there:?}"))?;
        }
    }
    let other = tool::update(
        "nsupdate",
        &[],
        address,
        "other.test",
        "update add a.other.test. 60 A 192.0.2.1\nsend",
    )?;
    check(other.text.contains("NOTAUTH"), || other.text.clone())?;
    check(serial(address, ZONE) == Some(7), || {
        "the serial has moved".into()
    })
}

/// dnspython, whose clock can be shifted.
fn wrong_time(program: &Program) -> Result<(), String> {
    let python = match independent::python::prepare() {
        Ok(python) => python.display().to_string(),
        Err(error) => {
            skip("wrong_time", &error);
            return Ok(());
        }
    };
    let updated = Updated::start(program)?;
    let port = updated.server.address().port().to_string();
    for (shift, expected) in [("0", "NOERROR"), ("-3600", "BadTime"), ("3600", "BadTime")] {
        let arguments = ["-c", SCRIPT, &port, shift, &updated.key.secret];
        let said = tool::run(&python, &arguments, "")?;
        check(said.text.contains(expected), || {
            format!("{shift}: {}", said.text)
        })?;
    }
    let there = updated.texts("py0")?.len() + updated.texts("py3600")?.len();
    check(there == 1, || format!("{there} records"))
}

/// Adds a record with a clock that is off by so many seconds.
const SCRIPT: &str = r#"
import sys, time
real, shift = time.time, int(sys.argv[2])
import dns.query, dns.rcode, dns.tsigkeyring, dns.update
keys = dns.tsigkeyring.from_text({"client": sys.argv[3]})
update = dns.update.UpdateMessage("up.test", keyring=keys, keyalgorithm="hmac-sha256")
update.add("py%d" % abs(shift), 60, "TXT", "py")
time.time = lambda: real() + shift
try:
    answer = dns.query.tcp(update, "127.0.0.1", port=int(sys.argv[1]), timeout=5)
    print(dns.rcode.to_text(answer.rcode()))
except Exception as error:
    print(type(error).__name__, error)
"#;

fn hundred(program: &Program) -> Result<(), String> {
    let updated = Updated::start(program)?;
    for (round, client) in updaters("hundred").into_iter().enumerate() {
        let lines: String = (0..100)
            .map(|at| format!("update add h{round}-{at}.up.test. 60 A 192.0.2.{at}\n"))
            .collect();
        went_well(client, &updated.update(client, &["-v"], &(lines + "send"))?)?;
        let all = contents(updated.server.address(), ZONE, Some(&updated.key))?;
        let ours = all
            .iter()
            .filter(|line| line.starts_with(&format!("h{round}-")))
            .count();
        check(ours == 100, || format!("{client}: {ours} of 100"))?;
        let now = serial(updated.server.address(), ZONE);
        check(now == Some(8 + u32::try_from(round).unwrap_or(0)), || {
            format!("{now:?}")
        })?;
    }
    Ok(())
}

/// Its client must not wait for nothing: it may come by TCP.
fn too_large(program: &Program) -> Result<(), String> {
    let updated = Updated::start(program)?;
    let failed = |error: std::io::Error| error.to_string();
    let socket = UdpSocket::bind(("127.0.0.1", 0)).map_err(failed)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    // An UPDATE that says one question, and then far more than is taken.
    let mut request = vec![0x12, 0x34, 0x28, 0, 0, 1, 0, 0, 0, 50, 0, 0];
    request.resize(6000, 0);
    socket
        .send_to(&request, updated.server.address())
        .map_err(failed)?;
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).map_err(failed)?;
    let expected = [0x12, 0x34, 0xa8, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let answer = answer.get(..length).unwrap_or_default();
    check(answer == expected, || format!("{answer:02x?}"))
}

fn kill(program: &Program) -> Result<(), String> {
    let mut updated = Updated::start(program)?;
    let Some(client) = updaters("kill").into_iter().next() else {
        return Ok(());
    };
    let mut last = 7;
    for round in 0..4 {
        let lines: String = (0..10)
            .map(|at| format!("update add k{round}-{at}.up.test. 60 TXT \"{at}\"\nsend\n"))
            .collect();
        went_well(client, &updated.update(client, &[], &lines)?)?;
        let before = contents(updated.server.address(), ZONE, Some(&updated.key))?;
        updated
            .server
            .signal(Signal::Kill)
            .map_err(|error| error.to_string())?;
        check(updated.server.wait(PATIENCE).is_some(), || {
            "it lives".into()
        })?;
        updated.server = start(program, &Updated::options(&updated.site)?)?;
        let after = contents(updated.server.address(), ZONE, Some(&updated.key))?;
        let without_soa = |lines: Vec<String>| -> Vec<String> {
            lines
                .into_iter()
                .filter(|line| !line.contains(" SOA "))
                .collect()
        };
        let (before, after) = (without_soa(before), without_soa(after));
        check(before == after, || {
            format!("before {before:#?}\nafter {after:#?}")
        })?;
        let now = serial(updated.server.address(), ZONE).unwrap_or(0);
        check(now >= last + 10, || format!("serial {last}, then {now}"))?;
        last = now;
    }
    Ok(())
}
