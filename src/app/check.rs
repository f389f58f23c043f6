//! `zonewright check`: every mistake in zone files, manifests and settings, on standard output.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use config::{Check, Config, Environment, Objects, Problems, Quoted, ZoneFile, parse_file};
use source::manifest;
use source::object::{Kind, Trim};
use wire::{Name, NameRef};

use super::certificates::Certificates;
use super::checked::{check_zones, strangers};
use super::tally::Totals;
use super::zones::{list, scan};
use super::{sync, telemetry};

/// Checks what was asked for; fails if anything has an error.
pub(super) fn run(check: Check, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let plain = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = std::io::stdout().is_terminal() && !plain;
    let mut work = Work::default();
    if let Some(config) = check.config {
        work.add_settings("settings", config.map(|config| *config));
    }
    for target in &check.targets {
        work.add(target);
    }
    let mut totals = Totals {
        errors: work.problems.len(),
        warnings: work.remarks.len(),
    };
    let mut out = std::io::stdout().lock();
    for problem in &work.problems {
        writeln!(out, "error: {problem}")?;
    }
    for remark in &work.remarks {
        writeln!(out, "warning: {remark}")?;
    }
    for line in &work.good {
        writeln!(out, "{line}")?;
    }
    let results = check_zones(&work.zones, color);
    for result in &results {
        out.write_all(result.text.as_bytes())?;
        totals.errors += result.errors;
        totals.warnings += result.warnings;
    }
    for problem in strangers(&work.zones, &results) {
        writeln!(out, "error: {problem}")?;
        totals.errors += 1;
    }
    if !work.manifests.is_empty() {
        let loaded = manifest::read(&work.manifests, Kind::ALL, &Trim::default());
        out.write_all(loaded.report.render_all(color).as_bytes())?;
        totals.errors += loaded.report.errors();
        totals.warnings += loaded.report.warnings();
        let (objects, files) = (loaded.objects.len(), loaded.files);
        writeln!(out, "manifests: {objects} objects in {files} files")?;
    }
    writeln!(out, "{}", totals.sentence(work.zones.len()))?;
    out.flush()?;
    Ok(match totals.errors {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// What there is to check.
#[derive(Debug, Default)]
struct Work {
    zones: Vec<ZoneFile>,
    /// Files and folders of Kubernetes objects.
    manifests: Vec<PathBuf>,
    problems: Vec<String>,
    /// What is right, but maybe not what was meant.
    remarks: Vec<String>,
    /// What was found to be well already.
    good: Vec<String>,
}

impl Work {
    /// Adds a word of the command line: `[ORIGIN=]PATH`, a folder, a settings file.
    fn add(&mut self, target: &str) {
        let path = Path::new(target);
        if path.is_dir() {
            return self.add_folder(path);
        }
        if path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml")
        {
            if is_manifest(path) {
                return self.manifests.push(path.to_owned());
            }
            return self.add_settings(target, parse_file(target));
        }
        let file = match target.split_once('=') {
            Some((origin, path)) if !Path::new(target).exists() => {
                match Name::from_text(origin.as_bytes(), Some(NameRef::ROOT)) {
                    Ok(origin) => Some(ZoneFile {
                        origin,
                        path: path.into(),
                    }),
                    Err(error) => {
                        let origin = Quoted(origin);
                        self.problems
                            .push(format!("{origin} is not the name of a zone: {error}"));
                        return;
                    }
                }
            }
            _ => ZoneFile::from_path(path.to_owned()),
        };
        match file {
            Some(file) => self.zones.push(file),
            None => self.problems.push(format!(
                "file {} is not named after a zone\n  hint: write example.org={target}, with the \
                 zone's own name",
                Quoted(target)
            )),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let shown = folder.to_string_lossy();
        match list(folder) {
            Ok(paths) if paths.is_empty() && has_manifests(folder) => {
                self.manifests.push(folder.to_owned());
            }
            Ok(paths) if paths.is_empty() => {
                self.problems.push(format!(
                    "no zone files in folder {}\n  hint: zone files are named after their zones, \
                     such as example.org.zone",
                    Quoted(&shown)
                ));
            }
            Ok(paths) => paths
                .iter()
                .for_each(|path| self.add(&path.to_string_lossy())),
            Err(error) => {
                self.problems.push(format!(
                    "folder {} cannot be listed: {error}",
                    Quoted(&shown)
                ));
            }
        }
    }

    fn add_settings(&mut self, name: &str, config: Result<Config, Problems>) {
        match config {
            Ok(config) => {
                if let Some(sync) = &config.sync {
                    if let Err(error) = sync::source_rules(&sync.rules) {
                        self.problems.push(telemetry::chain(error.as_ref()));
                    }
                    if let Objects::Manifests(paths) = &sync.objects {
                        self.manifests.extend_from_slice(paths);
                    }
                }
                if let Some(mut certificates) = Certificates::new(&config)
                    && let Err(error) = certificates.load()
                {
                    self.problems.push(telemetry::chain(error.as_ref()));
                }
                self.remarks
                    .extend(config.warnings.iter().map(ToString::to_string));
                let scan = scan(&config.zones);
                if scan.problems.is_empty() {
                    self.good.push(format!("{name}: no errors"));
                }
                self.problems.extend(scan.problems);
                self.remarks.extend(scan.remarks);
                let zones = scan.zones.into_iter();
                self.zones.extend(zones.map(|(origin, found)| ZoneFile {
                    origin,
                    path: found.path,
                }));
            }
            Err(problems) => self
                .problems
                .extend(problems.0.iter().map(ToString::to_string)),
        }
    }
}

/// Whether a file of YAML holds Kubernetes objects, rather than settings.
fn is_manifest(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().any(|line| line.starts_with("apiVersion:"))
}

fn has_manifests(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.any(|path| {
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        is_yaml && is_manifest(&path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_settings_and_named_files_are_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_string_lossy().into_owned();
        for name in ["b.example.zone", "a.example.zone", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        let settings = format!("{root}/settings.yaml");
        std::fs::write(&settings, "version: 1\nzones:\n- file: c.example.zone\n").unwrap();
        let mut work = Work::default();
        for target in [
            root.clone(),
            format!("{root}/empty"),
            format!("example.net={root}/notes.txt"),
            settings,
            "a..b".to_owned(),
            "a..b=x".to_owned(),
            format!("{root}/missing.yaml"),
        ] {
            work.add(&target);
        }
        let zones = work
            .zones
            .iter()
            .map(|zone| format!("{} {}", zone.origin, zone.path.display()));
        let lines: Vec<String> = zones.chain(work.good).chain(work.problems).collect();
        insta::assert_snapshot!(lines.join("\n").replace(&root, "ROOT"), @r#"
        a.example. ROOT/a.example.zone
        b.example. ROOT/b.example.zone
        example.net. ROOT/notes.txt
        c.example. ROOT/c.example.zone
        ROOT/settings.yaml: no errors
        no zone files in folder "ROOT/empty"
          hint: zone files are named after their zones, such as example.org.zone
        file "a..b" is not named after a zone
          hint: write example.org=a..b, with the zone's own name
        "a..b" is not the name of a zone: empty label (two dots in a row, or a dot at the front)
        --config: read file "ROOT/missing.yaml": No such file or directory (os error 2)
        "#);
    }
}
