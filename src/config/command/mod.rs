//! The command line: one clap command made from the table of flags, and what was asked for.
//!
//! ```text
//! zonewright [FLAGS]                        the daemon
//! zonewright check [FILES] [FLAGS]          settings and zone files
//! zonewright zone list|show|export|reload   a running daemon's zones
//! zonewright zone freeze|thaw|flush|retransfer
//! zonewright plan [FLAGS]                   what a pass would change
//! zonewright explain NAME                   a running daemon's reasons
//! zonewright brake release                  lets held deletes go
//! zonewright key new NAME                   a key for updates and transfers
//! zonewright import bind|skydns             a zone file of what another server has, or its records
//!                                           for a running daemon
//! zonewright completions SHELL
//! ```

mod arguments;
mod build;
mod flags;
mod import;
mod man;
mod zone;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::builder::StyledStr;
use clap::error::ErrorKind;
use wire::Name;

use self::build::{TEXTS, build};
pub use self::import::{Import, ImportFrom, Skydns};
pub use self::zone::{Reload, ZoneAction, ZoneCommand};
use crate::check::{check, check_control_socket};
use crate::flags::Retired;
use crate::problem::{Origin, Problem, Problems};
use crate::raw::{Environment, Raw, any_flag};
use crate::settings::{Config, ControlSocket};

/// What the program was asked to do.
#[derive(Debug)]
pub enum Command {
    /// Let held deletes go.
    Brake(Brake),
    /// Check settings and files.
    Check(Box<Check>),
    /// Say why there are records at a name, or none.
    Explain(Explain),
    /// Make a zone file of what another server has.
    Import(Import),
    /// Make a key.
    Key(NewKey),
    /// Show what a pass would change.
    Plan(Plan),
    /// Print this: a completion script, or the manual page.
    Print(Vec<u8>),
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

/// What a pass would change; nothing is written.
#[derive(Debug)]
pub struct Plan {
    /// The settings of the pass, or all that is wrong with them. They have sources and
    /// destinations.
    pub config: Result<Box<Config>, Problems>,
    /// How it is shown.
    pub output: Output,
}

/// A question about a name to a running daemon.
#[derive(Debug)]
pub struct Explain {
    /// Where it listens, or what is wrong with that setting.
    pub control_socket: Result<ControlSocket, Problems>,
    /// The name.
    pub name: String,
    /// How the answer is shown.
    pub output: Output,
}

/// An order about the brake to a running daemon.
#[derive(Debug)]
pub struct Brake {
    /// Where it listens, or what is wrong with that setting.
    pub control_socket: Result<ControlSocket, Problems>,
    /// What is to be let go.
    pub release: Release,
}

/// Which held deletes are let go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Those of this destination; `None` is all.
    pub destination: Option<String>,
    /// Those in this zone; `None` is all.
    pub zone: Option<String>,
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What it is called.
    pub name: Name,
    /// What it signs with, by the name of a TSIG algorithm.
    pub algorithm: String,
    /// Where it is written; `None` is standard output.
    pub file: Option<PathBuf>,
}

/// How something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// For programs.
    Json,
    /// For people.
    #[default]
    Table,
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
    let arguments = std::iter::once(OsString::from("zonewright")).chain(arguments);
    let prepared = arguments::prepare(arguments)
        .map_err(|message| stop(build().error(ErrorKind::Io, message)))?;
    let given = Given {
        retired: prepared.retired,
        environment,
    };
    let matches = build()
        .try_get_matches_from(prepared.arguments)
        .map_err(stop)?;
    Ok(match matches.subcommand() {
        Some(("brake", matches)) => Command::Brake(brake(matches, &given)),
        Some(("check", matches)) => Command::Check(Box::new(check_command(matches, &given))),
        Some(("completions", matches)) => Command::Print(completions(matches)),
        Some(("explain", matches)) => Command::Explain(explain(matches, &given)),
        Some(("import", matches)) => match import::command(matches, &given) {
            Some(import) => Command::Import(import),
            None => {
                return Err(stop(
                    build().error(ErrorKind::MissingSubcommand, "nothing to import"),
                ));
            }
        },
        Some(("key", matches)) => Command::Key(new_key(matches)),
        Some(("plan", matches)) => Command::Plan(Plan {
            config: settings(matches, &given).and_then(with_sync),
            output: output(matches),
        }),
        Some(("zone", matches)) => Command::Zone(zone::command(matches, &given)),
        _ => match asked_for_text(&matches) {
            Some(text) => Command::Print(text),
            None => Command::Run(Run {
                config: settings(&matches, &given),
            }),
        },
    })
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

/// What there is beside the arguments that clap knows.
struct Given<'a> {
    retired: Vec<&'static Retired>,
    environment: Environment<'a>,
}

impl Given<'_> {
    fn raw(&self, matches: &ArgMatches) -> Raw {
        let mut raw = Raw::from_matches(matches);
        for retired in &self.retired {
            raw.add_retired(&Origin::Flag, retired);
        }
        raw.add_environment(self.environment);
        raw
    }

    fn control_socket(&self, matches: &ArgMatches) -> Result<ControlSocket, Problems> {
        check_control_socket(self.raw(matches))
    }
}

fn settings(matches: &ArgMatches, given: &Given<'_>) -> Result<Box<Config>, Problems> {
    let mut raw = given.raw(matches);
    if let Some(path) = raw.once("config").cloned() {
        raw.add_file(crate::file::read(&path.text, &path.origin));
    }
    check(raw).map(Box::new)
}

/// There is nothing to plan without sources.
fn with_sync(config: Box<Config>) -> Result<Box<Config>, Problems> {
    if config.sync.is_some() {
        return Ok(config);
    }
    let problem = Problem::of_file(Origin::Flag, "there is no source to plan for");
    let hint = "name kinds of objects with --source, or a folder with --manifests";
    Err(Problems(vec![problem.hint(hint)]))
}

fn check_command(matches: &ArgMatches, given: &Given<'_>) -> Check {
    let targets: Vec<String> = matches
        .get_many::<String>("files")
        .map(|files| files.cloned().collect())
        .unwrap_or_default();
    let wanted = targets.is_empty() || any_flag(matches);
    Check {
        targets,
        config: wanted.then(|| settings(matches, given)),
    }
}

fn brake(matches: &ArgMatches, given: &Given<'_>) -> Brake {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    Brake {
        control_socket: given.control_socket(matches),
        release: Release {
            destination: text(matches, "destination"),
            zone: text(matches, "of-zone"),
        },
    }
}

fn explain(matches: &ArgMatches, given: &Given<'_>) -> Explain {
    Explain {
        control_socket: given.control_socket(matches),
        name: text(matches, "name").unwrap_or_default(),
        output: output(matches),
    }
}

fn new_key(matches: &ArgMatches) -> NewKey {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let name = matches.get_one::<Name>("name");
    NewKey {
        name: name.cloned().unwrap_or_else(Name::root),
        algorithm: text(matches, "algorithm").unwrap_or_default(),
        file: text(matches, "file").map(PathBuf::from),
    }
}

fn output(matches: &ArgMatches) -> Output {
    match text(matches, "output").as_deref() {
        Some("json") => Output::Json,
        _ => Output::Table,
    }
}

fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

/// The text that a flag of external-dns asks for in the place of everything else.
fn asked_for_text(matches: &ArgMatches) -> Option<Vec<u8>> {
    let asked = TEXTS.iter().find(|(flag, _)| matches.get_flag(flag))?;
    Some(match asked.1 {
        Some(shell) => script(shell),
        None => man::page(&build()),
    })
}

fn completions(matches: &ArgMatches) -> Vec<u8> {
    let shell = matches.get_one::<String>("shell");
    script(shell.map_or("bash", |shell| shell))
}

fn script(shell: &str) -> Vec<u8> {
    let mut script = Vec::new();
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
