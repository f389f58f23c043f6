//! What names of providers, sources and registries there are: the chart takes all that the program has.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Check;
use crate::files::chart;
use crate::helm::Helm;

/// The trials.
pub(crate) fn checks(ours: &Path) -> Vec<(String, Check)> {
    let ours = ours.to_owned();
    vec![(
        "providers_sources_and_registries_are_those_of_the_program".to_owned(),
        Box::new(move |helm| all(helm, &ours)),
    )]
}

/// Both are asked for a name that there is not, and say which there are.
fn all(helm: &Helm, ours: &Path) -> Result<(), String> {
    for (flag, value, least) in [
        ("--provider", "provider.name", 15),
        ("--source", "sources[0]", 10),
        ("--registry", "registry", 4),
    ] {
        let program = said_by_program(ours, flag)?;
        let chart = said_by_chart(helm, value)?;
        let lacking: Vec<&String> = program.difference(&chart).collect();
        if program.len() < least || !lacking.is_empty() {
            return Err(format!(
                "{flag}: the program has {program:?}, and the chart lacks {lacking:?}"
            ));
        }
    }
    Ok(())
}

fn said_by_program(ours: &Path, flag: &str) -> Result<BTreeSet<String>, String> {
    let mut command = Command::new(ours);
    command.arg(format!("{flag}={NONE}"));
    if flag != "--source" {
        command.arg("--source=fake");
    }
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("start {}: {error}", ours.display()))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let listed = text.lines().find_map(|line| {
        let (_, rest) = line
            .split_once("there are ")
            .or_else(|| line.split_once("expected "))?;
        Some(rest.split(", by which").next().unwrap_or(rest))
    });
    Ok(words(listed.ok_or_else(|| text.clone())?))
}

fn said_by_chart(helm: &Helm, value: &str) -> Result<BTreeSet<String>, String> {
    let chart = chart().display().to_string();
    let set = format!("{value}={NONE}");
    let run = helm.run(&["template", "names", &chart, "--set", &set])?;
    let listed = run.err.split_once("there are ").map(|(_, rest)| rest);
    let listed = listed.and_then(|rest| rest.split('.').next());
    Ok(words(listed.ok_or_else(|| run.err.clone())?))
}

/// `a, b or c`, and `a, b and c`.
fn words(listed: &str) -> BTreeSet<String> {
    let all = listed.split([',', ' ']).map(str::trim);
    let all = all.filter(|word| !["", "and", "or"].contains(word));
    all.map(str::to_owned).collect()
}

/// A name of nothing.
const NONE: &str = "none-such";
