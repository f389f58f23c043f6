//! The flags of the table as arguments of clap.

use clap::{Arg, ArgAction};

use crate::flags::{Flag, Group, Kind, groups};

/// Which flags a help shows.
#[derive(Clone, Copy)]
pub(super) enum Show {
    /// In the short help the common ones, in the long help all.
    Common,
    /// These, everywhere.
    Only(&'static [&'static str]),
}

/// The flags of the table.
pub(super) fn arguments(show: Show) -> impl Iterator<Item = Arg> {
    groups().iter().flat_map(move |group| {
        group
            .flags
            .iter()
            .flat_map(move |flag| flag_arguments(flag, group, show))
    })
}

/// The flag that says where a running daemon listens.
pub(super) fn control_socket() -> impl Iterator<Item = Arg> {
    arguments(Show::Only(&["control-socket"])).filter(|arg| arg.get_id() == "control-socket")
}

fn flag_arguments(flag: &'static Flag, group: &'static Group, show: Show) -> Vec<Arg> {
    let (short, long) = match show {
        Show::Common => (flag.common, group.built),
        Show::Only(names) => {
            let named = names.contains(&flag.name);
            (named, named)
        }
    };
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .help(short_help(flag))
        .long_help(long_help(flag))
        .hide_short_help(!short)
        .hide_long_help(!long);
    let arg = match show {
        Show::Common => arg.help_heading(group.heading),
        Show::Only(_) => arg,
    };
    match flag.kind {
        Kind::Once => vec![arg.value_name(flag.value).action(ArgAction::Set)],
        Kind::Repeated => vec![arg.value_name(flag.value).action(ArgAction::Append)],
        Kind::Switch(on) => {
            // The help shows the form that changes something.
            let off = arg
                .clone()
                .id(format!("no-{}", flag.name))
                .long(format!("no-{}", flag.name));
            let (on_hidden, off_hidden) = (on, !on);
            vec![
                arg.action(ArgAction::SetTrue)
                    .overrides_with(format!("no-{}", flag.name))
                    .hide(on_hidden),
                off.action(ArgAction::SetTrue)
                    .overrides_with(flag.name)
                    .hide(off_hidden),
            ]
        }
    }
}

fn short_help(flag: &Flag) -> String {
    match flag.default {
        "" => flag.short.to_owned(),
        default => format!("{} [default: {default}]", flag.short),
    }
}

fn long_help(flag: &Flag) -> String {
    let repeatable = match flag.kind {
        Kind::Repeated => " (repeatable)",
        Kind::Once | Kind::Switch(_) => "",
    };
    let short = short_help(flag);
    match flag.long {
        "" => format!("{short}{repeatable}"),
        long => format!("{short}{repeatable}.\n{long}"),
    }
}
