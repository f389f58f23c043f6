//! A program that runs, and questions to it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use benches::{ask, question};
use tempfile::TempDir;
use wire::{Name, NameRef};

/// Memory of one process or several, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// With the pages of files, which the system keeps for all who run the same program.
    pub(crate) resident: u64,
    /// What nobody shares.
    pub(crate) own: u64,
}

/// A running program. It ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    folder: TempDir,
}

impl Process {
    /// Starts a program in a folder of its own, with these variables and no others.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let log = File::create(folder.path().join("log")).context("write the log")?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("write the log")?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        Ok(Self { child, folder })
    }

    /// What it has resident, in bytes: all of it, and without the pages of files.
    pub(crate) fn memory(&self) -> Memory {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let text = text.unwrap_or_default();
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kib.unwrap_or(0) * 1024
        };
        Memory {
            resident: bytes("VmRSS:"),
            own: bytes("RssAnon:"),
        }
    }

    /// The end of what it said.
    pub(crate) fn said(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(10);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether there is an address for a name.
pub(crate) fn answered(server: SocketAddr, name: &str) -> bool {
    let Ok(name) = Name::from_text(name.as_bytes(), Some(NameRef::ROOT)) else {
        return false;
    };
    let question = question(name.as_ref(), false);
    let reply = ask(server, &question, Duration::from_millis(500));
    reply.is_ok_and(|reply| reply.fits(benches::Mix::Positive))
}

/// An address of this machine that nobody listens at.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let port = peers::free_port(Ipv4Addr::LOCALHOST.into()).context("find a free port")?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}
