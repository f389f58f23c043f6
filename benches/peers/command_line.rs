//! What can be said to the program.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use benches::program;
use clap::Parser;

use crate::contestant::Contestant;

/// Measures our server beside others: processor time of an answer, rate, memory, load time.
#[derive(Clone, Debug, Parser)]
#[command(name = "peers")]
pub(crate) struct CommandLine {
    /// Sizes of the zones, in names
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub(crate) names: Vec<usize>,
    /// How often everything is measured (3, quick 1)
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<usize>,
    /// How long each load lasts (1.7, quick 1.5)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<f64>,
    /// Queries a second offered to all
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) rate: u32,
    /// How many clients stand for many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) clients: usize,
    /// Who is measured
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) servers: Vec<Contestant>,
    /// One zone size, one round, fewer loads
    #[arg(long)]
    pub(crate) quick: bool,
    /// All loads at all sizes, without regard to time
    #[arg(long, conflicts_with = "quick")]
    pub(crate) all: bool,
    /// Only loading: a million records, five million, a thousand zones
    #[arg(long, conflicts_with_all = ["quick", "all"])]
    pub(crate) load: bool,
    /// Write the tables to this file too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Our binary; without it, it is built first
    #[arg(long, value_name = "FILE")]
    pub(crate) zonewright: Option<PathBuf>,
}

impl CommandLine {
    /// The contestants that were asked for, ours first.
    pub(crate) fn contestants(&self) -> Vec<Contestant> {
        let all = Contestant::ALL.into_iter();
        all.filter(|one| self.servers.is_empty() || self.servers.contains(one))
            .collect()
    }

    pub(crate) fn rounds(&self) -> usize {
        let usual = if self.quick || self.load { 1 } else { 3 };
        self.rounds.unwrap_or(usual).max(1)
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 1.5 } else { 1.7 })
    }

    /// The sizes of the zones.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        match (self.names.as_slice(), self.quick) {
            ([], true) => vec![MAIN_SIZE],
            ([], false) => vec![10_000, MAIN_SIZE, 1_000_000],
            (sizes, _) => sizes.to_vec(),
        }
    }

    /// Our binary, built as it ships.
    pub(crate) fn ours(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.zonewright {
            return Ok(path.clone());
        }
        // Under cargo the binary is brought up to date, so that no old one is measured.
        if let Some(cargo) = std::env::var_os("CARGO") {
            let status = Command::new(cargo)
                .args(["build", "--release", "--package", "zonewright"])
                .status()
                .context("build the binary")?;
            ensure!(status.success(), "the binary does not build");
        }
        program("zonewright")
    }
}

/// The size of the zone that the kinds of questions are compared at.
pub(crate) const MAIN_SIZE: usize = 100_000;
