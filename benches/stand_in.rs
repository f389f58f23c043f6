//! The stand-in for the API server, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// A stand-in with Services, which ends with this value.
#[derive(Debug)]
pub struct StandIn {
    child: Child,
    input: Option<ChildStdin>,
    folder: TempDir,
}

impl StandIn {
    /// Starts the program with so many Services.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path, count: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg(count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the stand-in")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("read from the stand-in")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("read from the stand-in")?;
        ensure!(line.starts_with("http"), "the stand-in does not start");
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let server = Self {
            child,
            input,
            folder,
        };
        let text = apiserver::kubeconfig(line.trim());
        std::fs::write(server.kubeconfig(), text).context("write the kubeconfig")?;
        Ok(server)
    }

    /// How clients get to it.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.wait());
    }
}
