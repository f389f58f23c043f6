//! Alerts and the dashboard use metrics that our program really has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Check;
use crate::files::{chart, read};
use crate::helm::Helm;
use crate::program::Program;

/// The trials.
pub(crate) fn checks(ours: &Path) -> Vec<(String, Check)> {
    let ours = ours.to_owned();
    vec![(
        "alerts_and_dashboard_use_metrics_that_there_are".to_owned(),
        Box::new(move |helm| metrics(helm, &ours)),
    )]
}

fn metrics(_: &Helm, ours: &Path) -> Result<(), String> {
    let manifests = chart().join("../../zones/manifests");
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let arguments = [
        format!("--manifests={}", manifests.display()),
        format!("--data-dir={}", folder.path().display()),
        "--domain-filter=example.org".to_owned(),
        "--policy=sync".to_owned(),
    ];
    let mut program = Program::start(ours, &arguments)?;
    let synced = |page: &str| page.contains("zonewright_sync_synced{destination=\"embedded\"} 1");
    let page = program.metrics("all names as wanted", synced)?;
    let known = known(&page);
    let mut wrong = BTreeSet::new();
    for file in ["files/alerts.yaml", "files/dashboard.json"] {
        let text = read(&chart().join(file))?;
        // JSON has its quotes escaped.
        let text = text.replace("\\\"", "\"");
        let uses = uses(&text);
        if uses.len() < 10 {
            return Err(format!("{file}: only {uses:?} found"));
        }
        for (name, matchers) in uses {
            match known.get(&name) {
                None => drop(wrong.insert(format!("{file}: no metric {name}"))),
                Some(labels) => wrong.extend(misfits(file, &name, &matchers, labels)),
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Vec::from_iter(wrong).join("\n")),
    }
}

/// Labels of a metric, with their values.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// What a page has: the samples' names with their labels. Families without samples have none.
fn known(page: &str) -> BTreeMap<String, Labels> {
    let mut all: BTreeMap<String, Labels> = BTreeMap::new();
    for line in page.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').unwrap_or((family, ""));
            let suffix = if kind == "counter" { "_total" } else { "" };
            all.entry(format!("{name}{suffix}")).or_default();
            continue;
        }
        let name: String = line.chars().take_while(|c| is_name(*c)).collect();
        let rest = line.strip_prefix(&name).unwrap_or_default();
        let labels = all.entry(name).or_default();
        for (label, _, value) in matchers(rest) {
            labels.entry(label).or_default().insert(value);
        }
    }
    all
}

/// A label, how it is compared, and with what.
type Matcher = (String, String, String);

/// The metrics of ours in a text, with what is asked of their labels.
fn uses(text: &str) -> Vec<(String, Vec<Matcher>)> {
    let mut found = Vec::new();
    for start in ["zonewright_", "process_"] {
        for (at, _) in text.match_indices(start) {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let rest = text.get(at..).unwrap_or_default();
            let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
            let rest = rest.strip_prefix(&name).unwrap_or_default();
            // Be it in an expression, with or without labels, or in a sentence.
            if !before.is_some_and(is_name) {
                found.push((name, matchers(rest)));
            }
        }
    }
    found
}

/// `{a="b", c=~"d|e"}` at the start of a text.
fn matchers(text: &str) -> Vec<Matcher> {
    let Some(inside) = text.strip_prefix('{').and_then(|text| text.split_once('}')) else {
        return Vec::new();
    };
    let parts = inside.0.split(',').filter_map(|part| {
        let part = part.trim();
        let label: String = part.chars().take_while(|c| is_name(*c)).collect();
        let (compared, value) = part.strip_prefix(&label)?.split_once('"')?;
        let value = value.trim_end_matches('"').to_owned();
        Some((label, compared.to_owned(), value))
    });
    parts.collect()
}

/// What is asked of labels that the metric has not.
fn misfits(file: &str, name: &str, asked: &[Matcher], labels: &Labels) -> Vec<String> {
    let mut wrong = Vec::new();
    for (label, _, value) in asked {
        // Those of the scrape, and codes that come with the queries.
        if ["namespace", "job", "endpoint", "pod", "instance", "rcode"].contains(&label.as_str()) {
            continue;
        }
        let Some(values) = labels.get(label) else {
            wrong.push(format!("{file}: {name} has no label {label}"));
            continue;
        };
        for value in value.split('|').filter(|value| !values.contains(*value)) {
            wrong.push(format!("{file}: {name}: {label} is never {value}"));
        }
    }
    wrong
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
