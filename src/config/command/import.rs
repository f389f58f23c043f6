//! `zonewright import …`: zone files from what other servers have.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};
use wire::{Name, NameRef};

use super::Given;
use super::flags::control_socket;
use crate::problem::Problems;
use crate::settings::{ControlSocket, ZoneFile};
use crate::value;

/// A zone file to make of what another server has, or records for a running daemon.
#[derive(Debug)]
pub struct Import {
    /// What it is made of.
    pub from: ImportFrom,
    /// Where it is written; `None` is standard output.
    pub output: Option<PathBuf>,
    /// The running daemon that the records are given to in place of a file, or what is wrong with
    /// that setting.
    pub apply: Option<Result<ControlSocket, Problems>>,
}

/// What a zone file is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFrom {
    /// A zone of BIND's.
    Bind {
        /// Its file.
        file: ZoneFile,
        /// Its journal; `None` is the one beside the file, if there is one.
        journal: Option<PathBuf>,
    },
    /// What CoreDNS serves from etcd.
    Skydns(Skydns),
}

/// A zone in etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skydns {
    /// The zone.
    pub zone: Name,
    /// The servers; without any the variable `ETCD_URLS` says.
    pub servers: Vec<String>,
    /// What `etcdctl get --prefix … -w json` has printed, in the place of servers.
    pub dump: Option<PathBuf>,
    /// What all keys begin with.
    pub prefix: String,
    /// The zone's name servers, each with an address if it is in the zone; without any those of etcd.
    pub name_servers: Vec<(Name, Option<IpAddr>)>,
    /// Whether names that external-dns looks after are taken too.
    pub owned: bool,
}

/// The clap command.
pub(super) fn clap() -> Clap {
    Clap::new("import")
        .about("Make a zone file of what another server has")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(bind_clap())
        .subcommand(skydns_clap())
}

fn bind_clap() -> Clap {
    Clap::new("bind")
        .about("Make a zone file of a zone of BIND's with its journal")
        .long_about(
            "Reads a zone file of BIND's, as text or raw, and what its journal has beyond it: what \
             updates and transfers have changed since the file was written. BIND may be running, or \
             have been killed; nothing of its is changed.",
        )
        .arg(
            Arg::new("file")
                .value_name("[ORIGIN=]PATH")
                .required(true)
                .value_parser(|text: &str| {
                    value::zone_file(text).map_err(|wrong| match &*wrong.hint {
                        "" => wrong.message,
                        hint => format!("{} ({hint})", wrong.message),
                    })
                })
                .help("The file; with the name of the zone, unless it is called NAME.zone"),
        )
        .arg(
            path("journal")
                .help("Its journal [default: PATH.jnl, if there is one]"),
        )
        .arg(output())
        .arg(apply())
        .args(control_socket())
}

fn skydns_clap() -> Clap {
    let zone = |text: &str| Name::from_text(text.as_bytes(), Some(NameRef::ROOT));
    Clap::new("skydns")
        .about("Make a zone file of what CoreDNS serves from etcd")
        .long_about(
            "Reads keys as /skydns/org/example/www from etcd (version 3, by its JSON gateway) and makes \
             a zone file of those in a zone. Names that external-dns looks after are left out: they come \
             from their objects.\n\n\
             As for external-dns, ETCD_URLS names the servers [default: http://localhost:2379], \
             ETCD_USERNAME and ETCD_PASSWORD the user, ETCD_CA_FILE whom to trust, ETCD_CERT_FILE and \
             ETCD_KEY_FILE our certificate, ETCD_TLS_SERVER_NAME the name in the server's, and \
             ETCD_TLS_INSECURE=true takes any.",
        )
        .arg(
            Arg::new("zone")
                .value_name("ZONE")
                .required(true)
                .value_parser(zone)
                .help("The name of the zone"),
        )
        .arg(
            Arg::new("etcd")
                .long("etcd")
                .value_name("URL")
                .action(ArgAction::Append)
                .help("Ask this server, or the next one (repeatable) [default: $ETCD_URLS]"),
        )
        .arg(
            path("dump")
                .conflicts_with("etcd")
                .help("Read what 'etcdctl get --prefix /skydns/ -w json' has printed"),
        )
        .arg(
            Arg::new("prefix")
                .long("prefix")
                .value_name("KEY")
                .default_value("/skydns/")
                .help("What all keys begin with"),
        )
        .arg(
            Arg::new("zone-ns")
                .long("zone-ns")
                .value_name("NAME[=ADDR]")
                .action(ArgAction::Append)
                .value_parser(name_server)
                .help("A name server of the zone (repeatable) [default: those at dns/ns, else ns.ZONE]"),
        )
        .arg(
            Arg::new("owned")
                .long("owned")
                .action(ArgAction::SetTrue)
                .help("Take names too that external-dns looks after"),
        )
        .arg(output())
        .arg(apply())
        .args(control_socket())
}

/// `NAME[=ADDR]`.
fn name_server(text: &str) -> Result<(Name, Option<IpAddr>), String> {
    let (name, address) = match text.split_once('=') {
        Some((name, address)) => (name, Some(address)),
        None => (text, None),
    };
    let name = value::zone_name(name).map_err(|wrong| wrong.message)?;
    let address = address.map(|address| {
        let parsed = address.parse::<IpAddr>();
        parsed.map_err(|_| format!("\"{address}\" is not an address; expected NAME=ADDR"))
    });
    Ok((name, address.transpose()?))
}

fn path(name: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE")
}

fn output() -> Arg {
    path("output")
        .short('o')
        .help("Write it to this new file [default: print it]")
}

fn apply() -> Arg {
    Arg::new("apply")
        .long("apply")
        .action(ArgAction::SetTrue)
        .conflicts_with("output")
        .help("Give the records to the running server, as a client's updates [default: make a file]")
        .long_help(
            "Give the records to the running server in place of a file. It must serve the zone; there \
             they are as if a client had updated them: on the disk before this ends, seen by secondaries, \
             kept over restarts. Each name and type becomes what is imported; SOA and NS of the zone stay, \
             but for a later serial. What a zone file or an object says otherwise is not changed: the \
             import is refused then, and nothing is done.",
        )
}

/// What was asked for.
pub(super) fn command(matches: &ArgMatches, given: &Given<'_>) -> Option<Import> {
    let (name, matches) = matches.subcommand()?;
    let path = |name: &str| super::text(matches, name).map(PathBuf::from);
    let from = match name {
        "bind" => ImportFrom::Bind {
            file: matches.get_one::<ZoneFile>("file")?.clone(),
            journal: path("journal"),
        },
        _ => ImportFrom::Skydns(Skydns {
            zone: matches.get_one::<Name>("zone")?.clone(),
            servers: matches
                .get_many::<String>("etcd")
                .map(|servers| servers.cloned().collect())
                .unwrap_or_default(),
            dump: path("dump"),
            prefix: super::text(matches, "prefix").unwrap_or_default(),
            name_servers: matches
                .get_many::<(Name, Option<IpAddr>)>("zone-ns")
                .map(|servers| servers.cloned().collect())
                .unwrap_or_default(),
            owned: matches.get_flag("owned"),
        }),
    };
    Some(Import {
        from,
        output: path("output"),
        apply: matches
            .get_flag("apply")
            .then(|| given.control_socket(matches)),
    })
}
