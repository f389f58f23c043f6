//! What a program asked the webhook for, and how outcomes are kept and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::recorder::{Changes, Endpoint};

/// One run of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Whether it ended with 0.
    pub(crate) succeeded: bool,
    /// All changes it asked for; none if it asked for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Changes>,
}

/// All runs of a case.
pub(crate) type Outcome = Vec<Run>;

/// The outcomes of a case that are on record: several where external-dns leaves it to chance.
pub(crate) fn expected(file: &Path, key: &str) -> Result<Option<Vec<Outcome>>, String> {
    Ok(read(file)?.remove(key))
}

/// Puts the outcomes of a case on record.
pub(crate) fn record(file: &Path, key: &str, outcomes: Vec<Outcome>) -> Result<(), String> {
    // Trials of one file run side by side.
    static WRITING: Mutex<()> = Mutex::new(());
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = read(file)?;
    all.insert(key.to_owned(), outcomes);
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    fs::write(file, text + "\n").map_err(|error| error.to_string())
}

/// Which cases a file has outcomes of.
pub(crate) fn keys(file: &Path) -> Result<BTreeSet<String>, String> {
    Ok(read(file)?.into_keys().collect())
}

fn read(file: &Path) -> Result<BTreeMap<String, Vec<Outcome>>, String> {
    match fs::read(file) {
        Ok(bytes) => {
            let parsed = serde_json::from_slice(&bytes);
            parsed.map_err(|error| format!("{}: {error}", file.display()))
        }
        Err(_) => Ok(BTreeMap::new()),
    }
}

/// What differs, one line an endpoint: `-` for what is only wanted, `+` for what only came.
pub(crate) fn difference(wanted: &[Run], came: &[Run]) -> String {
    let mut lines = Vec::new();
    for index in 0..wanted.len().max(came.len()) {
        let (wanted, came) = (wanted.get(index), came.get(index));
        let (before, after) = (shown(wanted), shown(came));
        let only = |sign: char, these: &BTreeSet<String>, those: &BTreeSet<String>| {
            let these = these.difference(those);
            these
                .map(|line| format!("  {sign} {line}"))
                .collect::<Vec<_>>()
        };
        let gone = only('-', &before, &after);
        let new = only('+', &after, &before);
        if !gone.is_empty() || !new.is_empty() {
            lines.push(format!("run {}:", index + 1));
            lines.extend(gone);
            lines.extend(new);
        }
    }
    lines.join("\n")
}

fn shown(run: Option<&Run>) -> BTreeSet<String> {
    let Some(run) = run else {
        return BTreeSet::from(["no run".to_owned()]);
    };
    let mut lines = BTreeSet::new();
    lines.insert(format!("succeeded: {}", run.succeeded));
    let Some(changes) = &run.changes else {
        lines.insert("no changes".to_owned());
        return lines;
    };
    let lists = [
        ("create", &changes.create),
        ("old", &changes.update_old),
        ("new", &changes.update_new),
        ("delete", &changes.delete),
    ];
    for (verb, list) in lists {
        lines.extend(
            list.iter()
                .map(|endpoint| format!("{verb} {}", line(endpoint))),
        );
    }
    lines
}

fn line(endpoint: &Endpoint) -> String {
    let mut words = vec![
        endpoint.dns_name.clone(),
        endpoint.record_type.clone(),
        endpoint.targets.join(" "),
    ];
    if endpoint.ttl != 0 {
        words.push(format!("ttl={}", endpoint.ttl));
    }
    if !endpoint.set_identifier.is_empty() {
        words.push(format!("id={}", endpoint.set_identifier));
    }
    words.extend(
        endpoint
            .labels
            .iter()
            .map(|(name, value)| format!("[{name}={value}]")),
    );
    let properties = endpoint.provider_specific.iter();
    words.extend(properties.map(|property| format!("({}={})", property.name, property.value)));
    words.join(" ")
}
