//! From arguments to an exit code.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use config::{Command, Environment, Stop, parse};

use super::{check, control, daemon, import, key, once, telemetry, zones};

/// Does what the arguments ask for. Exit codes: 0 well, 1 not, 2 wrong arguments or settings.
pub(crate) fn start(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Environment<'_>,
) -> ExitCode {
    let command = match parse(arguments, environment) {
        Ok(command) => command,
        Err(stop) => return print_stop(&stop, environment),
    };
    let result = match command {
        Command::Check(check) => check::run(*check, environment),
        Command::Print(text) => print(&text),
        Command::Run(run) => match run.config {
            Ok(config) => {
                let missing = zones::missing(&config);
                if !missing.is_empty() {
                    return print_missing(&missing);
                }
                if config.sync.as_ref().is_some_and(|sync| sync.once) {
                    once::run(&config, environment)
                } else {
                    daemon::run(*config, environment)
                }
            }
            Err(problems) => {
                telemetry::say(&format!("{problems}\n"));
                return USAGE.into();
            }
        },
        Command::Zone(zone) => control::zone(zone, environment),
        Command::Plan(plan) => match plan.config {
            Ok(config) => {
                let missing = zones::missing(&config);
                if !missing.is_empty() {
                    return print_missing(&missing);
                }
                once::plan(&config, plan.output, environment)
            }
            Err(problems) => {
                telemetry::say(&format!("{problems}\n"));
                return USAGE.into();
            }
        },
        Command::Brake(brake) => control::brake(brake, environment),
        Command::Explain(explain) => control::explain(explain, environment),
        Command::Import(import) => import::run(import, environment),
        Command::Key(new) => key::make(&new),
    };
    result.unwrap_or_else(|error| {
        if has_no_reader(&error) {
            return ExitCode::FAILURE;
        }
        telemetry::say(&format!("error: {}\n", telemetry::chain(error.as_ref())));
        ExitCode::FAILURE
    })
}

/// Whether nobody reads our output any more, as behind `head`: there is nobody to tell either.
fn has_no_reader(error: &anyhow::Error) -> bool {
    error.source().is_none()
        && error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Folders of the settings are not there.
fn print_missing(missing: &[String]) -> ExitCode {
    for problem in missing {
        telemetry::say(&format!("error: {problem}\n"));
    }
    USAGE.into()
}

fn print_stop(stop: &Stop, environment: Environment<'_>) -> ExitCode {
    let terminal = if stop.is_mistake() {
        io::stderr().is_terminal()
    } else {
        io::stdout().is_terminal()
    };
    let plain = !terminal || environment("NO_COLOR").is_some_and(|value| !value.is_empty());
    let text = if plain {
        stop.text.to_string()
    } else {
        stop.text.ansi().to_string()
    };
    if stop.is_mistake() {
        telemetry::say(&text);
        return stop.code.into();
    }
    match print(text.as_bytes()) {
        Ok(code) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn print(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    telemetry::print(bytes)?;
    Ok(ExitCode::SUCCESS)
}

/// Wrong arguments or settings.
const USAGE: u8 = 2;
