//! The manual page, in the language of `man`, from the table of flags.

use std::fmt::Write;

use clap::Command as Clap;

use crate::flags::{Flag, Group, Kind, groups, variables};

/// The page of section 1.
pub(super) fn page(command: &Clap) -> Vec<u8> {
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default();
    let mut page = String::from(".TH ZONEWRIGHT 1\n.SH NAME\nzonewright \\- ");
    line(&mut page, about.trim_end_matches('.'));
    page.push_str(".SH SYNOPSIS\n.B zonewright\n[FLAGS]\n.br\n.B zonewright\nCOMMAND\n");
    page.push_str(".SH COMMANDS\n");
    for command in command.get_subcommands() {
        let about = command.get_about().map(ToString::to_string);
        entry(&mut page, command.get_name(), &about.unwrap_or_default());
    }
    page.push_str(".SH FLAGS\n");
    for group in groups().iter().filter(|group| group.built) {
        group_of(&mut page, group);
    }
    page.push_str(".SH ENVIRONMENT\n");
    let [ours, theirs] = variables("zone-dir");
    line(
        &mut page,
        &format!(
            "Each flag is also read from a variable: --zone-dir from {ours}, else from {theirs}. \
             The flag wins over the variable."
        ),
    );
    page.into_bytes()
}

fn group_of(page: &mut String, group: &Group) {
    page.push_str(".SS ");
    line(page, group.heading);
    for flag in group.flags {
        let more = if flag.long.is_empty() { "" } else { ". " };
        let text = format!("{}{more}{}", flag.short, flag.long);
        entry(page, &form(flag), &text);
        if !flag.default.is_empty() {
            page.push_str(".br\n");
            line(page, &format!("Default: {}", flag.default));
        }
    }
}

/// How it is written on a command line.
fn form(flag: &Flag) -> String {
    match flag.kind {
        Kind::Switch(true) => format!("--no-{}", flag.name),
        Kind::Switch(false) => format!("--{}", flag.name),
        Kind::Once => format!("--{} {}", flag.name, flag.value),
        Kind::Repeated => format!("--{} {} ...", flag.name, flag.value),
    }
}

fn entry(page: &mut String, name: &str, text: &str) {
    page.push_str(".TP\n.B ");
    line(page, name);
    line(page, text);
}

/// A line of text, in which nothing is taken for an order.
fn line(page: &mut String, text: &str) {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let guard = if text.starts_with(['.', '\'']) {
        "\\&"
    } else {
        ""
    };
    writeln!(page, "{guard}{text}").expect("a String takes all that is written");
}
