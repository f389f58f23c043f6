//! What can be said to the program, and the programs that it measures.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use benches::program;
use clap::Parser;
use cluster_peers::Parts;

/// Measures the sync engine beside external-dns: object → answer, memory, processor time.
#[derive(Clone, Debug, Parser)]
#[command(name = "kubernetes")]
pub(crate) struct CommandLine {
    /// Services in the real API server (5000,20000; quick 500)
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    cluster: Vec<u32>,
    /// Services in the stand-in (100000; quick 5000)
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    stand_in: Vec<u32>,
    /// Changes whose way to the answer is timed (300, quick 50)
    #[arg(long, value_name = "N")]
    changes: Option<usize>,
    /// How long nothing happens while idle time is taken, in seconds (30, quick 5)
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Few Services, few changes
    #[arg(long)]
    quick: bool,
    /// Only with the real API server
    #[arg(long)]
    pub(crate) cluster_only: bool,
    /// Only with the stand-in
    #[arg(long, conflicts_with = "cluster_only")]
    pub(crate) stand_in_only: bool,
    /// Only our program
    #[arg(long)]
    pub(crate) ours_only: bool,
    /// Write the tables to this file too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Our binary; without it, it is built first
    #[arg(long, value_name = "FILE")]
    zonewright: Option<PathBuf>,
}

/// The programs that take part.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) ours: PathBuf,
    pub(crate) stand_in: PathBuf,
    pub(crate) parts: Parts,
}

impl CommandLine {
    pub(crate) fn cluster(&self) -> Vec<u32> {
        sizes(
            &self.cluster,
            if self.quick { &[500] } else { &[5000, 20_000] },
        )
    }

    pub(crate) fn stand_in(&self) -> Vec<u32> {
        sizes(
            &self.stand_in,
            if self.quick { &[5000] } else { &[100_000] },
        )
    }

    /// How many changes are timed to the answer.
    pub(crate) fn changes(&self) -> usize {
        let usual = if self.quick { 50 } else { 300 };
        self.changes.unwrap_or(usual).max(1)
    }

    /// How many are timed with external-dns, which takes seconds for each.
    pub(crate) fn slow_changes(&self) -> usize {
        if self.quick { 2 } else { 8 }
    }

    pub(crate) fn idle(&self) -> u64 {
        self.idle.unwrap_or(if self.quick { 5 } else { 30 }).max(1)
    }

    /// Our programs, built as they ship, and the parts of a cluster.
    pub(crate) fn programs(&self) -> anyhow::Result<Programs> {
        // Under cargo the programs are brought up to date, so that no old one is measured.
        if let Some(cargo) = std::env::var_os("CARGO") {
            let mut command = Command::new(cargo);
            command.args(["build", "--release", "--package", "apiserver"]);
            if self.zonewright.is_none() {
                command.args(["--package", "zonewright"]);
            }
            let status = command.status().context("build the programs")?;
            ensure!(status.success(), "the programs do not build");
        }
        let ours = match &self.zonewright {
            Some(path) => path.clone(),
            None => program("zonewright")?,
        };
        let parts = Parts::find();
        if !self.stand_in_only {
            let missing = parts.missing();
            ensure!(
                missing.is_empty(),
                "{} not found; `.ci/kube` builds the parts of a cluster",
                missing.join(", ")
            );
        }
        Ok(Programs {
            ours,
            stand_in: program("apiserver")?,
            parts,
        })
    }
}

fn sizes(given: &[u32], usual: &[u32]) -> Vec<u32> {
    if given.is_empty() { usual } else { given }.to_vec()
}
