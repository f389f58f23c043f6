//! Zone files under examination: each for itself, then those together that speak of one another.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use config::ZoneFile;
use wire::Name;
use zone::check::{Care, Trust};

use super::clock;
use super::plain::plain;
use super::tally::{Totals, counted};
use super::zones::hint;

/// What came of a zone file.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) text: String,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// What other zones must agree with.
    trust: Option<Trust>,
}

/// Delegations to zones that were checked too, and have none of the keys that the DS are of.
pub(super) fn strangers(zones: &[ZoneFile], results: &[Checked]) -> Vec<String> {
    let trusts: Vec<Trust> = results.iter().flat_map(|r| r.trust.clone()).collect();
    let mut problems = Vec::new();
    for (file, result) in zones.iter().zip(results) {
        let trust = result.trust.iter();
        for stranger in trust.flat_map(|trust| trust.strangers(&trusts)) {
            let path = plain(&file.path.to_string_lossy());
            let place = match stranger.line {
                0 => path,
                line => format!("{path}:{line}"),
            };
            let zone = stranger.zone;
            problems.push(match stranger.signed {
                true => format!(
                    "{place}: no DS of \"{zone}\" is of a DNSKEY of that zone\n  hint: validators take \
                     nothing from it; put the DS of its key here"
                ),
                false => format!(
                    "{place}: DS of \"{zone}\", which has no DNSKEY\n  hint: validators take nothing \
                     from it; sign it, or take the DS out"
                ),
            });
        }
    }
    problems
}

/// Checks zone files, as many at once as there are processors; results in the order of the files.
pub(super) fn check_zones(zones: &[ZoneFile], color: bool) -> Vec<Checked> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Relaxed);
            let Some(zone) = zones.get(number) else {
                return;
            };
            let checked = check_zone(&zone.origin, &zone.path, color);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push((number, checked));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 1..threads.min(zones.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, checked)| checked).collect()
}

fn check_zone(origin: &Name, path: &Path, color: bool) -> Checked {
    let care = Care::to_check(Some(clock::now().dns_time()));
    let loaded = zone::file::load_with(path, origin, &care);
    let (errors, warnings) = (loaded.report.errors(), loaded.report.warnings());
    let mut text = loaded.report.render(color);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let findings = Totals { errors, warnings }.findings();
    let hint = match &loaded.records {
        Some(_) => None,
        None => hint(path, origin),
    };
    let path = plain(&path.to_string_lossy());
    text.push_str(&match &loaded.records {
        Some(records) => {
            format!(
                "{path}: zone \"{origin}\", {}, {findings}\n",
                counted(records.len(), "record")
            )
        }
        None => format!("{path}: zone \"{origin}\", {findings}\n"),
    });
    if let Some(hint) = hint {
        text.push_str(&format!("  {hint}\n"));
    }
    Checked {
        text,
        errors,
        warnings,
        trust: loaded.records.as_ref().map(Trust::of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<ZoneFile> {
        let path = |name: &&str| ZoneFile::from_path(format!("zones/good/{name}.zone").into());
        names.iter().filter_map(path).collect()
    }

    #[test]
    fn zones_that_delegate_to_one_another_agree() {
        let zones = files(&["example.org", "lab.example.org"]);
        let results = check_zones(&zones, false);
        assert_eq!(zones.len(), 2);
        assert_eq!(strangers(&zones, &results), [""; 0]);
    }

    #[test]
    fn a_ds_of_a_zone_without_keys_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.example.org.zone");
        let text = "$TTL 300\n@ SOA a.b. c.d. 1 2 3 4 5\n@ NS a.b.\n";
        std::fs::write(&path, text).unwrap();
        let mut zones = files(&["example.org"]);
        zones.extend(ZoneFile::from_path(path));
        let results = check_zones(&zones, false);
        insta::assert_snapshot!(strangers(&zones, &results).join("\n"), @r#"
        zones/good/example.org.zone:58: DS of "lab.example.org.", which has no DNSKEY
          hint: validators take nothing from it; sign it, or take the DS out
        "#);
    }
}
