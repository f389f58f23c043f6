//! Sub-commands, and the help as users see it.

mod commands;
mod help;
mod help_names;
mod help_server;

use super::*;

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

/// The long help, from one of its headings to another.
fn long_help(from: &str, to: &str) -> String {
    let help = help("", true);
    let at = |heading: &str| help.find(&format!("\n{heading}:\n")).expect(heading);
    help.get(at(from)..at(to)).unwrap().trim().to_owned()
}
