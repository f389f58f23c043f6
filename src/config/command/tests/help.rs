//! The help: the short one, what is around the flags in the long one, those of sub-commands.

use super::{build, help, stopped};
use crate::flags::{Kind, groups};

#[test]
fn the_table_makes_a_sound_command() {
    build().debug_assert();
}

#[test]
fn short_help_fits_on_a_screen() {
    let help = help("", false);
    assert!(help.lines().count() <= 60, "{help}");
    insta::assert_snapshot!(help, @"
    Gives the objects of a cluster their names, and serves those names and your zone files.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      plan         Show what would be changed, and change nothing
      explain      Ask a running zonewright why a name has its records, or none
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones, or tell it what to do
      brake        Let mass deletes go that a running zonewright holds
      key          Make keys that sign updates and transfers
      import       Make a zone file of what another server has
      completions  Print a completion script for a shell

    Zones:
          --zone-file <[ORIGIN=]PATH>  Serve the zone in this master file
          --zone-dir <DIR>             Serve every NAME.zone file in this folder
          --strict                     Refuse to start if any zone has an error

    Sources:
          --source <KIND>     Take names from objects of this kind
          --manifests <PATH>  Read objects from this file or folder of YAML, not from a cluster

    Destination:
          --provider <NAME>         Where names are written to: embedded, rfc2136, webhook or another
                                    [default: embedded]
          --domain-filter <DOMAIN>  Only names at or below this one
          --policy <POLICY>         What may be done: sync, upsert-only, create-only or none [default:
                                    sync, with a warning]

    Provider embedded:
          --zone <NAME>  Make this zone, for names from sources [default: each --domain-filter without a
                         dot in front]

    Network:
          --listen <ADDR:PORT>  Answer on this address by UDP and TCP [default: 0.0.0.0:53 and [::]:53]

    Clients:
          --allow-query <CIDR>  Answer these networks only [default: everyone]
          --rate-limit <N>      Answer each network at most N times a second by UDP [default: off]

    Process:
          --config <FILE>                Read settings from this YAML file
          --metrics-address <ADDR:PORT>  Serve /metrics, /healthz and /readyz by HTTP here [default:
                                         :7979 beside a cluster, else off]
          --log-level <LEVEL>            What is logged: error, warning, info, debug or trace [default:
                                         info]

    Other:
      -h, --help     Print this help; --help explains every flag
      -V, --version  Print the version

    Try it:
      zonewright --manifests . --zone example.org --listen 127.0.0.1:5300
      zonewright --zone-dir zones --listen 127.0.0.1:5300

    All flags, with explanations: zonewright --help
    ");
}

#[test]
fn long_help_explains_every_flag() {
    let help = help("", true);
    let built = groups().iter().filter(|group| group.built);
    for flag in built.flat_map(|group| group.flags) {
        let form = match flag.kind {
            Kind::Switch(true) => format!("--no-{}", flag.name),
            _ => format!("--{}", flag.name),
        };
        assert!(help.contains(&form), "{form} is missing in the help");
    }
    let (before, rest) = help.split_once("\nZones:\n").unwrap();
    let (_, after) = rest.split_once("\nOther:\n").unwrap();
    insta::assert_snapshot!(before, @"
    Gives the objects of a cluster their names, and serves those names and your zone files.

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    Commands:
      plan         Show what would be changed, and change nothing
      explain      Ask a running zonewright why a name has its records, or none
      check        Find every mistake in zone files and settings
      zone         Ask a running zonewright about its zones, or tell it what to do
      brake        Let mass deletes go that a running zonewright holds
      key          Make keys that sign updates and transfers
      import       Make a zone file of what another server has
      completions  Print a completion script for a shell
    ");
    insta::assert_snapshot!(after, @"
      -h, --help
              Print this help; -h is short

      -V, --version
              Print the version

    Environment and settings file:
      Each flag can also be set by a variable, such as ZONEWRIGHT_ZONE_DIR for --zone-dir, with a
      line for each value of a repeatable one. EXTERNAL_DNS_ZONE_DIR is read too. In the file of
      --config it is 'zone-dir: ...'. A flag wins over the variable, the variable over the file.

    External-dns:
      All its flags are taken, those of providers, sources and registries that are not part of this
      build too, as well as its variables (EXTERNAL_DNS_...) and @FILE for arguments in a file.

    Signals:
      SIGHUP reads all zone files and manifests again. SIGTERM and SIGINT end the program once open
      queries are answered; a second one ends it at once.

    Try it:
      zonewright --zone-dir zones --listen 127.0.0.1:5300
      zonewright check zones/*
      zonewright zone list
    ");
}

#[test]
fn every_sub_command_helps() {
    fn look(path: &[&str], of: &clap::Command) {
        for sub in of.get_subcommands() {
            let path = [path, &[sub.get_name()]].concat();
            for flag in ["-h", "--help"] {
                let help = stopped(&[&path[..], &[flag]].concat());
                assert!(help.contains("Usage: zonewright "), "{help}");
                assert!(help.ends_with("(exit code 0)"), "{help}");
            }
            look(&path, sub);
        }
    }
    look(&[], &build());
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
          'destinations' is a list of maps with a 'name' and the flags of a destination each;
          'addressMaps' and 'claims' are for what flags cannot say.

  -h, --help
          Print this help

All flags of the daemon are taken, and checked too: see zonewright --help.
");
    insta::assert_snapshot!(help("zone", false), @"
    Ask a running zonewright about its zones, or tell it what to do

    Usage: zonewright zone <COMMAND>

    Commands:
      list        List all zones
      show        Show where a zone comes from and how it is
      export      Print a zone as a master file, as it is served now
      reload      Read zone files again, changed or not
      freeze      Refuse updates by clients until they are taken again
      thaw        Take updates by clients again
      flush       Have all that is published on the disk
      retransfer  Take zones from their primaries anew, as a whole

    Options:
      -h, --help  Print this help
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
      -h, --help                   Print this help
    ");
}
