//! One trial a case, in one of three modes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use peers::attempt;

use crate::causes::chain;
use crate::cluster::Cluster;
use crate::parts::Parts;
use crate::process::last_lines;

use super::case::{Case, read_all};
use super::compare::{Difference, judge, read, unused};
use super::moving::{Programs, moving};
use super::outcome::{difference, expected, keys, record};
use super::play::play;
use super::pool::Pool;
use super::random;

/// What trials do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Compare our program with what is on record.
    Golden,
    /// The same, and prove the record by running external-dns.
    Live,
    /// Run external-dns alone and put on record what it does.
    Record,
}

impl Mode {
    /// What `CONFORMANCE_EXTERNALDNS` says: `record`, `live` or nothing.
    #[must_use]
    pub fn from_env() -> Self {
        match std::env::var("CONFORMANCE_EXTERNALDNS").as_deref() {
            Ok("record") => Self::Record,
            Ok("live") => Self::Live,
            _ => Self::Golden,
        }
    }
}

/// Everything a trial needs.
struct Setting {
    mode: Mode,
    ours: Option<PathBuf>,
    theirs: Option<PathBuf>,
    differences: Vec<Difference>,
    pool: Pool,
}

/// All trials of `conformance/externaldns` for this program of ours, in the mode of the environment.
/// An empty path leaves ours out. Trials are ignored where a part they need is not there.
#[must_use]
pub fn trials(binary: &Path) -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../externaldns");
    let ours = (!binary.as_os_str().is_empty()).then(|| binary.to_owned());
    trials_in(&folder, ours, Mode::from_env())
}

/// The same for a folder of cases. Mistakes in the folder are a trial that fails.
#[must_use]
pub fn trials_in(folder: &Path, ours: Option<PathBuf>, mode: Mode) -> Vec<Trial> {
    let broken = |why: String| vec![Trial::test("externaldns", move || Err(Failed::from(why)))];
    let read_both = || Ok::<_, String>((read_all(folder)?, read(folder)?));
    let (cases, differences) = match read_both() {
        Ok(both) => both,
        Err(why) => return broken(why),
    };
    let stale = unused(&differences, &cases);
    if !stale.is_empty() {
        return broken(format!(
            "differences.yaml names no case: {}",
            stale.join(", ")
        ));
    }
    if let Err(why) = check_records(&cases, mode) {
        return broken(why);
    }
    let parts = Parts::find();
    let theirs = parts.external_dns.clone().filter(|_| mode != Mode::Golden);
    let ours = ours.filter(|_| mode != Mode::Record);
    let ignored = !parts.missing().is_empty()
        || (mode != Mode::Golden && theirs.is_none())
        || (mode == Mode::Golden && ours.is_none());
    let crds = folder.join("crds");
    let setting = Arc::new(Setting {
        mode,
        ours,
        theirs,
        differences,
        pool: Pool::new(move || start(&parts, &crds)),
    });
    let trial = |case: Case| {
        let setting = Arc::clone(&setting);
        let check = move || attempt(&case.name, || run(&setting, &case)).map_err(Failed::from);
        (check, ignored)
    };
    let seeds = match mode {
        Mode::Live => seeds(),
        Mode::Golden | Mode::Record => 0..0,
    };
    let cases = cases.into_iter().chain(seeds.map(random::case));
    let named = cases.map(|case| (format!("externaldns/{}", case.name), case));
    let made = named.map(|(name, case)| {
        let (check, ignored) = trial(case);
        Trial::test(name, check).with_ignored_flag(ignored)
    });
    let readme = {
        let (setting, folder) = (Arc::clone(&setting), folder.to_owned());
        let name = "externaldns/moving";
        let check =
            move || attempt(name, || move_there_and_back(&setting, &folder)).map_err(Failed::from);
        Trial::test(name, check).with_ignored_flag(ignored)
    };
    made.chain([readme]).collect()
}

fn move_there_and_back(setting: &Setting, folder: &Path) -> Result<(), String> {
    let programs = Programs {
        ours: setting.ours.as_deref(),
        theirs: setting.theirs.as_deref(),
        records: setting.mode == Mode::Record,
    };
    setting
        .pool
        .with(|cluster| moving(folder, &programs, cluster))
}

/// Starts a cluster that knows the cases' own kinds too.
fn start(parts: &Parts, crds: &Path) -> Result<Cluster, String> {
    let cluster = Cluster::start(parts).map_err(|error| chain(&error))?;
    cluster.define(crds).map_err(|error| chain(&error))?;
    Ok(cluster)
}

fn run(setting: &Setting, case: &Case) -> Result<(), String> {
    setting
        .pool
        .with(|cluster| match (setting.mode, &setting.theirs) {
            (Mode::Record, Some(program)) => {
                let mut outcomes = Vec::new();
                for _ in 0..if case.either { REPEATS } else { 1 } {
                    let outcome = play(program, cluster, case)?.outcome;
                    if !outcomes.contains(&outcome) {
                        outcomes.push(outcome);
                    }
                }
                record(&case.expected, &case.key, outcomes)
            }
            _ => compare(setting, cluster, case),
        })
}

fn compare(setting: &Setting, cluster: &Cluster, case: &Case) -> Result<(), String> {
    if let (Some(theirs), true) = (&setting.theirs, case.expected.as_os_str().is_empty()) {
        return compare_random(setting, theirs, cluster, case);
    }
    let known = expected(&case.expected, &case.key)?;
    let known = known.ok_or("no outcome on record")?;
    if let Some(program) = &setting.theirs {
        let played = play(program, cluster, case)?;
        if !known.contains(&played.outcome) {
            let nearest = known.first().map(Vec::as_slice).unwrap_or_default();
            let text = difference(nearest, &played.outcome);
            let log = said(&played.log);
            return Err(format!(
                "external-dns does other things than on record:\n{text}\n{log}"
            ));
        }
    }
    let Some(program) = &setting.ours else {
        return Ok(());
    };
    let played = play(program, cluster, case)?;
    let verdict = judge(&setting.differences, case, &known, &played.outcome);
    verdict.map_err(|text| format!("{text}\n{}", said(&played.log)))
}

/// A case without a record: both play it, external-dns again while it may be chance that differs.
fn compare_random(
    setting: &Setting,
    theirs: &Path,
    cluster: &Cluster,
    case: &Case,
) -> Result<(), String> {
    let first = play(theirs, cluster, case)?.outcome;
    let Some(program) = &setting.ours else {
        return Ok(());
    };
    let ours = play(program, cluster, case)?;
    let mut known = vec![first];
    for _ in 0..REPEATS {
        if known.contains(&ours.outcome) {
            return Ok(());
        }
        known.push(play(theirs, cluster, case)?.outcome);
    }
    let nearest = known.first().map(Vec::as_slice).unwrap_or_default();
    let flags: Vec<&Vec<String>> = case.steps.iter().map(|step| &step.flags).collect();
    let text = difference(nearest, &ours.outcome);
    Err(format!("{flags:?}\n{text}\n{}", said(&ours.log)))
}

/// Which random cases there are.
fn seeds() -> Range<u64> {
    let given = std::env::var("CONFORMANCE_SEEDS").unwrap_or_default();
    let parsed = given.split_once("..").and_then(|(from, to)| {
        let range: Range<u64> = from.parse().ok()?..to.parse().ok()?;
        Some(range)
    });
    parsed.unwrap_or(SEEDS)
}

/// The end of a log, for messages.
fn said(log: &str) -> String {
    let short = |line: &str| line.chars().take(LINE).collect::<String>();
    let lines: Vec<String> = last_lines(log, 12).lines().map(short).collect();
    format!("the log ends:\n{}", lines.join("\n"))
}

/// Every outcome on record belongs to a case, except while they are written.
fn check_records(cases: &[Case], mode: Mode) -> Result<(), String> {
    if mode == Mode::Record {
        return Ok(());
    }
    let mut known: BTreeMap<&Path, BTreeSet<&str>> = BTreeMap::new();
    for case in cases {
        known.entry(&case.expected).or_default().insert(&case.key);
    }
    for (file, names) in known {
        let recorded = keys(file)?;
        if let Some(dead) = recorded.iter().find(|key| !names.contains(key.as_str())) {
            return Err(format!("{}: no case is named {dead}", file.display()));
        }
    }
    Ok(())
}

/// How often a case that is left to chance is played for the record: of three outcomes that are as
/// likely, one is missed once in a thousand records.
const REPEATS: usize = 20;
/// Random cases when nobody asks for others.
const SEEDS: Range<u64> = 0..20;
/// external-dns logs all its settings in one line.
const LINE: usize = 240;
