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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::outcome::Run;

    fn case(name: &str) -> Case {
        Case {
            name: name.to_owned(),
            key: String::new(),
            expected: std::path::PathBuf::new(),
            objects: Vec::new(),
            records: Vec::new(),
            filter: None,
            mask_txt: false,
            either: false,
            env: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn ended(succeeded: bool) -> Outcome {
        vec![Run {
            succeeded,
            changes: None,
        }]
    }

    #[test]
    fn outcomes_are_judged_by_the_list() {
        let entry = |case: &str, ours: Option<Outcome>| Difference {
            case: case.to_owned(),
            reason: "because".to_owned(),
            ours,
        };
        let list = [entry("a/*", Some(ended(true))), entry("b/b/b", None)];
        let check = |name: &str, ours: bool, wanted: bool| {
            let verdict = judge(&list, &case(name), &[ended(false)], &ended(ours));
            assert_eq!(verdict.is_ok(), wanted, "{name} {ours}: {verdict:?}");
        };
        check("c/c/c", false, true);
        check("c/c/c", true, false);
        check("a/a/a", true, true);
        check("a/a/a", false, false);
        check("b/b/b", true, true);
        check("b/b/b", false, false);
        check("b/b/bb", false, true);
        assert_eq!(unused(&list, &[case("a/a/a")]), ["b/b/b"]);
    }

    #[test]
    fn any_of_several_outcomes_on_record_is_right() {
        let theirs = [ended(false), ended(true)];
        assert!(judge(&[], &case("a/a/a"), &theirs, &ended(true)).is_ok());
    }
}
