//! The README's way from external-dns to us and back, followed to the letter on a live zone.
//!
//! Its shell blocks are run as they stand: `zonewright` is the program on trial, `kubectl` does
//! nothing, and `external-dns` is the real one in the modes that have it. The zone is what external-dns
//! wrote, now or when it was put on record (`moving/zone.json`); none of the steps may change it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::causes::chain;
use crate::cluster::Cluster;
use crate::object::Object;
use crate::process::{last_lines, run};
use crate::recorder::{Endpoint, Recorder};

use super::case::parse;
use super::play::OURS;

/// The programs that the blocks call; without theirs, its steps are left out.
pub(super) struct Programs<'a> {
    pub(super) ours: Option<&'a Path>,
    pub(super) theirs: Option<&'a Path>,
    /// Whether the zone is put on record.
    pub(super) records: bool,
}

/// Moves there and back.
pub(super) fn moving(
    folder: &Path,
    programs: &Programs<'_>,
    cluster: &Cluster,
) -> Result<(), String> {
    let moved = moving_in(folder, programs, cluster);
    let reset = cluster.reset().map_err(|error| chain(&error));
    moved.and(reset)
}

fn moving_in(folder: &Path, programs: &Programs<'_>, cluster: &Cluster) -> Result<(), String> {
    let readme = folder.join("../../README.md");
    let readme = fs::read_to_string(&readme).map_err(|why| format!("README.md: {why}"))?;
    let [flags, there, back] = blocks(&readme)?;
    let values: Vec<Value> = parse(&folder.join("moving/objects.yaml"))?;
    let objects: Result<Vec<Object>, _> = values.into_iter().map(Object::new).collect();
    let objects = objects.map_err(|error| error.to_string())?;
    cluster.create(&objects).map_err(|error| chain(&error))?;
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let stage = Stage::new(programs, cluster, &recorder)?;

    let kept = folder.join("moving/zone.json");
    if programs.theirs.is_some() {
        stage.run(&format!("{flags}\nexternal-dns --once $flags"))?;
        drop(recorder.take_applied());
        if programs.records {
            let text = serde_json::to_string_pretty(&zone(&recorder));
            let text = text.map_err(|error| error.to_string())?;
            return fs::write(&kept, text + "\n").map_err(|error| error.to_string());
        }
    }
    if programs.theirs.is_none() {
        let known = fs::read(&kept).map_err(|why| format!("{}: {why}", kept.display()))?;
        let known: Vec<Endpoint> =
            serde_json::from_slice(&known).map_err(|error| error.to_string())?;
        recorder.put(known);
    }
    if programs.ours.is_none() {
        return Ok(());
    }
    let said = stage.run(&format!("{flags}\n{there}"))?;
    if !said.contains("webhook: 0 to create, 0 to update, 0 to delete") {
        return Err(format!("the plan is not empty:\n{}", last_lines(&said, 20)));
    }
    unchanged(&recorder, "taken over", &said)?;
    let said = stage.run(&format!("{flags}\n{back}"))?;
    unchanged(&recorder, "handed back", &said)?;

    // Ours by then: what we change in between is theirs again without another change.
    let changed: Vec<Value> = parse(&folder.join("moving/changed.yaml"))?;
    let changed: Result<Vec<Object>, _> = changed.into_iter().map(Object::new).collect();
    let changed = changed.map_err(|error| error.to_string())?;
    let patched = cluster.api().patch(&changed);
    patched.map_err(|error| chain(&error))?;
    let said = stage.run(&format!("{flags}\nzonewright --once $flags"))?;
    if recorder.take_applied().is_empty() {
        return Err(format!("no change was made:\n{}", last_lines(&said, 20)));
    }
    let said = stage.run(&format!("{flags}\n{back}"))?;
    unchanged(&recorder, "handed back after a change", &said)
}

fn zone(recorder: &Recorder) -> Vec<Endpoint> {
    let records = recorder.records().into_iter().map(Endpoint::canonical);
    let mut records: Vec<Endpoint> = records.collect();
    records.sort();
    records
}

fn unchanged(recorder: &Recorder, when: &str, said: &str) -> Result<(), String> {
    let applied = recorder.take_applied();
    if applied.is_empty() {
        return Ok(());
    }
    let changes = applied.into_iter().map(|applied| applied.changes);
    let changes: Vec<_> = changes.collect();
    let said = last_lines(said, 12);
    Err(format!(
        "changes when it was {when}: {changes:?}\nthe log ends:\n{said}"
    ))
}

/// The three shell blocks of the README's section.
fn blocks(readme: &str) -> Result<[String; 3], String> {
    let missing = || format!("README.md: no section \"{SECTION}\" with three blocks of commands");
    let (_, section) = readme.split_once(SECTION).ok_or_else(missing)?;
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let blocks = section.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("```"));
    let blocks: Vec<String> = blocks.map(|(block, _)| block.to_owned()).collect();
    blocks.try_into().map_err(|_| missing())
}

/// Where commands are run.
struct Stage {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Stage {
    fn new(
        programs: &Programs<'_>,
        cluster: &Cluster,
        recorder: &Recorder,
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let place = |name: &str, program: Option<&Path>| {
            let path = folder.path().join(name);
            match program {
                Some(program) => {
                    let program = std::path::absolute(program)?;
                    symlink(program, path)
                }
                None => {
                    fs::write(&path, "#!/bin/sh\n")?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                }
            }
        };
        let placed = place("zonewright", programs.ours)
            .and_then(|()| place("external-dns", programs.theirs))
            .and_then(|()| place("kubectl", None));
        placed.map_err(|error| error.to_string())?;
        let mut paths = vec![folder.path().to_owned()];
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        paths.extend(std::env::split_paths(&inherited));
        let paths = std::env::join_paths(paths).map_err(|error| error.to_string())?;
        let settings = [
            ("PATH", paths.to_string_lossy().into_owned()),
            (
                "EXTERNAL_DNS_KUBECONFIG",
                cluster.kubeconfig().display().to_string(),
            ),
            ("EXTERNAL_DNS_WEBHOOK_PROVIDER_URL", recorder.url()),
            ("EXTERNAL_DNS_METRICS_ADDRESS", "127.0.0.1:0".to_owned()),
        ];
        let ours = OURS.map(|(name, value)| (name, value.to_owned()));
        let environment = settings.into_iter().chain(ours);
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        Ok(Self {
            environment: environment.collect(),
            folder,
        })
    }

    /// Runs commands up to the first that fails; gives what they said.
    fn run(&self, script: &str) -> Result<String, String> {
        let shell = PathBuf::from("/bin/sh");
        let arguments = ["-euxc", script].map(str::to_owned);
        let folder = tempfile::tempdir_in(self.folder.path()).map_err(|error| error.to_string())?;
        let exit = run(
            &shell,
            &arguments,
            &self.environment,
            folder.path(),
            RUN_WAIT,
        );
        let exit = exit.map_err(|error| error.to_string())?;
        match exit.code {
            Some(0) => Ok(exit.log),
            code => Err(format!(
                "the commands end with {code:?}:\n{}",
                last_lines(&exit.log, 20)
            )),
        }
    }
}

const SECTION: &str = "## Moving from external-dns";
const RUN_WAIT: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn blocks_are_those_of_the_section() {
        let text = "# A\n```sh\nno\n```\n## Moving from external-dns\n```sh\na\n```\nx\n```sh\nb\nc\n```\n```yaml\ny\n```\n```sh\nd\n```\n## B\n```sh\nno\n```\n";
        assert_eq!(blocks(text).unwrap(), ["a\n", "b\nc\n", "d\n"]);
        assert!(blocks("# A\n").is_err());
    }
}
