//! The clap command: flags, sub-commands, texts around the help.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command as Clap};
use wire::{Name, NameRef};

use super::flags::{Show, arguments, control_socket};

/// The command of the whole program.
pub(super) fn build() -> Clap {
    Clap::new("zonewright")
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "Gives the objects of a cluster their names, and serves those names and your zone files.",
        )
        .override_usage("zonewright [FLAGS]\n       zonewright <COMMAND>")
        .after_help(AFTER_SHORT)
        .after_long_help(AFTER_LONG)
        .max_term_width(100)
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .help_template(TEMPLATE)
        .args(arguments(Show::Common))
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help_heading("Other")
                .help("Print this help; --help explains every flag")
                .long_help("Print this help; -h is short"),
        )
        .arg(
            Arg::new("help-long")
                .long("help-long")
                .action(ArgAction::HelpLong)
                .hide(true)
                .help("The name that --help has in external-dns"),
        )
        .args(TEXTS.iter().map(|(name, _)| {
            Arg::new(*name)
                .long(*name)
                .action(ArgAction::SetTrue)
                .hide(true)
        }))
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help_heading("Other")
                .help("Print the version"),
        )
        .subcommand(plan_clap())
        .subcommand(explain_clap())
        .subcommand(check_clap())
        .subcommand(super::zone::clap())
        .subcommand(brake_clap())
        .subcommand(key_clap())
        .subcommand(super::import::clap())
        .subcommand(completions_clap())
        .mut_subcommands(with_help)
}

/// Flags of external-dns that print a text and end: the completion script of a shell, else the
/// manual page.
pub(super) const TEXTS: [(&str, Option<&str>); 3] = [
    ("completion-script-bash", Some("bash")),
    ("completion-script-zsh", Some("zsh")),
    ("help-man", None),
];

/// The help flag of a sub-command and of those below it: the one of the program is not passed on.
fn with_help(command: Clap) -> Clap {
    let help = Arg::new("help").short('h').long("help");
    let help = help.action(ArgAction::Help).help("Print this help");
    command.arg(help).mut_subcommands(with_help)
}

fn check_clap() -> Clap {
    Clap::new("check")
        .about("Find every mistake in zone files and settings")
        .long_about(
            "Finds every mistake in zone files and settings, and shows each with its line.\n\n\
             Without FILES it checks the settings as the daemon would read them, and the zones they \
             name. Exits with 1 if anything has an error; warnings alone are fine.",
        )
        .override_usage("zonewright check [FILES]... [FLAGS]")
        .after_help("All flags of the daemon are taken, and checked too: see zonewright --help.")
        .arg(
            Arg::new("files")
                .value_name("FILES")
                .num_args(0..)
                .help("Zone files as [ORIGIN=]PATH, folders of NAME.zone files, settings files (.yaml)"),
        )
        .args(arguments(Show::Only(&["config"])))
}

fn plan_clap() -> Clap {
    Clap::new("plan")
        .about("Show what would be changed, and change nothing")
        .long_about(
            "Makes one pass as the daemon with these flags would, and shows what it would change at \
             each destination. Nothing is written.",
        )
        .override_usage("zonewright plan [FLAGS]")
        .after_help("All flags of the daemon are taken: see zonewright --help.")
        .arg(output())
        .args(arguments(Show::Only(&["config"])))
}

fn explain_clap() -> Clap {
    Clap::new("explain")
        .about("Ask a running zonewright why a name has its records, or none")
        .long_about(
            "Asks a running zonewright about a name: which objects ask for it and by which rule, what \
             was filtered, merged or lost and why, who owns it at each destination, what is pending.",
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .help("The name, such as www.example.org"),
        )
        .arg(output())
        .args(control_socket())
}

fn brake_clap() -> Clap {
    let only = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(name).value_name("NAME").help(help)
    };
    Clap::new("brake")
        .about("Let mass deletes go that a running zonewright holds")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(
            Clap::new("release")
                .about("Delete what is held back now")
                .arg(only(
                    "destination",
                    "destination",
                    "At this destination only",
                ))
                .arg(only("of-zone", "zone", "In this zone only"))
                .args(control_socket()),
        )
}

fn key_clap() -> Clap {
    let name = |text: &str| Name::from_text(text.as_bytes(), Some(NameRef::ROOT));
    Clap::new("key")
        .about("Make keys that sign updates and transfers")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(
            Clap::new("new")
                .about("Make a key with a random secret, in the form that BIND has too")
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .required(true)
                        .value_parser(name)
                        .help("What both sides call it, such as cert-manager"),
                )
                .arg(
                    Arg::new("algorithm")
                        .long("algorithm")
                        .value_name("NAME")
                        .default_value("hmac-sha256")
                        .value_parser(PossibleValuesParser::new(KEY_ALGORITHMS))
                        .ignore_case(true)
                        .hide_possible_values(true)
                        .help("hmac-sha1, -sha224, -sha256, -sha384 or -sha512; hmac-md5 is for old programs"),
                )
                .arg(
                    Arg::new("file")
                        .long("file")
                        .value_name("FILE")
                        .help("Write it to this new file, which only its owner may read [default: print it]"),
                ),
        )
}

fn output() -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .value_name("table|json")
        .value_parser(PossibleValuesParser::new(["table", "json"]))
        .hide_possible_values(true)
        .help("How it is shown [default: table]")
}

fn completions_clap() -> Clap {
    Clap::new("completions")
        .about("Print a completion script for a shell")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new([
                    "bash",
                    "elvish",
                    "fish",
                    "powershell",
                    "zsh",
                ])),
        )
}

/// What a key can sign with.
const KEY_ALGORITHMS: [&str; 9] = [
    "hmac-sha256",
    "hmac-sha1",
    "hmac-sha224",
    "hmac-sha384",
    "hmac-sha512",
    "hmac-md5",
    "hmac-sha256-128",
    "hmac-sha384-192",
    "hmac-sha512-256",
];

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}\n\n{all-args}{after-help}";

const AFTER_SHORT: &str = "Try it:\n  zonewright --manifests . --zone example.org --listen 127.0.0.1:5300\n  \
    zonewright --zone-dir zones --listen 127.0.0.1:5300\n\n\
    All flags, with explanations: zonewright --help";

const AFTER_LONG: &str = "Environment and settings file:\n  \
    Each flag can also be set by a variable, such as ZONEWRIGHT_ZONE_DIR for --zone-dir, with a\n  \
    line for each value of a repeatable one. EXTERNAL_DNS_ZONE_DIR is read too. In the file of\n  \
    --config it is 'zone-dir: ...'. A flag wins over the variable, the variable over the file.\n\n\
    External-dns:\n  \
    All its flags are taken, those of providers, sources and registries that are not part of this\n  \
    build too, as well as its variables (EXTERNAL_DNS_...) and @FILE for arguments in a file.\n\n\
    Signals:\n  \
    SIGHUP reads all zone files and manifests again. SIGTERM and SIGINT end the program once open\n  \
    queries are answered; a second one ends it at once.\n\n\
    Try it:\n  zonewright --zone-dir zones --listen 127.0.0.1:5300\n  \
    zonewright check zones/*\n  zonewright zone list";
