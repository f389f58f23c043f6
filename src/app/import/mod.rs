//! `zonewright import`: zone files from what other servers have.
//!
//! ```text
//! BIND: file (text, raw) + journal → zone/bind ─┐
//! etcd: keys (provider/etcd, or a dump) → skydns ┴→ records → check → a zone file, or control → a running
//!                                                                     server; remarks to standard error
//! ```

mod bind;
mod etcd;
mod skydns;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use config::{Environment, Import, ImportFrom, Quoted};
use zone::records::Records;

use super::{control, telemetry};

/// What was made, and what there is to say about it.
struct Made {
    records: Records,
    remarks: Vec<String>,
}

/// Makes a zone file. Exit code 1 if it has mistakes, which are told; it is written all the same.
///
/// # Errors
/// What it is made of cannot be read, the file not be written, or the running server says no.
pub(super) fn run(import: Import, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let made = match &import.from {
        ImportFrom::Bind { file, journal } => bind::read(file, journal.as_deref())?,
        ImportFrom::Skydns(asked) => {
            let pairs = etcd::read(asked, environment)?;
            let now = super::clock::now().unix_seconds();
            let serial = u32::try_from(now).unwrap_or(u32::MAX);
            skydns::make(asked, &pairs, serial)
        }
    };
    let apex = made.records.apex();
    let mut text = String::new();
    zone::file::print(apex.as_ref(), made.records.iter(), &mut text)?;
    match &import.output {
        _ if import.apply.is_some() => {}
        None => telemetry::print(text.as_bytes())?,
        Some(path) => write(path, text.as_bytes())?,
    }
    for remark in &made.remarks {
        telemetry::say(&format!("{remark}\n"));
    }
    let name = import
        .output
        .as_deref()
        .unwrap_or_else(|| Path::new("output"));
    let checked = zone::file::parse_str(text.as_bytes(), &name.to_string_lossy(), apex);
    telemetry::say(&checked.report.render(false));
    let count = made.records.len();
    let said = match import.apply {
        // What has mistakes as a whole is given to nobody.
        Some(_) if checked.records.is_none() => String::new(),
        Some(setting) => control::import(&setting?, &made.records, environment)?,
        None => format!("zone \"{apex}\": {count} records\n"),
    };
    telemetry::say(&said);
    Ok(match checked.records {
        Some(_) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    })
}

/// Writes a new file: one that is there may be what somebody works with.
fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let shown = path.to_string_lossy();
    let shown = Quoted(&shown);
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            anyhow!("file {shown} is there already\n  hint: name a new file")
        }
        _ => anyhow::Error::new(error).context(format!("make file {shown}")),
    })?;
    file.write_all(text)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("write zone to {shown}"))
}

#[cfg(test)]
mod tests;
