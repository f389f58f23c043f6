//! Values files of external-dns's chart, with both charts.

use std::path::Path;

use serde_json::Value;

use crate::Check;
use crate::files::{chart, documents};
use crate::helm::Helm;

/// The trials.
pub(crate) fn checks(theirs: Option<&Path>) -> Vec<(String, Check)> {
    let theirs = theirs.map(Path::to_owned).unwrap_or_default();
    vec![(
        "values_of_external_dns_mean_the_same".to_owned(),
        Box::new(move |helm| same(helm, &theirs)),
    )]
}

/// With their own values files, and with one as users write it: all flags of theirs are in ours.
fn same(helm: &Helm, theirs: &Path) -> Result<(), String> {
    let all = theirs.join("values.yaml").display().to_string();
    let tried = theirs.join("ci/ci-values.yaml").display().to_string();
    let written = chart().join("ci/external-dns-values.yaml");
    let written = written.display().to_string();
    let cases: [&[&str]; 4] = [
        &["--values", &written],
        &["--values", &tried],
        &["--values", &all, "--values", &tried],
        &["--values", &all, "--values", &written],
    ];
    let charts = [theirs.to_owned(), chart()];
    for more in cases {
        let mut flags = Vec::new();
        for chart in &charts {
            let path = chart.display().to_string();
            let mut arguments = vec!["template", "external-dns", &path];
            arguments.extend(["--kube-version", "1.36.0"]);
            arguments.extend(more);
            let run = helm.run(&arguments)?;
            if !run.good {
                return Err(format!("{arguments:?}: {}", run.err));
            }
            flags.push(flags_of(&run.out)?);
        }
        let [theirs, ours] = &flags[..] else {
            return Err("two charts were rendered".to_owned());
        };
        // Objects are always followed, so there is nothing to ask for.
        let meant = theirs.iter().filter(|flag| *flag != "--events");
        let lacking: Vec<&String> = meant.filter(|flag| !ours.contains(flag)).collect();
        if theirs.len() < 6 || !lacking.is_empty() {
            return Err(format!(
                "{more:?}: not in ours: {lacking:?}; theirs: {theirs:?}"
            ));
        }
    }
    Ok(())
}

/// The arguments of the first container that is theirs or ours.
fn flags_of(rendered: &str) -> Result<Vec<String>, String> {
    let documents = documents(rendered)?;
    let workload = documents
        .iter()
        .find(|object| object.get("kind").is_some_and(|kind| kind == "Deployment"))
        .ok_or("no Deployment")?;
    let flags = workload.pointer("/spec/template/spec/containers/0/args");
    let flags = flags.and_then(Value::as_array).ok_or("no arguments")?;
    let flags = flags.iter().filter_map(Value::as_str);
    Ok(flags.map(str::to_owned).collect())
}
