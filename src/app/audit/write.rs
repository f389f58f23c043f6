//! Where lines of the audit log go.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use config::{AuditLog, Quoted};

use crate::app::telemetry;

/// A place for lines.
#[derive(Debug)]
pub(super) struct Output {
    /// Standard output without one.
    path: Option<PathBuf>,
    /// Whether the last write went wrong.
    failing: bool,
}

impl Output {
    /// Makes sure that lines can be written.
    pub(super) fn open(to: &AuditLog) -> anyhow::Result<Self> {
        let path = match to {
            AuditLog::File(path) => Some(path.clone()),
            AuditLog::Output => None,
        };
        if let Some(path) = &path {
            let shown = path.to_string_lossy();
            append(path).with_context(|| format!("--audit-log: open {}", Quoted(&shown)))?;
        }
        Ok(Self {
            path,
            failing: false,
        })
    }

    /// Writes whole lines. What cannot be written is lost, and that is said.
    pub(super) fn write(&mut self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        let written = match &self.path {
            None => telemetry::print(lines.as_bytes()),
            // Opened each time: a file that was moved away is left to whoever did that.
            Some(path) => append(path).and_then(|mut file| file.write_all(lines.as_bytes())),
        };
        let failed = std::mem::replace(&mut self.failing, written.is_err());
        match written {
            Ok(()) if failed => tracing::info!("the audit log is written again"),
            Ok(()) => {}
            Err(error) => {
                let lost = lines.lines().count();
                tracing::error!(%error, lost, "lines of the audit log cannot be written");
            }
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // It tells what is in zones that not everybody may transfer.
    options.append(true).create(true).mode(0o640).open(path)
}
