//! A zone of BIND's, with its journal.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use config::{Quoted, ZoneFile};
use zone::bind::{is_raw, read_raw, roll_forward};
use zone::records::Records;

use super::Made;

/// Reads it.
///
/// # Errors
/// A file cannot be read, has mistakes, or the two do not belong together.
pub(super) fn read(file: &ZoneFile, journal: Option<&Path>) -> anyhow::Result<Made> {
    let records = contents(file)?;
    let mut beside = OsString::from(&file.path);
    beside.push(".jnl");
    let beside = PathBuf::from(beside);
    let path = journal.unwrap_or(&beside);
    let shown = path.to_string_lossy();
    let shown = Quoted(&shown);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && journal.is_none() => {
            let remarks = vec![format!(
                "there is no journal {shown}: the file is all there is"
            )];
            return Ok(Made { records, remarks });
        }
        Err(error) => return Err(error).with_context(|| format!("read journal {shown}")),
    };
    let rolled = roll_forward(&records, &bytes).with_context(|| format!("journal {shown}"))?;
    let count = rolled.transactions;
    let serial = rolled.serial.0;
    let mut remarks = vec![format!(
        "journal {shown}: {count} changes beyond the file, to serial {serial}"
    )];
    if rolled.missing > 0 {
        remarks.push(format!(
            "warning: {} records that it removes were not there: is it the journal of this file?",
            rolled.missing
        ));
    }
    Ok(Made {
        records: rolled.records,
        remarks,
    })
}

fn contents(file: &ZoneFile) -> anyhow::Result<Records> {
    let shown = file.path.to_string_lossy();
    let shown = Quoted(&shown);
    let bytes = std::fs::read(&file.path).with_context(|| format!("read zone file {shown}"))?;
    if is_raw(&bytes) {
        return read_raw(&file.origin, &bytes).with_context(|| format!("raw zone file {shown}"));
    }
    let loaded = zone::file::load(&file.path, &file.origin);
    let report = loaded.report.render(false);
    let wrong = || anyhow!("zone file {shown} has mistakes\n{report}");
    loaded.records.ok_or_else(wrong)
}
