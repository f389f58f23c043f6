//! Sub-commands, and the help as users see it.

use super::*;
use crate::flags::{Kind, groups};

fn command(arguments: &[&str]) -> Command {
    parse(arguments.iter().map(OsString::from), &|_| None)
        .unwrap_or_else(|stop| panic!("{}", stop.text))
}

fn stopped(arguments: &[&str]) -> String {
    let stop = parse(arguments.iter().map(OsString::from), &|_| None).unwrap_err();
    format!("{}(exit code {})", stop.text, stop.code)
}

fn help(name: &str, long: bool) -> String {
    let mut command = build().term_width(100);
    command.build();
    let mut part = &mut command;
    for word in name.split_whitespace() {
        part = part.find_subcommand_mut(word).unwrap();
    }
    let help = if long {
        part.render_long_help()
    } else {
        part.render_help()
    };
    help.to_string()
}

#[test]
fn the_table_makes_a_sound_command() {
    build().debug_assert();
}

#[test]
fn short_help_fits_on_a_screen() {
    let help = help("", false);
    assert!(help.lines().count() <= 45, "{help}");
    insta::assert_snapshot!(help, @"
    Serves DNS zones from master files, and follows the files as they are edited.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones
      completions  Print a completion script for a shell

    Zones:
          --zone-file <[ORIGIN=]PATH>  Serve the zone in this master file
          --zone-dir <DIR>             Serve every NAME.zone file in this folder
          --strict                     Refuse to start if any zone has an error

    Network:
          --listen <ADDR:PORT>  Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53]

    Clients:
          --allow-query <CIDR>  Answer these networks only [default: everyone]
          --rate-limit <N>      Answer each network at most N times a second by UDP [default: off]

    Process:
          --config <FILE>                Read settings from this YAML file
          --metrics-address <ADDR:PORT>  Serve /metrics, /healthz and /readyz by HTTP here [default:
                                         off]
          --log-level <LEVEL>            What is logged: error, warning, info, debug or trace [default:
                                         info]

    Other:
      -h, --help     Print this help; --help explains every flag
      -V, --version  Print the version

    Try it:
      zonewright --zone-dir zones --listen 127.0.0.1:5300

    All flags, with explanations: zonewright --help
    ");
}

#[test]
fn long_help_explains_every_flag() {
    let help = help("", true);
    for flag in groups().iter().flat_map(|group| group.flags) {
        let form = match flag.kind {
            Kind::Switch(true) => format!("--no-{}", flag.name),
            _ => format!("--{}", flag.name),
        };
        assert!(help.contains(&form), "{form} is missing in the help");
    }
    insta::assert_snapshot!(help, @"
    Serves DNS zones from master files, and follows the files as they are edited.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones
      completions  Print a completion script for a shell

    Zones:
          --zone-file <[ORIGIN=]PATH>
              Serve the zone in this master file (repeatable).
              Without ORIGIN the file's name says which zone it is: example.org.zone, db.example.org and
              example.org are all zone example.org. Write ORIGIN where the path has a '=' in it. The
              file and what it includes are watched: edits are served within milliseconds, and an edit
              with a mistake leaves the zone as it was.

          --zone-dir <DIR>
              Serve every NAME.zone file in this folder (repeatable).
              Files that appear in it are served, zones whose file goes away are no longer. Folders in
              it are not looked into. A --zone-file wins over a file here for the same zone.

          --strict
              Refuse to start if any zone has an error.
              Without it, a zone with an error is reported and the others are served.

    Network:
          --listen <ADDR:PORT>
              Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53] (repeatable).
              ADDR alone means port 53, :PORT means all addresses, port 0 means any free one, which is
              then said. Sockets that systemd passes are used as well, and instead of the default.

          --udp-workers <N>
              Threads that answer UDP queries, for each address [default: the processors we may use, at
              most 8]

          --udp-gso <auto|on|off>
              Hand several answers for one client to the kernel at once [default: auto].
              UDP segmentation offload. 'auto' uses it until the kernel or the network card refuses.

          --tcp-connections <N>
              Open TCP connections at most [default: 1000]

          --tcp-connections-per-client <N>
              Open TCP connections of one address at most [default: 20]

          --tcp-idle-timeout <DURATION>
              Close a TCP connection that is silent for so long [default: 10s].
              Clients that ask are told by EDNS (RFC 7828).

          --tcp-write-timeout <DURATION>
              Close a TCP connection whose client takes no answers for so long [default: 5s]

          --proxy-protocol-from <CIDR>
              Expect PROXY protocol v2 from these load balancers (repeatable).
              Peers in CIDR must put a PROXY header before their queries, by UDP and TCP; nobody else
              may. The client it names is the one that access lists and rate limits see.

    Answers:
          --edns-size <BYTES>
              Largest UDP answer, and the size we offer to take [default: 1232].
              From 512 to 4096. Larger answers are truncated and come by TCP.

          --nsid <TEXT>
              Identify this server to clients that ask (NSID, RFC 5001).
              Text, or bytes as 0x and hexadecimal digits.

          --version-bind <TEXT>
              What version.bind CH TXT answers; without it, REFUSED.
              Also for version.server.

          --hostname-bind <TEXT>
              What hostname.bind CH TXT answers; without it, REFUSED

          --id-server <TEXT>
              What id.server CH TXT answers; without it, REFUSED

    Clients:
          --allow-query <CIDR>
              Answer these networks only [default: everyone] (repeatable).
              Between --allow-query and --deny-query the longer prefix decides; all others are refused
              if any network is allowed by name.

          --deny-query <CIDR>
              Refuse these networks (repeatable)

          --rate-limit <N>
              Answer each network at most N times a second by UDP [default: off].
              0 is off. Response rate limiting, by /24 of IPv4 and /56 of IPv6, counted apart for
              answers, referrals, names that do not exist and errors. Clients with a valid cookie are
              not limited.

          --rate-limit-slip <N>
              Of the answers over the limit, truncate each N-th instead of dropping it [default: 2].
              So that real clients come back by TCP. 1 truncates all, 0 drops all; at most 31.

          --rate-limit-exempt <CIDR>
              Never limit these networks (repeatable)

          --rate-limit-clients <global|all>
              Which clients are counted [default: global].
              'global' counts addresses of the internet only, since nobody forges private ones.

          --no-cookies
              Neither hand out nor check DNS cookies (RFC 7873, RFC 9018)

          --cookie-secret <HEX>
              Key of the cookies: 32 hexadecimal digits [default: random at each start] (repeatable).
              Servers behind one address share it. The first one makes cookies; a second one is accepted
              too, for the time of a change. Better set by environment or file: other users of a machine
              can read command lines.

    Process:
          --config <FILE>
              Read settings from this YAML file.
              It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are
              lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder.

          --metrics-address <ADDR:PORT>
              Serve /metrics, /healthz and /readyz by HTTP here [default: off].
              Port 0 means any free one, which is then said.

          --control-socket <PATH>
              Take 'zonewright zone ...' commands here; 'off' takes none [default: a socket in
              $XDG_RUNTIME_DIR/zonewright or /run/zonewright].
              Only the user we run as, and root, can use it.

          --user <NAME>
              Run as this user once the sockets are open.
              Name or number, and only when started as root. Zone files are read as this user.

          --group <NAME>
              Run as this group; needs --user [default: the user's]

          --log-format <text|json>
              How logs are written [default: text]

          --log-level <LEVEL>
              What is logged: error, warning, info, debug or trace [default: info]

    Other:
      -h, --help
              Print this help; -h is short

      -V, --version
              Print the version

    Environment and settings file:
      Each flag can also be set by a variable, such as ZONEWRIGHT_ZONE_DIR for --zone-dir, with a
      line for each value of a repeatable one. EXTERNAL_DNS_ZONE_DIR is read too. In the file of
      --config it is 'zone-dir: ...'. A flag wins over the variable, the variable over the file.

    Signals:
      SIGHUP reads all zone files again. SIGTERM and SIGINT end the program once open queries are
      answered; a second one ends it at once.

    Try it:
      zonewright --zone-dir zones --listen 127.0.0.1:5300
      zonewright check zones/*
      zonewright zone list
    ");
}

#[test]
fn help_of_sub_commands() {
    insta::assert_snapshot!(help("check", true), @"
    Finds every mistake in zone files and settings, and shows each with its line.

    Without FILES it checks the settings as the daemon would read them, and the zones they name. Exits
    with 1 if anything has an error; warnings alone are fine.

    Usage: zonewright check [FILES]... [FLAGS]

    Arguments:
      [FILES]...
              Zone files as [ORIGIN=]PATH, folders of NAME.zone files, settings files (.yaml)

    Options:
          --config <FILE>
              Read settings from this YAML file.
              It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are
              lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder.

    All flags of the daemon are taken, and checked too: see zonewright --help.
    ");
    insta::assert_snapshot!(help("zone", false), @"
    Ask a running zonewright about its zones

    Usage: zonewright zone <COMMAND>

    Commands:
      list    List all zones
      show    Show where a zone comes from and how it is
      export  Print a zone as a master file, as it is served now
      reload  Read zone files again, changed or not
    ");
    insta::assert_snapshot!(help("zone show", false), @"
    Show where a zone comes from and how it is

    Usage: zonewright zone show [OPTIONS] <ZONE>

    Arguments:
      <ZONE>  The name of the zone

    Options:
          --json                   Print JSON
          --control-socket <PATH>  Take 'zonewright zone ...' commands here; 'off' takes none [default:
                                   a socket in $XDG_RUNTIME_DIR/zonewright or /run/zonewright]
    ");
}

#[test]
fn check_takes_files_and_flags_in_any_order() {
    let Command::Check(check) = command(&["check", "a.zone", "--strict", "b.zone"]) else {
        panic!("not check");
    };
    assert_eq!(check.targets, ["a.zone", "b.zone"]);
    assert!(check.config.is_some(), "flags are settings to check");
    let Command::Check(check) = command(&["check", "a.zone"]) else {
        panic!("not check");
    };
    assert!(check.config.is_none(), "only files are checked");
}

#[test]
fn zone_commands_are_told_where_to_ask() {
    let Command::Zone(zone) = command(&["zone", "reload", "a.example", "--control-socket=/s", "b"])
    else {
        panic!("not zone");
    };
    assert_eq!(zone.control_socket, Ok(ControlSocket::At("/s".into())));
    let zones = vec!["a.example".to_owned(), "b".to_owned()];
    assert_eq!(zone.action, ZoneAction::Reload(Reload { zones }));
}

#[test]
fn mistakes_in_arguments_exit_with_2() {
    insta::assert_snapshot!(stopped(&["--lisen", "127.0.0.1:53"]), @"
    error: unexpected argument '--lisen' found

      tip: a similar argument exists: '--listen'

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    insta::assert_snapshot!(stopped(&["--log-level=info", "--log-level=debug"]), @"
    error: the argument '--log-level <LEVEL>' cannot be used multiple times

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    let Command::Run(run) = command(&["--zone-dir=z", "--tcp-idle-timeout", "-1s"]) else {
        panic!("not the daemon");
    };
    insta::assert_snapshot!(run.config.unwrap_err(), @r#"error: --tcp-idle-timeout: "-1s" is not a duration; expected one such as 10s, 1m30s or 500ms"#);
    insta::assert_snapshot!(stopped(&["zone", "shwo"]), @"
    error: unrecognized subcommand 'shwo'

      tip: a similar subcommand exists: 'show'

    Usage: zonewright zone <COMMAND>
    (exit code 2)
    ");
}

#[test]
fn every_shell_has_a_completion_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let Command::Completions(script) = command(&["completions", shell]) else {
            panic!("not completions");
        };
        assert!(
            String::from_utf8_lossy(&script).contains("zone-dir"),
            "{shell}"
        );
    }
}
