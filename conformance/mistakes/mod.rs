//! Zones with one mistake each, judged by `named-checkzone`, `kzonecheck` and us.
//!
//! ```text
//! case ─ text or changes of a signed zone → file ─┬─ named-checkzone ─┐
//!                                                 ├─ kzonecheck ──────┼─ verdicts → rules
//!                                                 └─ zonewright check ┘
//! ```
//!
//! Each mistake is found by us. Where one of the others refuses the zone, so do we, or the case says
//! why a warning is enough (`: milder`). What nobody else finds says why it is one (`: ours`).
//!
//! A case begins with `=== WHAT IS WRONG`. Behind it stand lines `: WORD …`, then the text, which
//! follows a head of an SOA, an NS and its address unless it is `: whole`. `: repeat N` repeats the
//! text with a number for each `%`; `: of ZONE` takes a zone of `zones/signed` and changes it.

mod zone;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use peers::Program;

use self::zone::Case;
use crate::fleet::{self, Cast};
use crate::process::tool;

/// The files of cases.
const FILES: [&str; 4] = ["data", "lines", "signed", "zone"];

/// The programs that others check zones with.
const OTHERS: [&str; 2] = ["named-checkzone", "kzonecheck"];

/// Those of them that are not installed.
pub(crate) fn missing() -> Vec<&'static str> {
    OTHERS
        .into_iter()
        .filter(|program| !tool::has(program))
        .collect()
}

/// A trial for each file.
pub(crate) fn trials(cast: &Cast) -> Vec<Trial> {
    let ignored = !missing().is_empty() || cast.ours.is_none();
    let trials = FILES.map(|file| {
        let check = move |program: &Program| judge(program, file);
        let name = format!("mistakes::{file}");
        cast.own_trial(&name, check).with_ignored_flag(ignored)
    });
    trials.into()
}

/// What a program thinks of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Fine,
    Warns,
    Refuses,
}

fn judge(program: &Program, file: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = fleet::root().join(format!("conformance/mistakes/{file}.txt"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let cases = zone::cases(&text);
    for (number, case) in cases.iter().enumerate() {
        let folder = folder.path().join(number.to_string());
        fs::create_dir(&folder).map_err(|error| error.to_string())?;
        fs::write(folder.join("zone"), case.zone()?).map_err(|error| error.to_string())?;
    }
    let ours = ours(program, folder.path(), &cases)?;
    let mut wrong = Vec::new();
    for (number, (case, ours)) in cases.iter().zip(ours).enumerate() {
        let folder = folder.path().join(number.to_string());
        let others = [bind(case, &folder)?, knot(case, &folder)?];
        let highest = others.into_iter().max().unwrap_or(Verdict::Fine);
        let lacks = match (ours, highest) {
            (Verdict::Fine, _) => "we find nothing",
            (Verdict::Warns, Verdict::Refuses) if !case.says("milder") => {
                "others refuse it: say why we do not (: milder)"
            }
            (_, Verdict::Fine) if !case.says("ours") => "only we find it: say why (: ours)",
            _ => continue,
        };
        let [bind, knot] = others;
        let name = &case.name;
        wrong.push(format!(
            "{name}: {lacks} (ours {ours:?}, BIND {bind:?}, Knot {knot:?})"
        ));
    }
    match wrong.is_empty() && !cases.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// Our verdicts of all cases, by one run.
fn ours(program: &Program, folder: &Path, cases: &[Case]) -> Result<Vec<Verdict>, String> {
    let targets = cases.iter().enumerate().map(|(number, case)| {
        let path = folder.join(number.to_string()).join("zone");
        format!("{}={}", case.origin(), path.display())
    });
    let output = Command::new(program.path())
        .arg("check")
        .args(targets)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let verdict = |number: usize| {
        let path = folder.join(number.to_string()).join("zone");
        let start = format!("{}: zone ", path.display());
        let line = text.lines().find(|line| line.starts_with(&start));
        let line = line.ok_or_else(|| format!("nothing is said of case {number}"))?;
        Ok(if line.contains(" error") && !line.ends_with("no errors") {
            Verdict::Refuses
        } else if line.contains(" warning") {
            Verdict::Warns
        } else {
            Verdict::Fine
        })
    };
    (0..cases.len()).map(verdict).collect()
}

fn bind(case: &Case, folder: &Path) -> Result<Verdict, String> {
    let (well, text) = run("named-checkzone", &[case.origin(), "zone"], folder)?;
    // It warns of the delegations in the zones that signed cases are made of.
    let usual = |line: &str| line == "OK" || line.contains(": loaded serial ") || case.is_signed();
    Ok(match well {
        false => Verdict::Refuses,
        true if text.lines().all(usual) => Verdict::Fine,
        true => Verdict::Warns,
    })
}

fn knot(case: &Case, folder: &Path) -> Result<Verdict, String> {
    let (well, text) = run("kzonecheck", &["-o", case.origin(), "zone"], folder)?;
    Ok(match well {
        false => Verdict::Refuses,
        true if text.contains("warning") => Verdict::Warns,
        true => Verdict::Fine,
    })
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(bool, String), String> {
    let output = Command::new("timeout")
        .args(["60", program])
        .args(arguments)
        .env("PATH", tool::path())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), text))
}
