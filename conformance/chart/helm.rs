//! Helm, as users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cluster_peers::Parts;
use tempfile::TempDir;

use crate::files::chart;

/// The program, with a home of its own.
#[derive(Debug)]
pub(crate) struct Helm {
    program: PathBuf,
    home: TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Helm {
    /// Looks for the one that `.ci/kube` made, and in `PATH`.
    pub(crate) fn find() -> Option<Self> {
        Some(Self {
            program: Parts::find().helm?,
            home: tempfile::tempdir().ok()?,
        })
    }

    /// Runs it with these arguments.
    pub(crate) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Run, String> {
        let mut command = Command::new(&self.program);
        command.args(arguments.iter().map(AsRef::as_ref));
        command.env_clear().env("HOME", self.home.path());
        command.env("XDG_CACHE_HOME", self.home.path().join("cache"));
        command.env("XDG_CONFIG_HOME", self.home.path().join("config"));
        command.env("XDG_DATA_HOME", self.home.path().join("data"));
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("run helm: {error}"))?;
        Ok(Run {
            good: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The objects of the chart with a values file and further arguments, as text.
    pub(crate) fn template(&self, values: &Path, more: &[&str]) -> Result<String, String> {
        let (chart, values) = (chart(), values.display().to_string());
        let chart = chart.display().to_string();
        let mut arguments = vec!["template", RELEASE, &chart, "--namespace", NAMESPACE];
        arguments.extend(["--kube-version", KUBE, "--values", &values]);
        arguments.extend(more);
        let run = self.run(&arguments)?;
        match run.good {
            true => Ok(run.out),
            false => Err(format!("helm template --values {values}: {}", run.err)),
        }
    }
}

/// The release in all trials.
pub(crate) const RELEASE: &str = "names";
/// Its namespace.
pub(crate) const NAMESPACE: &str = "dns";
/// The version of Kubernetes that is rendered for, whatever Helm was built with.
const KUBE: &str = "1.36.0";
