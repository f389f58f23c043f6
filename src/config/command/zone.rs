//! `zonewright zone …`: what is asked of a running daemon about its zones.

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::Given;
use super::flags::control_socket;
use crate::problem::Problems;
use crate::settings::ControlSocket;

/// A question or an order to a running daemon.
#[derive(Debug)]
pub struct ZoneCommand {
    /// Where it listens, or what is wrong with that setting.
    pub control_socket: Result<ControlSocket, Problems>,
    /// What is asked.
    pub action: ZoneAction,
}

/// What is asked of a running daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneAction {
    /// The contents of a zone as a master file.
    Export {
        /// The zone.
        zone: String,
    },
    /// Have what is published on the disk.
    Flush {
        /// The zones; empty means all.
        zones: Vec<String>,
    },
    /// Refuse updates by clients.
    Freeze {
        /// The zones.
        zones: Vec<String>,
    },
    /// One line for each zone.
    List {
        /// As JSON.
        json: bool,
    },
    /// Read zone files again.
    Reload(Reload),
    /// Take copies from their primaries anew, as a whole.
    Retransfer {
        /// The zones.
        zones: Vec<String>,
    },
    /// All about a zone.
    Show {
        /// The zone.
        zone: String,
        /// As JSON.
        json: bool,
    },
    /// Take updates by clients again.
    Thaw {
        /// The zones.
        zones: Vec<String>,
    },
}

/// Which zones are read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reload {
    /// Their names; empty means all.
    pub zones: Vec<String>,
}

/// The clap command.
pub(super) fn clap() -> Clap {
    let json = || {
        let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
        json.help("Print JSON")
    };
    let one = || zones().num_args(1).help("The name of the zone");
    let some = || zones().num_args(1..).help("Their names");
    let all = || {
        let all = zones().required(false).num_args(0..);
        all.help("Their names; without any, all zones")
    };
    let command = |name: &'static str, about: &'static str| Clap::new(name).about(about);
    let commands = [
        command("list", "List all zones").arg(json()),
        command("show", "Show where a zone comes from and how it is")
            .arg(one())
            .arg(json()),
        command("export", "Print a zone as a master file, as it is served now").arg(one()),
        command("reload", "Read zone files again, changed or not").arg(all()),
        command("freeze", "Refuse updates by clients until they are taken again")
            .long_about(
                "Refuses updates by clients (REFUSED, with the extended error \"Prohibited\") until \
                 'zonewright zone thaw'. No update is on its way any more when this returns.\n\n\
                 Zone files and names of objects go on changing the zone, and it is answered and \
                 transferred as ever. A restart thaws all zones.",
            )
            .arg(some()),
        command("thaw", "Take updates by clients again").arg(some()),
        command("flush", "Have all that is published on the disk")
            .long_about(
                "Returns once all that is published is on the disk of --data-dir. Updates by clients \
                 are there before they are acknowledged; names of objects are a moment later, since \
                 they come again.",
            )
            .arg(all()),
        command("retransfer", "Take zones from their primaries anew, as a whole")
            .long_about(
                "Takes zones that follow another server (--secondary, or a catalog) from it anew and as \
                 a whole, even if its serial is not newer than ours. Returns once that is done.",
            )
            .arg(some()),
    ];
    let zone = Clap::new("zone")
        .about("Ask a running zonewright about its zones, or tell it what to do")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    let commands = commands.map(|command| command.args(control_socket()));
    zone.subcommands(commands)
}

fn zones() -> Arg {
    Arg::new("name").value_name("ZONE").required(true)
}

/// What was asked for.
pub(super) fn command(matches: &ArgMatches, given: &Given<'_>) -> ZoneCommand {
    let (name, matches) = matches.subcommand().unwrap_or(("list", matches));
    let zones = || -> Vec<String> {
        let names = matches.try_get_many::<String>("name").ok().flatten();
        names
            .map(|names| names.cloned().collect())
            .unwrap_or_default()
    };
    let zone = || zones().into_iter().next().unwrap_or_default();
    let json = matches
        .try_get_one::<bool>("json")
        .is_ok_and(|json| json == Some(&true));
    ZoneCommand {
        control_socket: given.control_socket(matches),
        action: match name {
            "export" => ZoneAction::Export { zone: zone() },
            "flush" => ZoneAction::Flush { zones: zones() },
            "freeze" => ZoneAction::Freeze { zones: zones() },
            "reload" => ZoneAction::Reload(Reload { zones: zones() }),
            "retransfer" => ZoneAction::Retransfer { zones: zones() },
            "show" => ZoneAction::Show { zone: zone(), json },
            "thaw" => ZoneAction::Thaw { zones: zones() },
            _ => ZoneAction::List { json },
        },
    }
}
