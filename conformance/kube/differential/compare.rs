//! Deliberate differences: `differences.yaml`, each with its reason.

use std::path::Path;

use serde::Deserialize;

use super::case::{Case, parse};
use super::outcome::{Outcome, difference};

/// A known difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The case's name; `*` stands for any text, once at its end.
    case: String,
    /// Why we differ.
    reason: String,
    /// What we do instead; without it, anything else than external-dns does.
    ours: Option<Outcome>,
}

/// Reads the list.
pub(crate) fn read(folder: &Path) -> Result<Vec<Difference>, String> {
    let path = folder.join("differences.yaml");
    let list: Vec<Difference> = parse(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    match list.iter().find(|entry| entry.reason.trim().is_empty()) {
        Some(entry) => Err(format!("{}: {}: no reason", path.display(), entry.case)),
        None => Ok(list),
    }
}

/// Entries that name no case, which would be dead.
pub(crate) fn unused(list: &[Difference], cases: &[Case]) -> Vec<String> {
    let used = |entry: &&Difference| cases.iter().any(|case| entry.is_about(case));
    let unused = list.iter().filter(|entry| !used(entry));
    unused.map(|entry| entry.case.clone()).collect()
}

/// Judges our outcome of a case by those of external-dns.
pub(crate) fn judge(
    list: &[Difference],
    case: &Case,
    theirs: &[Outcome],
    ours: &Outcome,
) -> Result<(), String> {
    let equal = theirs.contains(ours);
    let nearest = theirs.first().map(Vec::as_slice).unwrap_or_default();
    let Some(entry) = list.iter().find(|entry| entry.is_about(case)) else {
        return if equal {
            Ok(())
        } else {
            Err(difference(nearest, ours))
        };
    };
    match &entry.ours {
        Some(wanted) if wanted == ours => Ok(()),
        Some(wanted) => Err(difference(wanted, ours)),
        None if equal => {
            let reason = entry.reason.trim();
            Err(format!("the listed difference no longer occurs: {reason}"))
        }
        None => Ok(()),
    }
}

impl Difference {
    fn is_about(&self, case: &Case) -> bool {
        match self.case.strip_suffix('*') {
            Some(start) => case.name.starts_with(start),
            None => case.name == self.case,
        }
    }
}
