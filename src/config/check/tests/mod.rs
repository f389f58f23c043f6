//! Settings from all three places, and the messages about wrong ones.

mod destinations;
mod listen_tls;
mod places;
mod rfc2136;
mod sync;

use std::ffi::OsString;

use super::*;
use crate::command::{Command, parse};
use crate::file;

/// The settings that arguments and variables make.
fn settings(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let arguments = arguments.iter().map(OsString::from);
    let environment = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    };
    match parse(arguments, &environment) {
        Ok(Command::Run(run)) => run.config.map(|config| *config),
        Ok(other) => panic!("not the daemon: {other:?}"),
        Err(stop) => panic!("{}", stop.text),
    }
}

fn good(arguments: &[&str], variables: &[(&str, &str)]) -> Config {
    settings(arguments, variables).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    settings(arguments, variables).unwrap_err().to_string()
}

#[test]
fn a_zone_is_all_that_must_be_said() {
    let config = good(&["--zone-dir", "zones"], &[]);
    assert_eq!(config.listen, Listen::Default);
    assert_eq!(config.answers.edns_size, 1_232);
    assert_eq!(config.rate_limit, None);
    assert_eq!(config.cookies, Some(Cookies::default()));
    assert_eq!(config.metrics_address, None);
    assert_eq!(config.control_socket, ControlSocket::Default);
}

#[test]
fn flags_win_over_variables_and_ours_over_those_of_external_dns() {
    let both = [
        ("ZONEWRIGHT_LOG_LEVEL", "debug"),
        ("EXTERNAL_DNS_LOG_LEVEL", "trace"),
        ("EXTERNAL_DNS_ZONE_DIR", "a\nb\n"),
    ];
    assert_eq!(good(&[], &both).log.level, LogLevel::Debug);
    assert_eq!(good(&[], &both[1..]).log.level, LogLevel::Trace);
    assert_eq!(
        good(&["--log-level=error"], &both).log.level,
        LogLevel::Error
    );
    assert_eq!(
        good(&[], &both).zones.dirs,
        [PathBuf::from("a"), PathBuf::from("b")]
    );
}

#[test]
fn empty_variables_count_as_unset() {
    let config = good(&["--zone-dir=z"], &[("ZONEWRIGHT_LISTEN", "")]);
    assert_eq!(config.listen, Listen::Default);
}

#[test]
fn the_last_form_of_a_switch_holds() {
    let cookies = |arguments: &[&str], variables: &[(&str, &str)]| {
        let all: Vec<&str> = arguments.iter().copied().chain(["--zone-dir=z"]).collect();
        good(&all, variables).cookies.is_some()
    };
    assert!(cookies(&[], &[]));
    assert!(!cookies(&["--no-cookies"], &[]));
    assert!(cookies(&["--no-cookies", "--cookies"], &[]));
    assert!(!cookies(&["--cookies", "--no-cookies"], &[]));
    let variable = [("ZONEWRIGHT_COOKIES", "F")];
    assert!(!cookies(&[], &variable));
    assert!(cookies(&["--cookies"], &variable));
}

#[test]
fn no_zone_is_an_error_with_a_way_out() {
    insta::assert_snapshot!(problems(&[], &[]), @"
    error: there is no zone to serve
      hint: name a folder of NAME.zone files with --zone-dir DIR, a master file with --zone-file PATH, or where names come from with --source KIND or --manifests PATH
    ");
}

#[test]
fn all_wrong_settings_are_reported_at_once() {
    let arguments = [
        "--zone-file=zones/a..b.zone",
        "--zone-file=example.org=one",
        "--zone-file=EXAMPLE.org.=two",
        "--listen=localhost:53",
        "--listen=127.0.0.1",
        "--listen=127.0.0.1:53",
        "--udp-workers=0",
        "--udp-gso=maybe",
        "--tcp-idle-timeout=10",
        "--edns-size=65535",
        "--nsid=0xabc",
        "--allow-query=10.1.0.0/8",
        "--cookie-secret=topsecret",
        "--group=dns",
        "--metrics-address=localhost",
    ];
    let variables = [
        ("ZONEWRIGHT_LOG_LEVEL", "loud"),
        ("EXTERNAL_DNS_STRICT", "yes"),
    ];
    insta::assert_snapshot!(problems(&arguments, &variables), @r#"
    error: --zone-file: file "zones/a..b.zone" is not named after a zone
      hint: write example.org=zones/a..b.zone, with the zone's own name
    error: --zone-file: zone "example.org." has two files, "one" and "two"
    error: EXTERNAL_DNS_STRICT: "yes" is not a switch; expected true or false
    error: --listen: "localhost:53" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300
      hint: names are not looked up here: write the address itself
    error: --listen: "127.0.0.1:53" is given twice
    error: --udp-workers: "0" is not a number from 1 to 256
    error: --udp-gso: "maybe" is not a choice here; expected auto, on or off
    error: --tcp-idle-timeout: "10" is not a duration; expected one such as 10s, 1m30s or 500ms
    error: --edns-size: "65535" is not a number from 512 to 4096
    error: --nsid: "0xabc" is not in hexadecimal; expected 0x and pairs of digits
    error: --allow-query: "10.1.0.0/8" has bits beyond its length
      hint: the network is 10.0.0.0/8
    error: --cookie-secret: the secret is not 32 hexadecimal digits
      hint: make one with: openssl rand -hex 16
    error: --metrics-address: "localhost" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300
      hint: names are not looked up here: write the address itself
    error: --group: a group needs a --user too
    error: ZONEWRIGHT_LOG_LEVEL: "loud" is not a choice here; expected panic, fatal, error, warning, warn, info, debug or trace
    "#);
}

/// The settings of a file's text.
fn of_file(text: &str) -> Result<Config, Problems> {
    let mut raw = Raw::default();
    raw.add_file(file::parse("etc/zonewright.yaml", text));
    check(raw)
}

#[test]
fn a_file_says_what_flags_say() {
    let config = of_file(
        "version: 1\n\
         listen: [127.0.0.1:5300, '[::1]:5300']\n\
         zones:\n\
         - file: example.org.zone\n\
         - file: /srv/internal.txt\n  \
           name: corp.example\n\
         zone-dir: more\n\
         strict: true\n\
         edns-size: 1400\n\
         rate-limit: 20\n\
         rate-limit-prefix-v6: 48\n\
         tcp-idle-timeout: 5s\n\
         nsid: ns1\n",
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(
        config.listen,
        Listen::On(vec![
            "127.0.0.1:5300".parse().unwrap(),
            "[::1]:5300".parse().unwrap()
        ])
    );
    let files: Vec<String> = config
        .zones
        .files
        .iter()
        .map(|file| format!("{} {}", file.origin, file.path.display()))
        .collect();
    assert_eq!(
        files,
        [
            "example.org. etc/example.org.zone",
            "corp.example. /srv/internal.txt"
        ]
    );
    assert_eq!(config.zones.dirs, [PathBuf::from("etc/more")]);
    assert!(config.zones.strict);
    assert_eq!(config.answers.edns_size, 1_400);
    let limit = config.rate_limit.unwrap();
    assert_eq!((limit.rate, limit.v4_bits, limit.v6_bits), (20, 24, 48));
    assert_eq!(config.tcp.idle_timeout, Duration::from_secs(5));
    assert_eq!(config.answers.nsid, b"ns1");
}

#[test]
fn mistakes_in_a_file_have_a_line_and_a_column() {
    let wrong = |text: &str| of_file(text).unwrap_err().to_string();
    insta::assert_snapshot!(
        wrong(
            "zone_dir: zones\n\
             lisen: 127.0.0.1:53\n\
             listen: [127.0.0.1:53, nowhere]\n\
             config: other.yaml\n\
             log-level: [info]\n\
             udp-workers: many\n\
             zones:\n- file: a..b.zone\n"
        ),
        @"
    error: etc/zonewright.yaml:5:12: a list or a map; expected one value
      5 | log-level: [info]
        |            ^
      hint: write the value behind the colon, without brackets or hyphen
    "
    );
    insta::assert_snapshot!(wrong("version: 2\nzone-dir: z\n"), @r#"
    error: etc/zonewright.yaml:1:10: version: "2"; this build reads version 1
      1 | version: 2
        |          ^
    "#);
    insta::assert_snapshot!(wrong("version: 1\nzone-dir: z\nzone-dir: y\n"), @r#"
    error: etc/zonewright.yaml:3:1: "zone-dir" stands here a second time
      3 | zone-dir: y
        | ^
      hint: several values of one setting are a list, such as [a, b]
    "#);
    insta::assert_snapshot!(wrong("version: 1\nzones:\n- file: x\n  nam: y\n"), @r#"
    error: etc/zonewright.yaml:4:3: "nam" is no key here; expected one of name, file
      4 |   nam: …
        |   ^
    "#);
    insta::assert_snapshot!(wrong("version: 1\nlisen: x\nzones:\n- fil: y\n  file: x\n  nam: y\n"), @r#"
    error: etc/zonewright.yaml:2:1: "lisen" is not a setting
      2 | lisen: …
        | ^
      hint: did you mean "listen"?
    error: etc/zonewright.yaml:4:3: "fil" is no key here; expected one of name, file
      4 | - fil: …
        |   ^
    error: etc/zonewright.yaml:6:3: "nam" is no key here; expected one of name, file
      6 |   nam: …
        |   ^
    "#);
    insta::assert_snapshot!(wrong("version: 1\nzones: [\n"), @"
    error: etc/zonewright.yaml:2:8: [ is never closed
      2 | zones: [
        |        ^
      hint: close it with ]
    ");
    insta::assert_snapshot!(wrong("- a\n- b\n"), @"
    error: etc/zonewright.yaml:1:1: something else; expected a map, in lines such as key: value
      hint: each key stands on a line of its own, with a colon behind it
    ");
    insta::assert_snapshot!(wrong(""), @"
    error: etc/zonewright.yaml:1:1: the file does not say its version
      hint: begin it with: version: 1
    ");
}

#[test]
fn a_settings_file_that_cannot_be_read_is_said() {
    insta::assert_snapshot!(
        problems(&["--config=/nowhere/zonewright.yaml", "--zone-dir=z"], &[]),
        @r#"error: --config: read file "/nowhere/zonewright.yaml": No such file or directory (os error 2)"#
    );
}
