//! The README's table of flags against what the program says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use peers::Program;

use super::site::{Check, check};
use crate::fleet::root;

pub(super) const TRIALS: &[Check] = &[(
    "the_readme_has_the_flags_of_the_program",
    flags_of_the_program,
)];

/// A flag with its value and default, as `--flag VALUE default`.
type Groups = BTreeMap<String, BTreeSet<String>>;

/// Each group of flags that the README has a row of must be there as a whole, and nothing else.
fn flags_of_the_program(program: &Program) -> Result<(), String> {
    let output = Command::new(program.path()).arg("--help").output();
    let help = output.map_err(|error| error.to_string())?.stdout;
    let help = of_help(&String::from_utf8_lossy(&help));
    let text = std::fs::read_to_string(root().join("README.md"));
    let readme = of_readme(&text.map_err(|error| error.to_string())?);
    check(readme.len() > 3, || {
        format!("no table of flags: {readme:?}")
    })?;
    for (group, flags) in &readme {
        let none = BTreeSet::new();
        let known = help.get(group).unwrap_or(&none);
        let unknown: Vec<&String> = flags.difference(known).collect();
        let missing: Vec<&String> = known.difference(flags).collect();
        check(unknown.is_empty() && missing.is_empty(), || {
            format!("group {group}: only in the README: {unknown:?}; not in it: {missing:?}")
        })?;
    }
    Ok(())
}

/// Headings end in a colon; flags are indented by six, what is said of them by ten.
fn of_help(help: &str) -> Groups {
    let mut groups = Groups::new();
    let mut group = String::new();
    let mut flag = String::new();
    let mut said = String::new();
    for line in help.lines().chain(["End:"]) {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if indent > 6 {
            said.push_str(text);
            said.push(' ');
            continue;
        }
        if flag.starts_with("--") {
            // A default may hold brackets itself, as addresses do.
            let default = said.split_once("[default: ").map_or("", |(_, rest)| {
                let end = rest.find("] ").into_iter().chain(rest.find("].")).min();
                end.and_then(|end| rest.get(..end)).unwrap_or(rest)
            });
            let row = format!("{} {default}", flag.replace(['<', '>'], ""));
            let row = row.trim().to_owned();
            groups.entry(group.clone()).or_default().insert(row);
        }
        (flag, said) = (String::new(), String::new());
        match (indent, text.strip_suffix(':')) {
            (0, Some(heading)) => heading.clone_into(&mut group),
            (6, _) => text.clone_into(&mut flag),
            _ => {}
        }
    }
    groups
}

/// Rows of the form ``| Group | `--flag VALUE` | default | what it does |``.
fn of_readme(text: &str) -> Groups {
    let mut groups = Groups::new();
    for line in text.lines() {
        let line = line.replace("\\|", "\0");
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| cell.trim().replace('\0', "|"))
            .collect();
        if let [_, group, flag, default, _, _] = &cells[..]
            && let Some(flag) = flag.strip_prefix("`--")
        {
            let flag = format!("--{} {default}", flag.trim_end_matches('`'));
            let row = flag.trim().to_owned();
            groups.entry(group.clone()).or_default().insert(row);
        }
    }
    groups
}
