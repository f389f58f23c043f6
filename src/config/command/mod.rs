//! The command line: one clap command made from the table of flags, and what was asked for.
//!
//! ```text
//! zonewright [FLAGS]                        the daemon
//! zonewright check [FILES] [FLAGS]          settings and zone files
//! zonewright zone list|show|export|reload   a running daemon's zones
//! zonewright completions SHELL
//! ```

mod build;

use std::ffi::OsString;

use clap::ArgMatches;
use clap::builder::StyledStr;
use clap::error::ErrorKind;

use self::build::build;
use crate::check::{check, check_control_socket};
use crate::problem::{Origin, Problems};
use crate::raw::{Environment, Raw, any_flag};
use crate::settings::{Config, ControlSocket};

/// What the program was asked to do.
#[derive(Debug)]
pub enum Command {
    /// Check settings and files.
    Check(Box<Check>),
    /// Print a completion script: this one.
    Completions(Vec<u8>),
    /// Serve.
    Run(Run),
    /// Ask a running daemon.
    Zone(ZoneCommand),
}

/// The daemon.
#[derive(Debug)]
pub struct Run {
    /// Its settings, or all that is wrong with them.
    pub config: Result<Box<Config>, Problems>,
}

/// Settings and files to check.
#[derive(Debug)]
pub struct Check {
    /// Zone files as `[ORIGIN=]PATH`, folders of zone files, settings files.
    pub targets: Vec<String>,
    /// The settings of the flags, the environment and `--config`, if they are to be checked.
    pub config: Option<Result<Box<Config>, Problems>>,
}

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
    /// One line for each zone.
    List {
        /// As JSON.
        json: bool,
    },
    /// Read zone files again.
    Reload(Reload),
    /// All about a zone.
    Show {
        /// The zone.
        zone: String,
        /// As JSON.
        json: bool,
    },
}

/// Which zones are read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reload {
    /// Their names; empty means all.
    pub zones: Vec<String>,
}

/// The program ends here, with something to print: help, version, or a mistake in the arguments.
#[derive(Debug)]
pub struct Stop {
    /// The text; with styles for a terminal.
    pub text: StyledStr,
    /// The exit code.
    pub code: u8,
}

impl Stop {
    /// Whether this belongs on standard error.
    #[must_use]
    pub fn is_mistake(&self) -> bool {
        self.code != 0
    }
}

/// Reads arguments (without the program's name) and environment.
///
/// # Errors
/// When there is only something to print, such as the help.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Environment<'_>,
) -> Result<Command, Stop> {
    let arguments = join_negative(arguments);
    let arguments = std::iter::once(OsString::from("zonewright")).chain(arguments);
    let matches = build().try_get_matches_from(arguments).map_err(stop)?;
    match matches.subcommand() {
        Some(("check", matches)) => Ok(Command::Check(Box::new(check_command(
            matches,
            environment,
        )))),
        Some(("completions", matches)) => Ok(Command::Completions(completions(matches))),
        Some(("zone", matches)) => Ok(Command::Zone(zone_command(matches, environment))),
        _ => Ok(Command::Run(Run {
            config: settings(&matches, environment),
        })),
    }
}

/// Makes `--flag -1s` what `--flag=-1s` is: a wrong value, which is told with what would be right,
/// and not an argument that nobody knows. None of ours begins with a hyphen and a digit.
fn join_negative(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        let negative = argument.to_str().is_some_and(|text| {
            let mut bytes = text.bytes();
            bytes.next() == Some(b'-') && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        });
        let flag = joined.last_mut().filter(|last| takes_value(last));
        match flag {
            Some(flag) if negative => {
                flag.push("=");
                flag.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

/// Whether an argument is a flag whose value comes behind it.
fn takes_value(argument: &OsString) -> bool {
    let name = argument.to_str().and_then(|text| text.strip_prefix("--"));
    let flag = name.and_then(crate::flags::find);
    flag.is_some_and(|flag| !matches!(flag.kind, crate::flags::Kind::Switch(_)))
}

/// Reads and judges a settings file alone.
///
/// # Errors
/// All that is wrong with it.
pub fn parse_file(path: &str) -> Result<Config, Problems> {
    let mut raw = Raw::default();
    raw.add_file(crate::file::read(path, &Origin::Flag));
    check(raw)
}

fn settings(matches: &ArgMatches, environment: Environment<'_>) -> Result<Box<Config>, Problems> {
    let mut raw = Raw::from_matches(matches);
    raw.add_environment(environment);
    if let Some(path) = raw.once("config").cloned() {
        raw.add_file(crate::file::read(&path.text, &path.origin));
    }
    check(raw).map(Box::new)
}

fn check_command(matches: &ArgMatches, environment: Environment<'_>) -> Check {
    let targets: Vec<String> = matches
        .get_many::<String>("files")
        .map(|files| files.cloned().collect())
        .unwrap_or_default();
    let wanted = targets.is_empty() || any_flag(matches);
    Check {
        targets,
        config: wanted.then(|| settings(matches, environment)),
    }
}

fn zone_command(matches: &ArgMatches, environment: Environment<'_>) -> ZoneCommand {
    let (name, matches) = matches.subcommand().unwrap_or(("list", matches));
    let mut raw = Raw::from_matches(matches);
    raw.add_environment(environment);
    let names = || -> Vec<String> {
        let names = matches.get_many::<String>("name");
        names
            .map(|names| names.cloned().collect())
            .unwrap_or_default()
    };
    let zone = || names().into_iter().next().unwrap_or_default();
    let json = matches
        .try_get_one::<bool>("json")
        .is_ok_and(|json| json == Some(&true));
    ZoneCommand {
        control_socket: check_control_socket(raw),
        action: match name {
            "export" => ZoneAction::Export { zone: zone() },
            "reload" => ZoneAction::Reload(Reload { zones: names() }),
            "show" => ZoneAction::Show { zone: zone(), json },
            _ => ZoneAction::List { json },
        },
    }
}

fn completions(matches: &ArgMatches) -> Vec<u8> {
    let mut script = Vec::new();
    let shell = matches
        .get_one::<String>("shell")
        .map_or("bash", |shell| shell);
    if let Ok(shell) = shell.parse::<clap_complete::Shell>() {
        clap_complete::generate(shell, &mut build(), "zonewright", &mut script);
    }
    script
}

fn stop(error: clap::Error) -> Stop {
    let code = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
        _ => 2,
    };
    Stop {
        text: error.render(),
        code,
    }
}

#[cfg(test)]
mod tests;
